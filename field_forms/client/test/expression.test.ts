import { describe, expect, it } from 'vitest'
import vectors from '../../../schemas/vectors/expressions.json'
import { evaluate, num, text } from '../src/expression'
import { FormInstance, type Cell } from '../src/form/model'
import type { Answers, Choice, CompiledForm, Expr, Node } from '../src/types'

interface Vector {
  expression: string
  tree: Expr
  answers: Answers
  at: (string | number)[]
  today: string
  now: string
  value: unknown
  lists?: { [name: string]: Choice[] }
  choice?: Choice
  language?: string
}

describe('an expression', () => {
  for (const vector of vectors as unknown as Vector[]) {
    it(`means on the phone what it means at the centre: ${vector.expression} at ${vector.at.join('/')}`, () => {
      const { form, cell } = around(vector)
      const found = form.reckon(vector.tree, cell, vector.choice)
      expect(shown(Array.isArray(found) ? text(found) : found)).toEqual(vector.value)
    })
  }

  it('is refused when nobody knows it, rather than taken for something', () => {
    expect(() => evaluate(['call', 'pulldata'], {} as never)).toThrow('pulldata')
    expect(() => evaluate(['xor', ['num', 1], ['num', 2]], {} as never)).toThrow('xor')
  })

  it('reckons with days, months and moments as numbers, and with nothing that only looks like one', () => {
    expect(['1970-01-02', '1970-02', '1970-01-01T12:00:00Z', '1970-01-01T08:00:00+08:00'].map(num)).toEqual([1, 31, 0.5, 0])
    expect(['2026-02-30', '1970-01-01T25:00:00Z', '1e5', '+5', '0x10', '5 000', '', '٥'].map(num)).toEqual(Array(8).fill(NaN))
  })
})

/** A form made of a vector's answers; what they leave out is not relevant. */
function around({ answers, at, today, now, lists = {}, language = 'id' }: Vector): { form: FormInstance; cell: Cell } {
  const questions = nodesOf([answers], at)
  const made: CompiledForm = { name: 'v', version: 1, kind: 'v', does: 'create', title: {}, languages: [], choices: lists, dynamic: [], questions }
  const form = new FormInstance(made, { rows: () => [], today: () => today, now: () => now, lang: () => language }, answers)
  leaveOut(form.root, answers)
  return { form, cell: form.cell(at.join('/'))! }
}

function nodesOf(all: Answers[], at: (string | number)[]): Node[] {
  const names = new Set(all.reduce<string[]>((found, one) => found.concat(Object.keys(one)), typeof at[0] === 'string' ? [at[0]] : []))
  return Array.from(names, (name) => {
    const values = all.filter((one) => name in one).map((one) => one[name])
    const rows = values.filter(isRows)
    const deeper = at[0] === name ? at.slice(typeof at[1] === 'number' ? 2 : 1) : []
    if (rows.length) return { type: 'repeat', name, field: null, nodes: nodesOf(rows.flat() as Answers[], deeper) }
    const groups = values.filter(isGroup)
    if (groups.length || deeper.length) return { type: 'group', name, field: null, nodes: nodesOf(groups, deeper) }
    return { type: 'text', name, field: null }
  })
}

const isRows = (value: unknown): value is Answers[] => Array.isArray(value) && value.every((one) => typeof one === 'object')
const isGroup = (value: unknown): value is Answers => !!value && typeof value === 'object' && !Array.isArray(value) && !('lat' in value) && !('sha256' in value)

function leaveOut(cell: Cell, answers: unknown): void {
  if (answers === undefined) cell.relevant = false
  cell.kids?.forEach((kid) => leaveOut(kid, (answers as Answers | undefined)?.[kid.node.name]))
  cell.rows?.forEach((row, at) => leaveOut(row, (answers as Answers[])[at]))
}

function shown(value: unknown): unknown {
  if (value === 0) return 0 // -0 is said as 0 everywhere
  return typeof value === 'number' && !Number.isFinite(value) ? { num: String(value) } : value
}
