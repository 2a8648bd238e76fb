// @vitest-environment happy-dom
import { render } from 'preact'
import { act } from 'preact/test-utils'
import { beforeEach, describe, expect, it } from 'vitest'
import { TasksScreen } from '../src/screens/tasks'
import type { Json, Task } from '../src/types'
import { fakePhone } from './oracle/fake'

const task = (more: Partial<Task>): Task => ({ id: 'x', why: 'correct', record: 'k7f3q2-7', kind: 'worker', name: 'Norsinah', fields: [], says: [], at: '2026-11-20T08:11:12.003Z', ...more })

async function show(tasks: Task[]) {
  const phone = fakePhone([], null)
  const kept = new Map<string, Json>([['heard', [3]]])
  phone.tasks = async () => tasks
  phone.get = (async (name: string) => kept.get(name) ?? null) as typeof phone.get
  phone.put = async (name, value) => void kept.set(name, value)
  await act(async () => render(<TasksScreen phone={phone} />, document.getElementById('app')!))
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
