import { describe, expect, it } from 'vitest'
import { dayOf, dayWords, daysOf, isDay, monthAfter, now, today, yearsBetween } from '../src/words/dates'
import { inFours, onlyDigits, readDigits } from '../src/words/digits'
import { grouped, rupiah } from '../src/words/money'
import * as nik from '../src/words/nik'
import * as phone from '../src/words/phone'

describe('a NIK', () => {
  it('is read as officers type it: with dots, spaces, the letter O and l', () => {
    expect(nik.normalise('6402 1152.0790-9OOl')).toBe('6402115207909001')
    expect(nik.normalise('٦٤٠٢115207909001')).toBe('6402115207909001')
    expect(nik.normalise(' tidak ada ')).toBe('tidak ada')
  })
  it('says what is wrong with it', () => {
    const faults = ['6402115207909001', '640211', 'KTP', '9902115207909001', '6402113202909001', '6402110000909001', '6402115207900000']
    expect(faults.map(nik.fault)).toEqual([null, 'length', 'digits', 'province', 'day', 'day', 'serial'])
  })
  it('tells a birth date and a sex, of the century that can be', () => {
    expect([nik.birthDate('6402115207909001', '2026-11-22'), nik.sex('6402115207909001')]).toEqual(['1990-07-12', 'female'])
    expect([nik.birthDate('6402111708619001', '2026-11-22'), nik.sex('6402111708619001')]).toEqual(['1961-08-17', 'male'])
    expect(nik.birthDate('6402112211269001', '2026-11-22')).toBe('2026-11-22')
    expect(nik.birthDate('6402112311269001', '2026-11-22')).toBe('1926-11-23')
  })
  it('agrees with a birth date of whatever century, and differs from any other day', () => {
    expect(nik.agreesWith('6402111708619001', '1961-08-17')).toBe(true)
    expect(nik.agreesWith('6402111708619001', '1961-08-18')).toBe(false)
  })
  it('is shown masked in lists, and an odd one not at all', () => {
    expect(nik.mask('6402115207909001')).toBe('640211******9001')
    expect(nik.mask('64021152079')).toBe('*'.repeat(16))
  })
})

describe('numbers', () => {
  it('are grouped while they are typed', () => {
    expect(inFours('6402115207')).toBe('6402 1152 07')
    expect(inFours('64021152')).toBe('6402 1152')
    expect(grouped('1500000')).toBe('1.500.000')
    expect([rupiah(16800), rupiah(16800, 'en'), rupiah(-500)]).toEqual(['Rp16.800', 'Rp16,800', '-Rp500'])
  })
  it('keep only what can be read as digits', () => {
    expect(onlyDigits('64O2-ab l')).toBe('64021')
    expect(readDigits('64 02-x')).toBe(null)
  })
})

describe('a phone number', () => {
  it('is taken in any usual way', () => {
    for (const typed of ['0812-3456-789', '62 812 3456 789', '+62 (0) 812.3456.789', '8123456789']) expect(phone.normalise(typed)).toBe('+628123456789')
    expect([phone.normalise('(0541) 123456'), phone.normalise('+60 12-345 6789'), phone.normalise('12'), phone.normalise('')]).toEqual(['+62541123456', '+60123456789', null, null])
  })
  it('is read out as people do', () => {
    expect([phone.shown('+628123456789'), phone.shown('+62541123456'), phone.shown('+60123456789')]).toEqual(['0812-3456-789', '0541123456', '+60123456789'])
  })
})

describe('days', () => {
  it('are real ones', () => {
    expect([dayOf(2024, 2, 29), dayOf(2023, 2, 29), dayOf(61, 8, 17)]).toEqual(['2024-02-29', null, '0061-08-17'])
    expect([isDay('1961-08-17'), isDay('1961-8-17'), isDay('2026-13-01')]).toEqual([true, false, false])
    expect([daysOf('1970-01-02'), daysOf('1961-08-17')]).toEqual([1, -3059])
  })
  it('are said in words', () => {
    expect([dayWords('1961-08-17'), dayWords('1961-08-17', 'en'), monthAfter('2026-11', 3)]).toEqual(['17 Agustus 1961', '17 August 1961', '2027-02'])
    expect([yearsBetween('1961-08-17', '2026-08-16'), yearsBetween('1961-08-17', '2026-08-17')]).toEqual([64, 65])
  })
  it('are those of the phone\'s own wall', () => {
    const at = new Date(2026, 10, 2, 7, 5, 9, 30)
    expect(today(at)).toBe('2026-11-02')
    expect(now(at)).toMatch(/^2026-11-02T07:05:09\.030[+-]\d\d:\d\d$/)
    expect(Date.parse(now(at))).toBe(at.getTime())
  })
})
