import { describe, expect, it } from 'vitest'
import { FormInstance } from '../src/form/model'
import type { Expr } from '../src/types'
import { env, registration } from './forms'

function begun() {
  const form = new FormInstance(registration(), env())
  form.applyDefaults()
  return form
}
const at = (form: FormInstance, path: string) => form.cell(path)!

describe('a form that is being filled in', () => {
  it('asks only what is relevant, and forgets nothing that was typed', () => {
    const form = begun()
    expect(form.relevant(at(form, 'work/occupation_text'))).toBe(false)
    form.set(at(form, 'work/occupation'), 'other')
    form.set(at(form, 'work/occupation_text'), 'Pawang buaya')
    expect(form.relevant(at(form, 'work/occupation_text'))).toBe(true)
    form.set(at(form, 'work/occupation'), 'farmer')
    expect(form.relevant(at(form, 'work/occupation_text'))).toBe(false)
    expect(form.text(at(form, 'work/occupation_text'))).toBe('')
    expect(form.answers().work).toMatchObject({ occupation_text: 'Pawang buaya' })
  })

  it('reckons what follows from an answer, and from what follows', () => {
    const form = begun()
    form.set(at(form, 'who/birth_date'), '1961-08-17')
    expect(form.value(at(form, 'who/age'))).toBe(65)
    form.set(at(form, 'who/birth_date'), '1962-08-17')
    expect(form.value(at(form, 'who/age'))).toBe(64)
  })

  it('proposes its defaults once: what the officer emptied stays empty', () => {
    const form = begun()
    expect(form.value(at(form, 'work/programs'))).toEqual(['JKK', 'JKM'])
    form.set(at(form, 'work/funding'), null)
    const again = new FormInstance(registration(), env(), form.answers())
    expect(again.value(at(again, 'work/funding'))).toBe(null)
  })

  it('keeps what is said once, although the clock goes on', () => {
    const first = begun()
    const said = first.answers()
    const later = new FormInstance(registration(), env({ now: () => '2026-11-23T09:00:00.000+08:00' }), said)
    later.set(at(later, 'consent/method'), 'oral')
    expect(later.value(at(later, 'consent/consent_at'))).toBe('2026-11-22T08:15:00.000+08:00')
  })

  it('says of each question what is wrong with it', () => {
    const form = begun()
    const faults = () => form.faults().map(({ cell, fault }) => `${cell.path} ${fault}`)
    expect(faults()).toEqual(['who/nik required', 'who/full_name required', 'who/birth_date required', 'who/sex required', 'work/occupation required', 'consent/method required'])
    form.set(at(form, 'who/birth_date'), '2026-02-31')
    expect(form.fault(at(form, 'who/birth_date'))?.fault).toBe('type')
    form.set(at(form, 'who/birth_date'), '2026-11-23')
    expect(form.fault(at(form, 'who/birth_date'))?.fault).toBe('constraint')
    form.set(at(form, 'who/birth_date'), '1961-08-17')
    expect(form.fault(at(form, 'who/birth_date'))).toBe(null)
    form.set(at(form, 'who/full_name'), 'A'.repeat(101))
    expect(form.fault(at(form, 'who/full_name'))?.says).toEqual({ id: 'Paling panjang 100 huruf.', en: 'At most 100 letters.' })
    form.set(at(form, 'who/sex'), 'unknown')
    expect(form.fault(at(form, 'who/sex'))?.fault).toBe('type')
  })

  it('asks why an odd NIK is odd, and requires the one or the other', () => {
    const form = begun()
    form.set(at(form, 'who/nik'), '6402')
    expect(form.relevant(at(form, 'who/nik_reason'))).toBe(true)
    form.set(at(form, 'who/nik_reason'), 'Kartu lama')
    form.set(at(form, 'who/nik'), null)
    // Not relevant any more, so it is no reason any more.
    expect(form.fault(at(form, 'who/nik'))?.fault).toBe('required')
  })

  it('adds heirs and takes them away; the others keep their order and what was said of them', () => {
    const form = begun()
    const heirs = at(form, 'heirs')
    for (const name of ['Siti', 'Budi', 'Ani']) form.set(form.addRow(heirs)!.kids![0]!, name)
    expect(form.addRow(heirs)).toBe(null)
    expect(form.value(form.cell('how_many')!)).toBe(3)
    form.removeRow(heirs, heirs.rows![1]!)
    expect(form.value(form.cell('how_many')!)).toBe(2)
    expect(form.answers().heirs).toEqual([{ heir_name: 'Siti', number: 1 }, { heir_name: 'Ani', number: 2 }])
    expect(at(form, 'heirs/1/heir_name').path).toBe('heirs/1/heir_name')
    expect(form.faults([heirs]).map(({ cell }) => cell.path)).toEqual(['heirs/0/relation', 'heirs/1/relation'])
  })

  it('comes back from a draft exactly as it was', () => {
    const form = begun()
    form.set(at(form, 'who/full_name'), ' Galuh ')
    form.set(at(form, 'work/monthly_income'), 'satu juta')
    form.addRow(at(form, 'heirs'), { heir_name: 'Siti' })
    const kept = JSON.parse(JSON.stringify(form.answers()))
    const again = new FormInstance(registration(), env(), kept)
    expect(again.answers()).toEqual(form.answers())
    expect(again.faults().map(({ cell }) => cell.path)).toEqual(form.faults().map(({ cell }) => cell.path))
  })

  it('offers the villages of the district that was chosen', () => {
    const form = begun()
    const village = form.cell('village')!
    expect(form.choices(village)).toEqual([])
    form.set(form.cell('district')!, '64.02.01')
    expect(form.choices(village).map(({ value }) => value)).toEqual(['64.02.01.2001', '64.02.01.2002'])
  })

  it('looks a long list through once, then only where the answer points', () => {
    let looked = 0
    const many = Array.from({ length: 8000 }, (_, n) => ({ value: `v${n}`, label: { id: `Desa ${n}` }, get district() { return looked++, `d${n % 40}` } }))
    const form = new FormInstance(registration(), env({ rows: () => many }))
    form.set(form.cell('district')!, 'd7')
    expect(form.choices(form.cell('village')!)).toHaveLength(200)
    looked = 0
    form.set(form.cell('district')!, 'd8')
    expect(form.choices(form.cell('village')!).map(({ value }) => value).slice(0, 2)).toEqual(['v8', 'v48'])
    expect(looked).toBeLessThan(1000)
  })

  it('reckons again only what reads the answer that changed', () => {
    const form = registration()
    const many = new FormInstance({ ...form, questions: [
      { type: 'integer', name: 'a', field: null },
      ...Array.from({ length: 300 }, (_, n) => ({ type: 'calculate' as const, name: `c${n}`, field: null, calculate: ['+', ['ref', 1, [n ? `c${n - 1}` : 'a']], ['num', 1]] as Expr })),
      { type: 'integer', name: 'b', field: null },
      { type: 'calculate', name: 'd', field: null, calculate: ['+', ['ref', 1, ['b']], ['num', 1]] },
    ] }, env())
    many.set(many.cell('a')!, 1)
    expect(many.value(many.cell('c299')!)).toBe(301)
    let reckoned = 0
    const real = many.reckon.bind(many)
    many.reckon = (...given) => (reckoned++, real(...given))
    many.set(many.cell('b')!, 5)
    many.answers()
    expect(reckoned).toBe(1)
    many.set(many.cell('a')!, 2)
    expect(many.value(many.cell('c299')!)).toBe(302)
    expect(reckoned).toBe(301)
  })

  it('makes a page of each group that is one, of a repeat, and of a handful of loose questions', () => {
    const form = begun()
    expect(form.pages().map((page) => page.cells.map((cell) => cell.node.name))).toEqual([
      ['nik', 'nik_reason', 'full_name', 'birth_date', 'age', 'sex'],
      ['occupation', 'occupation_text', 'monthly_income', 'programs', 'funding', 'payment_months', 'price'],
      ['heirs'], ['district', 'village'], ['consent_text', 'method', 'signature', 'consent_at'],
    ])
  })

  it('reckons anew when a list that the phone fills has changed', () => {
    let workers = [{ value: 'w1', label: { id: 'Galuh' }, monthly_income: '' }]
    const form = new FormInstance({ ...registration(), dynamic: ['workers'], questions: [
      { type: 'select_one', name: 'worker', field: 'worker', list: 'workers' },
      { type: 'calculate', name: 'income', field: null, calculate: ['lookup', 'workers', ['=', ['col', 'value'], ['ref', 1, ['worker']]], 'monthly_income'] },
    ] }, env({ rows: () => workers }))
    form.set(form.cell('worker')!, 'w1')
    expect(form.value(form.cell('income')!)).toBe(null)
    workers = [{ value: 'w1', label: { id: 'Galuh' }, monthly_income: '900000' }]
    form.touch('workers')
    expect(form.value(form.cell('income')!)).toBe('900000')
  })

  it('proposes what follows from a NIK once, and leaves alone what the officer then writes', () => {
    const form = registration()
    const who = form.questions[0]!
    who.nodes!.push({ type: 'text', name: 'town', field: null, trigger: ['nik'], calculate: ['call', 'substr', ['ref', 1, ['nik']], ['num', 0], ['num', 4]] })
    const filled = new FormInstance(form, env(), { who: { nik: '6402115207909001', town: 'Samarinda' } })
    const town = filled.cell('who/town')!
    expect([filled.value(town), filled.readonly(town)]).toEqual(['Samarinda', false])
    filled.set(filled.cell('who/nik')!, '6472115207909001')
    expect(filled.value(town)).toBe('6472')
    filled.set(town, 'Balikpapan')
    filled.set(filled.cell('who/full_name')!, 'Galuh')
    expect(filled.value(town)).toBe('Balikpapan')
  })

  it('takes what waits for a heir\'s answer to the heir\'s own row', () => {
    const form = registration()
    form.questions[2]!.nodes!.push({ type: 'text', name: 'greeting', field: null, trigger: ['heir_name'], calculate: ['call', 'concat', ['str', 'Sdr. '], ['ref', 1, ['heir_name']]] })
    const filled = new FormInstance(form, env())
    const heirs = filled.cell('heirs')!
    filled.addRow(heirs)
    filled.addRow(heirs)
    filled.set(filled.cell('heirs/1/heir_name')!, 'Budi')
    expect(['heirs/0/greeting', 'heirs/1/greeting'].map((path) => filled.value(filled.cell(path)!))).toEqual([null, 'Sdr. Budi'])
  })

  it('puts answers into its sentences', () => {
    const form = begun()
    const cell = form.cell('who/sex')!
    cell.node.values = { full_name: ['ref', 1, ['full_name']] }
    form.set(form.cell('who/full_name')!, 'Galuh')
    expect(form.says(cell, 'Jenis kelamin ${full_name}, ${ other }')).toBe('Jenis kelamin Galuh, ${ other }')
  })
})
