// @vitest-environment happy-dom
import { render } from 'preact'
import { act } from 'preact/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import vectors from '../../../schemas/vectors/contribution.json'
import { begin } from '../src/form/begin'
import { setLang } from '../src/i18n'
import { FormScreen } from '../src/screens/form'
import { PhoneFull, type Draft, type Rules, type Saved } from '../src/types'
import { registration } from './forms'
import { fakePhone, type Fake } from './oracle/fake'

const rules = { ...vectors.rules, rules: vectors.rules.rules.map((rule) => ({ ...rule, title: rule.id, valid_from: null, valid_to: null })), sectors: { farmer: 'other', boat_operator: 'transport' } } as unknown as Rules
const norsinah = {
  record: 'k7f3q2-7', kind: 'worker', village: '64.02.11.2005', name: 'Norsinah Kumpai', nik: '6402115207909001', born: '1990-07-12', occupation: 'farmer', worker: '', state: '', tick: 'merged' as const, at: 0,
  fields: { full_name: 'Norsinah Kumpai', nik: '6402115207909001', birth_date: '1990-07-12', sex: 'female', programs: ['JKK', 'JKM'], occupation: 'farmer', funding: 'self', consent: { method: 'oral', at: '2026-01-01T00:00:00Z', version: '1' } },
}
let small: (photo: Blob) => void = () => {}
vi.mock('../src/form/shrink', async (original) => ({ ...(await original<object>()), shrink: () => new Promise<Blob>((resolve) => (small = resolve)) }))

let phone: Fake
let done: (Saved | null)[]
let left: number

const app = () => document.getElementById('app')!
const $ = <T extends HTMLElement = HTMLInputElement>(selector: string) => app().querySelector<T>(selector)!
const text = () => app().textContent!
const settle = () => act(async () => { for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setTimeout(resolve)) })
const next = async () => {
  await act(async () => void $('form').dispatchEvent(new Event('submit', { bubbles: true, cancelable: true })))
  await settle()
}
const type = (selector: string, value: string) => act(async () => {
  const input = $(selector)
  input.value = value
  input.dispatchEvent(new Event('input', { bubbles: true }))
})
const choose = (selector: string) => act(async () => {
  const input = $(selector)
  input.checked = true
  input.dispatchEvent(new Event('change', { bubbles: true }))
})
const press = async (words: string) => {
  const button = Array.from(document.querySelectorAll('button, a')).find((one) => one.textContent!.includes(words))
  if (!button) throw new Error(`no button "${words}" in: ${text()}`)
  await act(async () => (button as HTMLElement).click())
  await settle()
}

async function show(draft: Draft, focus?: string): Promise<void> {
  await act(async () => render(<FormScreen phone={phone} draft={draft} focus={focus} onDone={(saved) => done.push(saved)} onLeave={() => left++} />, app()))
  for (let turn = 0; turn < 100 && !app().querySelector('form'); turn++) await settle()
  await settle()
}

beforeEach(async () => {
  document.body.innerHTML = '<div id="app"></div>'
  Object.assign(window, { scrollTo: () => {} })
  await setLang('id')
  phone = fakePhone([registration()], rules, [norsinah])
  done = []
  left = 0
})
afterEach(() => act(async () => render(null, app())))

async function fillIn(): Promise<void> {
  await type('#q-who-nik', '6402111708619001')
  await type('#q-who-full_name', 'Galuh Apui')
  await type('#q-who-birth_date', '17')
  await type('#q-who-birth_date-month', '8')
  await type('#q-who-birth_date-year', '1961')
  await choose('#q-who-sex')
  await next()
  await act(async () => $('#q-work-occupation').focus())
  await type('#q-work-occupation', 'penderes')
  await act(async () => $<HTMLLIElement>('[role=option]').click())
  await type('#q-work-monthly_income', '1500000')
  await next()
  await next() // heirs
  await next() // district and village
  await choose('#q-consent-method-1')
  await next()
}

describe('the form screen', () => {
  it('registers a worker, from the first question to the record', async () => {
    await show(await begin(phone, 'worker', null))
    await fillIn()
    expect(text()).toContain('Semua terisi')
    expect(text()).toContain('6402 1117 0861 9001')
    await next()
    expect(done).toEqual([{ seq: 1, record: 'k7f3q2-1' }])
    expect(phone.saved[0]).toMatchObject({ kind: 'worker', record: null, village: '64.02.11.2003', how: { form: 'worker@3' } })
    expect(phone.saved[0]!.fields).toMatchObject({
      nik: '6402111708619001', full_name: 'Galuh Apui', birth_date: '1961-08-17', sex: 'male', occupation: 'rubber_tapper', monthly_income: 1500000, programs: ['JKK', 'JKM'],
      consent: { method: 'oral' },
    })
  })

  it('keeps the draft with every answer, exactly as it was typed', async () => {
    const draft = await begin(phone, 'worker', null)
    await show(draft)
    await type('#q-who-birth_date', '31')
    await type('#q-who-birth_date-month', '2')
    await act(async () => new Promise((resolve) => setTimeout(resolve, 500)))
    const kept = phone.kept[phone.kept.length - 1]!
    expect([kept.id, kept.form]).toEqual([draft.id, 'worker@3'])
    expect(kept.answers.who).toMatchObject({ birth_date: '31/2/' })
    await act(async () => render(null, app()))
    await show(kept)
    expect([$('#q-who-birth_date').value, $('#q-who-birth_date-month').value]).toEqual(['31', '2'])
  })

  it('goes on from a page only when it is right, or when the officer says "later"', async () => {
    await show(await begin(phone, 'worker', null))
    await next()
    expect(text()).toContain('4 yang perlu dibetulkan')
    const name = $('#q-who-full_name')
    expect(name.getAttribute('aria-invalid')).toBe('true')
    expect(document.getElementById(name.getAttribute('aria-describedby')!)!.textContent).toContain('Ini harus diisi.')
    expect(document.activeElement!.id).toBe('q-who-nik') // the first that is wrong
    await type('#q-who-full_name', 'Galuh')
    expect(name.getAttribute('aria-invalid')).toBe(null)
    await press('Lanjut dulu')
    expect(text()).toContain('2 dari 6')
  })

  it('does not save what is not right, and leads to it', async () => {
    await show(await begin(phone, 'worker', null))
    for (let page = 0; page < 5; page++) {
      await next()
      if (text().includes('Lanjut dulu')) await press('Lanjut dulu')
    }
    expect(text()).toContain('Belum bisa disimpan')
    await next()
    expect([done, phone.saved]).toEqual([[], []])
    await press('Nama lengkap')
    expect(document.activeElement!.id).toBe('q-who-full_name')
  })

  it('goes on to the next question by Enter, and turns the page only from its button', async () => {
    await show(await begin(phone, 'worker', null))
    const enter = () => act(async () => void document.activeElement!.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true })))
    await act(async () => $('#q-who-nik').focus())
    const way = []
    for (let step = 0; step < 6; step++) {
      await enter()
      way.push(document.activeElement!.id || document.activeElement!.className)
    }
    expect(way).toEqual(['q-who-full_name', 'q-who-birth_date', 'q-who-birth_date-month', 'q-who-birth_date-year', 'q-who-sex', 'button main'])
    expect(text()).toContain('1 dari 6')
  })

  it('tells of a likely double before saving, and saves when it is another person', async () => {
    await show(await begin(phone, 'worker', null))
    await type('#q-who-nik', norsinah.nik)
    expect(text()).toContain('NIK ini sudah ada di HP: Norsinah Kumpai, Sabintulung.')
    await fillIn()
    phone.likely = () => [norsinah]
    await next()
    const sheet = document.querySelector('dialog')!.textContent!
    expect(sheet).toContain('Norsinah Kumpai')
    expect(sheet).toContain('640211******9001')
    expect(sheet).not.toContain(norsinah.nik)
    expect(phone.saved).toEqual([])
    await press('Orang lain, tetap simpan')
    expect(phone.saved).toHaveLength(1)
    expect(done).toHaveLength(1)
  })

  it('stores of an opened record only what was changed', async () => {
    const opened = (await phone.open(norsinah.record))!
    await show(await begin(phone, 'worker', opened), 'full_name')
    expect(document.activeElement!.id).toBe('q-who-full_name')
    expect($('#q-who-nik').value).toBe('6402 1152 0790 9001')
    await type('#q-who-full_name', 'Norsinah')
    phone.likely = () => []
    for (let page = 0; page < 5; page++) await next()
    expect(Array.from(app().querySelectorAll('ins, del'), (one) => one.textContent)).toEqual(['Norsinah', 'Norsinah Kumpai'])
    await next()
    expect(phone.saved).toEqual([expect.objectContaining({ record: norsinah.record, fields: { full_name: 'Norsinah' } })])
    expect(phone.saved[0]!.how).toMatchObject({ opened })
  })

  it('tells at the question what two officers wrote differently', async () => {
    const opened = (await phone.open(norsinah.record))!
    opened.conflicts = { birth_date: [{ value: '1990-07-12', by: 'k7f3q2', at: '' }, { value: '1991-07-12', by: 'hu775p', at: '' }], sex: [{ value: 'male', by: 'a', at: '' }, { value: 'female', by: 'b', at: '' }] }
    await show(await begin(phone, 'worker', opened), 'birth_date')
    expect(text()).toContain('Dua petugas menulis berbeda: "12 Juli 1990", "12 Juli 1991".')
    expect(text()).toContain('"Laki-laki", "Perempuan"')
  })

  it('makes one person of one, however often the button is pressed', async () => {
    await show(await begin(phone, 'worker', null))
    await fillIn()
    await act(async () => {
      for (let press = 0; press < 3; press++) $('form').dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))
    })
    await settle()
    expect([phone.saved.length, done.length]).toEqual([1, 1])
  })

  it('answers a quarantined change: it opens with what was sent, at the field that was refused', async () => {
    phone.change = async () => ({ change: { seq: 7, kind: 'worker', record: 'k7f3q2-9', village: '64.02.11.2003', at: '', form: 'worker@3', fields: { ...norsinah.fields, nik: '640211' } }, result: null })
    const corrected: unknown[] = []
    phone.correct = async (...given) => (corrected.push(given), { seq: 8, record: 'k7f3q2-9' })
    await show(await begin(phone, 'worker@3', null, 7), 'nik')
    expect(document.activeElement!.id).toBe('q-who-nik')
    await type('#q-who-nik', '6402111207909002')
    for (let page = 0; page < 6; page++) await next()
    expect(corrected).toEqual([[7, { nik: '6402111207909002' }, expect.objectContaining({ form: 'worker@3' })]])
    expect(done).toEqual([{ seq: 8, record: 'k7f3q2-9' }])
  })

  it('says it when the phone is full, loses nothing, and tries again', async () => {
    await show(await begin(phone, 'worker', null))
    phone.trouble = new PhoneFull()
    await type('#q-who-full_name', 'Galuh')
    await act(async () => new Promise((resolve) => setTimeout(resolve, 500)))
    expect(text()).toContain('Penyimpanan HP penuh')
    expect($('#q-who-full_name').value).toBe('Galuh')
    phone.trouble = null
    await press('Simpan lagi')
    expect(text()).not.toContain('Penyimpanan HP penuh')
    expect(phone.kept[phone.kept.length - 1]!.answers.who).toMatchObject({ full_name: 'Galuh' })
  })

  it('keeps everything when saving fails, and the draft is a draft again', async () => {
    await show(await begin(phone, 'worker', null))
    await fillIn()
    phone.trouble = new PhoneFull()
    await next()
    expect([done, text().includes('Penyimpanan HP penuh')]).toEqual([[], true])
    phone.trouble = null
    await next()
    expect(done).toHaveLength(1)
  })

  it('waits for the photo that is still being made small when the officer goes on', async () => {
    const form = registration()
    form.questions = [{ type: 'group', name: 'shots', field: null, appearance: ['field-list'], nodes: [{ type: 'image', name: 'photo_ktp', field: 'photo_ktp', label: { id: 'Foto KTP', en: 'Photo' } }] }]
    phone = fakePhone([form], rules)
    await show(await begin(phone, 'worker', null))
    for (let turn = 0; turn < 20 && !app().querySelector('input[type=file]'); turn++) await settle()
    const input = $('input[type=file]')
    Object.defineProperty(input, 'files', { value: [new File(['photo'], 'x.jpg', { type: 'image/jpeg' })] })
    await act(async () => void input.dispatchEvent(new Event('change', { bubbles: true })))
    await next() // before it is small
    expect(text()).not.toContain('Semua terisi')
    await act(async () => small(new Blob(['small'], { type: 'image/webp' })))
    await settle()
    await next()
    expect(phone.saved.map((one) => one.fields)).toEqual([{ photo_ktp: { sha256: expect.any(String), size: 5, type: 'image/webp' } }])
  })

  it('takes nothing more while it is being saved, and no second press before the next screen is here', async () => {
    let go = () => {}
    const wait = new Promise<void>((resolve) => (go = resolve))
    const save = phone.save
    phone.save = async (...given) => wait.then(() => save(...given))
    await show(await begin(phone, 'worker', null))
    await fillIn()
    await next()
    await press('Ubah') // would lead to questions whose answers come too late
    expect(app().querySelector('#q-who-full_name')).toBeNull()
    go()
    await settle()
    await next()
    await next()
    expect([done.length, phone.saved.length]).toEqual([1, 1])
  })

  it('keeps the phone from locking by itself while the full disk takes nothing: what was typed is nowhere else', async () => {
    const locks = () => dispatchEvent(new Event('idle', { cancelable: true }))
    await show(await begin(phone, 'worker', null))
    expect(locks()).toBe(true)
    phone.trouble = new PhoneFull()
    await type('#q-who-full_name', 'G')
    await act(async () => new Promise((resolve) => setTimeout(resolve, 500)))
    expect(locks()).toBe(false)
    phone.trouble = null
    await press('Simpan lagi')
    expect(locks()).toBe(true)
  })

  it('says it when the draft is open in another window, and offers no button that can’t help', async () => {
    await show(await begin(phone, 'worker', null))
    phone.trouble = Object.assign(new Error(), { name: 'Elsewhere' })
    await type('#q-who-full_name', 'G')
    await act(async () => new Promise((resolve) => setTimeout(resolve, 500)))
    expect(text()).toContain('terbuka di jendela lain')
    expect($('.banner.bad button')).toBeNull()
    phone.trouble = null
  })

  it('never saves what was practised', async () => {
    await show(await begin(phone, 'worker', null, undefined, { practice: true }))
    expect(text()).toContain('LATIHAN, tidak dikirim')
    await fillIn()
    await next()
    expect([done, phone.saved]).toEqual([[null], []])
  })

  it('leaves no draft of a form that was opened and left without a word', async () => {
    const dropped: string[] = []
    phone.dropDraft = async (id) => void dropped.push(id)
    const draft = await begin(phone, 'worker', null)
    await show(draft)
    await act(async () => $('header button').click())
    await settle()
    expect([left, dropped]).toEqual([1, [draft.id]])
    await act(async () => render(null, app()))
    await show(draft)
    await type('#q-who-full_name', 'G')
    await act(async () => $('header button').click())
    await settle()
    expect([left, dropped.length]).toEqual([2, 1])
  })

  it('shows what is due each month by its own rule', async () => {
    vi.setSystemTime(new Date(2026, 10, 22))
    await show(await begin(phone, 'worker', null), 'payment_months')
    await act(async () => $('#q-work-occupation').focus())
    await type('#q-work-occupation', 'ketinting')
    await act(async () => $<HTMLLIElement>('[role=option]').click())
    expect(text()).toContain('Rp8.400')
    expect(text()).toContain('sampai 31 Maret 2027')
    await choose('#q-work-payment_months-3') // six months, of which the last is April
    expect(text()).toContain('November 2026 sampai Maret 2027')
    expect(text()).toContain('April 2027')
    expect(text()).toContain(`Rp${(5 * 8400 + 16800).toLocaleString('id-ID')}`)
    vi.useRealTimers()
  })

  it('adds heirs, and asks before it throws away what was written of one', async () => {
    await show(await begin(phone, 'worker', null), 'heirs')
    await press('Tambah ahli waris')
    await type('#q-heirs-0-heir_name', 'Siti')
    await press('Tambah ahli waris')
    await act(async () => (app().querySelectorAll('fieldset button')[0] as HTMLElement).click())
    expect(document.querySelector('dialog')!.textContent).toContain('Hapus Ahli waris 1?')
    await press('Jangan hapus')
    await act(async () => (app().querySelectorAll('fieldset button')[1] as HTMLElement).click()) // an empty one goes at once
    expect(app().querySelectorAll('fieldset')).toHaveLength(1)
    expect($('#q-heirs-0-heir_name').value).toBe('Siti')
  })

  it('speaks English to who chose it, also where the form has no word for it', async () => {
    await setLang('en')
    await show(await begin(phone, 'worker', null))
    expect(text()).toContain('1 of 6')
    expect(text()).toContain('Worker registration')
    await next()
    expect(text()).toContain('4 things to put right')
  })
})
