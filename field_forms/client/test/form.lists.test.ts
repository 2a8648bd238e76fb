import { describe, expect, it } from 'vitest'
import { lists } from '../src/form/lists'
import type { CompiledForm, Rules } from '../src/types'
import { fakePhone, people } from './fakephone'

const form = { dynamic: ['workers'] } as unknown as CompiledForm
const rules = { rules: [], price: {}, sectors: { boat_operator: 'transport' } } as unknown as Rules

async function sectors(occupations: string[], told: Rules | null): Promise<unknown[]> {
  const workers = people(occupations.length).map((one, n) => ({ ...one, occupation: occupations[n]! }))
  const found = await lists(Object.assign(fakePhone(), { search: () => workers }), form, told)
  return found.rows('workers').map((one) => one.sector)
}

describe('the sector of a worker, as forms look it up', () => {
  it('is another one than transport wherever the rules name none, and unknown where nobody asked what he does', async () => {
    expect(await sectors(['boat_operator', 'farmer', 'a_newer_job', ''], rules)).toEqual(['transport', 'other', 'other', ''])
  })

  it('is unknown before the rules came', async () => {
    expect(await sectors(['boat_operator'], null)).toEqual([''])
  })
})
