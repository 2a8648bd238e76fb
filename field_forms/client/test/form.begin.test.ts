import { describe, expect, it } from 'vitest'
import { begin, enteredIn, shownOf } from '../src/form/begin'
import { FormInstance, type Env } from '../src/form/model'
import type { CompiledForm, Phone } from '../src/types'

const env: Env = { rows: () => [], today: () => '2026-11-27', now: () => '2026-11-27T03:00:00.000Z', lang: () => 'id' }
const both = (text: string) => ({ id: text, en: text })
const months = ['concat', ['ref', 1, ['first_month']], ['str', ' '], ['ref', 1, ['month_count']]]
const form = {
  name: 'contribution', version: 1, kind: 'contribution', does: 'create', title: both('Iuran'), languages: ['id', 'en'], choices: {}, dynamic: [],
  questions: [
    { type: 'month', name: 'first_month', field: null, label: both('Mulai'), default: ['call', 'today'] },
    { type: 'integer', name: 'month_count', field: null, label: both('Berapa'), default: ['num', 1] },
    // Enough of a sum to see what it was made of.
    { type: 'calculate', name: 'months', field: 'months', as: 'list', calculate: ['call', ...months] },
    { type: 'integer', name: 'amount', field: 'amount', label: both('Jumlah') },
    { type: 'text', name: 'collected_by', field: 'collected_by', label: both('Diterima oleh') },
    { type: 'calculate', name: 'state', field: 'state', calculate: ['str', 'open'] },
  ],
} as unknown as CompiledForm
const record = { months: ['2026-09', '2026-10', '2026-11'], amount: 50000, collected_by: 'Budi', state: 'answered' }

function changedTo(set: { [question: string]: string | number }) {
  const filled = shownOf(form, env, record)
  for (const [name, value] of Object.entries(set)) filled.set(filled.named(name)!, value)
  return enteredIn(filled, env, record)
}

describe('an officer who opens a contribution that is there already', () => {
  it('finds its own months, not this one', () => {
    const filled = shownOf(form, env, record)
    expect([filled.value(filled.named('first_month')!), filled.value(filled.named('month_count')!)]).toEqual(['2026-09', 3])
  })

  it('changes the sum alone when he mends the sum', () => {
    expect(changedTo({ amount: 60000 })).toEqual({ amount: 60000 })
  })

  it('changes the months when he says so', () => {
    expect(changedTo({ month_count: 4 })).toEqual({ months: ['2026-09', '4'] })
  })

  it('still gives a record what it has not got yet', () => {
    const { months: _, ...bare } = record
    const filled = new FormInstance(form, env, shownOf(form, env, bare).answers())
    expect(enteredIn(filled, env, bare)).toEqual({ months: ['2026-11', '1'] })
  })
})

describe('an officer who takes money', () => {
  it('finds his name under the sum', async () => {
    const phone = {
      form: async () => form, rules: async () => null, keepDraft: async () => {}, who: () => ({ officer: { id: 1, name: 'Rudi' }, villages: [{ code: '64.02', name: 'X' }] }),
    } as unknown as Phone
    expect((await begin(phone, 'contribution', null)).answers.collected_by).toBe('Rudi')
  })
})
