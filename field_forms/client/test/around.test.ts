import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { byDay, entriesOf, handIn, monthsOf, sumsOf } from '../src/cashbook'
import { costOf } from '../src/cost'
import { compare, invent, practisePhone, typedIn } from '../src/practice'
import id from '../src/screens/around.id.json'
import en from '../src/screens/around.en.json'
import { share, shareable } from '../src/screens/around'
import { slipOf } from '../src/slip'
import type { Draft, Fields, Phone } from '../src/types'
import { birthDate, fault, sex } from '../src/words/nik'
import { type Handset, KAMAN, NUR, Village } from './village'

vi.setConfig({ testTimeout: 60_000 }) // a busy machine is no failure

let officer: Handset
let worker: string

beforeEach(async () => {
  officer = await new Village().phone('Siti')
  worker = await officer.save(null, { ...NUR, sex: 'female', occupation: 'farmer', programs: ['JKK', 'JKM'], monthly_income: 1_000_000, payment_months: 3, registered_at: '2026-11-20' })
})

async function paid(fields: Fields): Promise<string> {
  const usual = { worker, months: ['2026-11'], programs: ['JKK', 'JKM'], amount: 8400, funding: 'self', paid_on: '2026-11-12', collected_by: 'Siti' }
  return officer.save(null, { ...usual, ...fields }, { kind: 'contribution' })
}

describe('the cash book', () => {
  it('tells what was collected from whom, what was handed in, and what should be in the tin', async () => {
    await paid({ amount: 8400 })
    await paid({ amount: 16800, paid_on: '2026-11-12' })
    await paid({ amount: 25200, paid_on: '2026-10-30', handed_in_on: '2026-11-02', 'extra.handed_in_to': 'Bendahara' })
    const book = await entriesOf(officer.phone)
    expect(sumsOf(book)).toEqual({ received: 50400, handed: 25200, left: 25200, count: 3 })
    expect(book.every((entry) => entry.name === 'Nur Hayati' && entry.mine)).toBe(true)
    expect(byDay(book).map(([day, entries]) => [day, entries.length])).toEqual([['2026-11-12', 2], ['2026-10-30', 1]])
    expect(monthsOf(book)).toEqual(['2026-11', '2026-10'])
    expect(book[2]).toMatchObject({ handedOn: '2026-11-02', handedTo: 'Bendahara' })
  })

  it('holds no money that never passed through hands, and knows whose hands they were', async () => {
    await paid({ funding: 'apbd_regency' })
    await paid({ collected_by: 'Pak Rudi' })
    await paid({ collected_by: ' siti ' })
    expect((await entriesOf(officer.phone)).map((entry) => entry.mine)).toEqual([true, false])
  })

  it('marks what is handed in as a change of its own, and takes it back', async () => {
    const record = await paid({})
    const [entry] = await entriesOf(officer.phone)
    await handIn(officer.phone, [entry!], '2026-11-20', 'Ibu Ani', () => undefined)
    expect(await officer.open(record)).toMatchObject({ amount: 8400, handed_in_on: '2026-11-20', 'extra.handed_in_to': 'Ibu Ani' })
    await officer.sync()
    const [now] = await entriesOf(officer.phone)
    await handIn(officer.phone, [now!], null, '', () => undefined)
    expect(sumsOf(await entriesOf(officer.phone)).left).toBe(8400)
  })

  it('says how many were saved before the phone was full', async () => {
    await paid({})
    await paid({ paid_on: '2026-11-13' })
    const book = await entriesOf(officer.phone)
    let calls = 0
    const full: Phone = Object.assign(Object.create(officer.phone), {
      save: async (...asked: Parameters<Phone['save']>) => {
        if (++calls === 2) throw new Error('full')
        return officer.phone.save(...asked)
      },
    })
    let saved = 0
    await expect(handIn(full, book, '2026-11-20', 'Ibu Ani', (count) => void (saved = count))).rejects.toThrow('full')
    expect(saved).toBe(1)
    expect(sumsOf(await entriesOf(officer.phone))).toMatchObject({ handed: 8400, left: 8400 })
  })
})

describe("a worker's slip", () => {
  it('tells what was asked for, by whom and where to ask, with the NIK masked, and that it proves nothing', async () => {
    const slip = (await slipOf(officer.phone, worker))!
    const text = JSON.stringify(slip)
    expect(slip.name).toBe('Nur Hayati')
    expect(text).not.toContain(NUR.nik)
    expect(text).toContain('640211******9001')
    for (const part of [worker, 'Siti', '20 November 2026', 'kecelakaan kerja (JKK), kematian (JKM)', '175']) expect(text).toContain(part)
    expect(id['slip.no_proof']).toContain('bukan bukti')
  })

  it('of a worker who is not on this phone is none', async () => {
    expect(await slipOf(officer.phone, 'x9-1')).toBeNull()
  })
})

describe('practising', () => {
  const villages = [{ code: KAMAN!, name: 'Muara Kaman' }]

  it('is with a person of whom every part of the card agrees, and who is nobody', () => {
    for (let turn = 0; turn < 300; turn++) {
      const card = invent(villages, Math.random, 2026)
      expect(fault(card.nik)).toBeNull()
      expect(Number(card.nik.slice(12))).toBeGreaterThanOrEqual(9000)
      expect(birthDate(card.nik, '2026-11-22')).toBe(card.birth_date)
      expect(sex(card.nik)).toBe(card.sex)
      expect(card.nik.slice(0, 6)).toBe('640211')
    }
  })

  it('leaves nothing on the phone, whatever is done', async () => {
    const before = [await officer.bytes(), officer.records()]
    const heard: unknown[] = []
    const practice = practisePhone(officer.phone, (answers) => heard.push(answers))
    const draft = { id: 'd', answers: { full_name: 'X' } } as unknown as Draft
    await practice.keepDraft(draft)
    expect(await practice.save('worker', null, KAMAN!, NUR, { form: 'worker@1' })).toBeNull()
    const kept = await practice.keepFile(new Blob(['foto'], { type: 'image/webp' }))
    expect(await (await practice.file(kept.sha256))!.text()).toBe('foto')
    await practice.put('x', 1)
    expect(practice.likely(NUR)).toEqual([])
    expect([await officer.bytes(), officer.records()]).toEqual(before)
    expect(practice.who()).toEqual(officer.phone.who())
    expect(heard).toEqual([{ full_name: 'X' }])
  })

  it('shows what was typed otherwise than the card says, in whatever group it was asked', () => {
    const card = invent(villages, () => 0.3, 2026)
    const { nik, full_name, birth_date } = card
    expect(compare(card, typedIn({ person: { nik, full_name: ` ${full_name.toUpperCase()} `, birth_date } }))).toEqual([])
    const wrong = compare(card, typedIn({ person: { nik: '6402110000000000' }, full_name }))
    expect(wrong).toEqual([{ field: 'nik', typed: '6402110000000000', card: nik }])
  })
})

describe('what sending will cost', () => {
  const texts = Array.from({ length: 100 }, (_, n) => JSON.stringify({ seq: n, kind: 'worker', record: `k7-${n}`, fields: { ...NUR, nik: String(6402115207900000 + n * 7919) } }))

  it('is nothing where nothing waits', async () => {
    expect(await costOf([], [])).toEqual({ changes: 0, bytes: 0, files: 0, file_bytes: 0 })
  })

  it('is told of the packed bytes, files apart, and more with each record', async () => {
    const all = await costOf(texts, [50_000, 8000])
    expect(all.changes).toBe(100)
    expect(all.bytes).toBeLessThan(texts.join().length)
    expect(all.bytes).toBeGreaterThan((await costOf(texts.slice(0, 50), [])).bytes)
    expect(all.file_bytes).toBeGreaterThan(58_000)
    expect(all.file_bytes).toBeLessThan(66_000)
  })
})

describe('a file that leaves the phone', () => {
  afterEach(() => vi.unstubAllGlobals())
  const file = new File(['x'], 'sambung-k7-1-2.sambung', { type: 'application/octet-stream' })
  const onPhone = (navigator: object) => vi.stubGlobal('navigator', navigator)

  it('is shared as it is where the phone takes it, under an ending that it knows where not, and saved else', () => {
    onPhone({ canShare: () => true })
    expect(shareable(file)).toBe(file)
    onPhone({ canShare: ({ files }: { files: File[] }) => files[0]!.name.endsWith('.txt') })
    expect(shareable(file)!.name).toBe('sambung-k7-1-2.sambung.txt')
    onPhone({})
    expect(shareable(file)).toBeNull()
  })

  it('stays where the officer closes the share sheet', async () => {
    onPhone({ canShare: () => true, share: async () => { throw new DOMException('', 'AbortError') } })
    expect(await share(file, 'x')).toBe('stopped')
  })
})

it('says the same things in both languages, with the same blanks', () => {
  const blanks = (text: string) => [...text.matchAll(/\{(\w+)/g)].map((found) => found[1]).filter((name, n, all) => all.indexOf(name) === n).sort()
  expect(Object.keys(en)).toEqual(Object.keys(id))
  for (const [key, sentence] of Object.entries(id)) expect(blanks((en as Record<string, string>)[key]!), key).toEqual(blanks(sentence))
})
