// @vitest-environment happy-dom
import { render } from 'preact'
import { act } from 'preact/test-utils'
import { beforeEach, describe, expect, it } from 'vitest'
import { TasksScreen } from '../src/screens/tasks'
import type { Json, Task } from '../src/types'
import { fakePhone } from './oracle/fake'

const task = (more: Partial<Task>): Task => ({ id: 'x', why: 'correct', record: 'k7f3q2-7', kind: 'worker', name: 'Norsinah', fields: [], says: [], at: '2026-11-20T08:11:12.003Z', ...more })

async function show(tasks: Task[], list?: string, phone = fakePhone([], null)) {
  const kept = new Map<string, Json>([['heard', [3]]])
  phone.tasks = async () => tasks
  phone.get = (async (name: string) => kept.get(name) ?? null) as typeof phone.get
  phone.put = async (name, value) => void kept.set(name, value)
  await act(async () => render(<TasksScreen phone={phone} list={list} />, document.getElementById('app')!))
  await act(async () => new Promise((resolve) => setTimeout(resolve, 20)))
  return kept
}

beforeEach(() => {
  document.body.innerHTML = '<div id="app"></div>'
  Object.assign(window, { scrollTo: () => {} })
})

describe('what came back', () => {
  it('names the question that it is about, beside what is wrong with it', async () => {
    await show([task({ seq: 4, fields: ['birth_date'], says: ['Tanggal ini tidak ada.'] })])
    expect(document.querySelector('.task')!.textContent).toMatch(/Tanggal lahir.*Tanggal ini tidak ada\./)
  })

  it('shows what the operator wrote beside it', async () => {
    await show([task({ seq: 4, fields: ['nik'], says: ['NIK harus 16 angka.'], note: 'Baca lagi KTP-nya, Bu.' })])
    expect(document.querySelector('.task')!.textContent).toMatch(/NIK harus 16 angka\..*Kata operator: Baca lagi KTP-nya, Bu\./)
  })

  it('is put away once it was read, when there is nothing to do about it', async () => {
    const kept = await show([task({ id: 'notice:7', why: 'notice', says: ['HP Anda akan diganti.'] })])
    const button = [...document.querySelectorAll('button')].find((one) => one.textContent === 'Sudah dibaca')!
    await act(async () => button.click())
    expect(kept.get('heard')).toEqual([3, 7])
  })
})

describe('contributions and cards', () => {
  const card = task({ id: 'card:k7f3q2-7', why: 'card' })
  const owed = [card, task({ id: 'lapsed:k7f3q2-8', why: 'lapsed', record: 'k7f3q2-8', name: 'Rusli' })]
  const today = () => [...document.querySelectorAll('input')].find((one) => one.type === 'date')!

  it('names all five lists, each with its number', async () => {
    await show(owed)
    expect([...document.querySelectorAll('.owed a')].map((one) => one.textContent)).toEqual([
      '1 Tidak terlindungi lagi', '0 Menunggak', '0 Iuran segera jatuh tempo', '1 Kartu belum diserahkan', '0 Baru aktif lagi',
    ])
  })

  it('shows the one list that was asked for', async () => {
    await show(owed, 'card')
    expect([...document.querySelectorAll('.task h3')].map((one) => one.textContent)).toEqual(['Norsinah'])
  })

  it('notes by one tap that the card was handed over, today', async () => {
    const phone = fakePhone([], null)
    const saved: unknown[] = []
    phone.open = (async () => ({ record: 'k7f3q2-7', kind: 'worker', village: '64.02.11.2005', fields: {}, seen: {}, heads: {}, derived: {}, conflicts: {} })) as unknown as typeof phone.open
    phone.save = (async (kind: string, record: string, village: string, fields: unknown) => void saved.push([kind, record, village, fields])) as unknown as typeof phone.save
    await show(owed, 'card', phone)
    const day = today().value
    const button = [...document.querySelectorAll('button')].find((one) => one.textContent === 'Kartu sudah diserahkan')!
    await act(async () => button.click())
    await act(async () => new Promise((resolve) => setTimeout(resolve, 20)))
    expect(saved).toEqual([['worker', 'k7f3q2-7', '64.02.11.2005', { card_given_on: day }]])
    expect(document.body.textContent).toContain('Kartu Norsinah dicatat sudah diserahkan.')
  })

  it('takes no day that has not come', async () => {
    const phone = fakePhone([], null)
    let saved = 0
    phone.save = (async () => void saved++) as unknown as typeof phone.save
    await show(owed, 'card', phone)
    await act(async () => {
      today().value = '2999-01-01'
      today().dispatchEvent(new Event('input', { bubbles: true }))
    })
    const button = [...document.querySelectorAll('button')].find((one) => one.textContent === 'Kartu sudah diserahkan')!
    await act(async () => button.click())
    expect(saved).toBe(0)
    expect(document.body.textContent).toContain('Pilih tanggal hari ini atau sebelumnya.')
  })
})
