import { describe, expect, it } from 'vitest'
import vectors from '../../../schemas/vectors/contribution.json'
import { due, overMonths, type Asked } from '../src/contribution'
import type { Rules } from '../src/types'

const rules = { ...vectors.rules, sectors: {} } as unknown as Rules

describe('what a worker owes', () => {
  it('is what the centre would ask, at every edge of income, of time and of who pays', () => {
    expect(vectors.cases.length).toBeGreaterThan(80)
    for (const { due: expected, ...asked } of vectors.cases as (Asked & { due: unknown })[]) {
      const answer = () => due(asked, rules)
      if (expected === null) expect(answer, JSON.stringify(asked)).toThrow(RangeError)
      else expect(answer(), JSON.stringify(asked)).toEqual(expected)
    }
  })

  it('is each month by its own rule, when the discount ends within the months that are paid', () => {
    const asked = { income: 0, sector: 'other', programs: ['JKK', 'JKM'], funding: null, month: '2026-11' }
    expect(overMonths(asked, 6, rules).map(({ first, last, months, due: { total } }) => [first, last, months, total])).toEqual([
      ['2026-11', '2026-12', 2, 8400], ['2027-01', '2027-04', 4, 16800],
    ])
    expect(overMonths({ ...asked, sector: 'transport' }, 6, rules).map(({ months }) => months)).toEqual([5, 1])
    expect(overMonths({ ...asked, funding: 'apbdes' }, 6, rules).every(({ due: { total } }) => total === 16800)).toBe(true)
  })
})
