import { describe, expect, it } from 'vitest'
import { find, near, plain } from '../src/form/find'
import { registration } from './forms'

const jobs = registration().choices.occupations!
const codes = (typed: string) => find(jobs, typed).map(({ value }) => value)

describe('an occupation', () => {
  it('is found by the word that people have for it', () => {
    expect(codes('penderes')).toEqual(['rubber_tapper'])
    expect(codes('Ketinting')[0]).toBe('boat_operator')
    expect(codes('batu')).toEqual(['builder'])
  })
  it('is found by the beginning of any of its words, its own name first', () => {
    expect(codes('tukang')).toEqual(['masseur', 'builder', 'carpenter'])
    expect(codes('tan').slice(0, 1)).toEqual(['farmer'])
  })
  it('is found however it is written', () => {
    expect(codes('  PENYADAP  kARÉT ')).toEqual(['rubber_tapper'])
    expect(plain("Qur'an – ÉCÔLE, no.2")).toBe('quran ecole no 2')
  })
  it('is not found by half of what was asked', () => {
    expect(codes('tukang perahu')).toEqual([])
    expect(codes('')).toHaveLength(jobs.length)
  })
  it('is offered after a slip of the finger, and "not in the list" whenever there is one', () => {
    expect(near(jobs, 'penderas').map(({ value }) => value)).toEqual(['rubber_tapper', 'other'])
    expect(near(jobs, 'xyz').map(({ value }) => value)).toEqual(['other'])
    expect(near(jobs.filter((one) => one.value !== 'other'), 'xyz')).toEqual([])
  })
})
