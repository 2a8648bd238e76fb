// What is due for a month, and by which rules: twin of programme/contribution.py, read against the same vectors.
import type { Rules, Versioned } from './types'
import { monthAfter } from './words/dates'

export const PROGRAMS = ['JKK', 'JKM', 'JHT'] as const
export type Discount = 'applied' | 'not_in_force' | 'public_money' | 'not_for_these_programs'

export interface Asked {
  /** whole rupiah a month; null counts as the lowest tier */
  income: number | null
  /** of the main occupation */
  sector: string | null
  programs: string[]
  /** null: the worker pays */
  funding: string | null
  /** YYYY-MM */
  month: string
}

export interface Due {
  total: number
  /** without a discount */
  full: number
  parts: { [program: string]: number }
  base: number
  discount: Discount
  /** ids of all rules that it rests on, the tier's with its lower bound: `tiers-2015:0` */
  rules: string[]
  /** whether every one of them is sure */
  verified: boolean
}

/** A run of months that cost the same. */
export interface Stretch { first: string; last: string; months: number; due: Due }

/** By the rules in force on the month's first day. Throws RangeError where they know no answer. */
export function due(asked: Asked, rules: Rules): Due {
  const { income, programs, month } = asked
  if (programs.some((program) => !(PROGRAMS as readonly string[]).includes(program))) throw new RangeError('no such programme')
  if ((income ?? 0) < 0) throw new RangeError('an income is not negative')
  const tiers = on(rules.price.tiers, month)
  // By lower bound: the printed upper bounds end in 99,000, and 1,099,500 would fall between two rows.
  const tier = tiers.value.filter((row) => row.from <= (income ?? 0)).sort((a, b) => b.from - a.from)[0]
  if (!tier) throw new RangeError('no tier')
  const used: string[] = []
  const parts: { [program: string]: number } = {}
  let shares = false
  for (const program of PROGRAMS) {
    if (!programs.includes(program)) continue
    const rate = on(rules.price.rates[program] ?? [], month)
    parts[program] = rate.value.rupiah ?? share(tier.base, rate.value.percent!)
    shares = shares || rate.value.rupiah === undefined
    used.push(rate.id)
  }
  if (shares) used.unshift(`${tiers.id}:${tier.from}`)
  const full = sum(parts)
  const { why, because, off } = discountOf(asked, Object.keys(parts), rules)
  if (off) for (const program of off.programs) if (program in parts) parts[program]! -= share(parts[program]!, off.percent)
  used.push(...because)
  const sure = (id: string) => (id.includes(':') ? tier.confidence === '2' : rules.rules.find((rule) => rule.id === id)?.verified === true)
  return { total: sum(parts), full, parts, base: tier.base, discount: why, rules: used, verified: used.every(sure) }
}

/** So many months from the first, each by its own rule, those that cost the same together. */
export function overMonths(asked: Asked, count: number, rules: Rules): Stretch[] {
  const found: Stretch[] = []
  for (let step = 0; step < count; step++) {
    const month = monthAfter(asked.month, step)
    const owed = due({ ...asked, month }, rules)
    const last = found[found.length - 1]
    if (last && last.due.total === owed.total && last.due.discount === owed.discount) {
      last.last = month
      last.months++
    } else found.push({ first: month, last: month, months: 1, due: owed })
  }
  return found
}

/** The discount's last day and the rule's id, for the sector and the month; null where there is none. */
export function discountRule(sector: string | null, month: string, rules: Rules): Versioned<{ percent: number; programs: string[] }> | null {
  return find(rules.price.discounts[sector === 'transport' ? 'transport' : 'other'] ?? [], month) ?? null
}

function discountOf(asked: Asked, parts: string[], rules: Rules): { why: Discount; because: string[]; off?: { percent: number; programs: string[] } } {
  const payer = find(rules.price.payers[asked.funding ?? 'self'] ?? [], asked.month)
  if (!payer) throw new RangeError('no such payer')
  const rule = discountRule(asked.sector, asked.month, rules)
  if (!rule) return { why: 'not_in_force', because: [] }
  if (!parts.some((program) => rule.value.programs.includes(program))) return { why: 'not_for_these_programs', because: [rule.id] }
  const because = [rule.id, payer.id]
  return payer.value.public ? { why: 'public_money', because } : { why: 'applied', because, off: rule.value }
}

function find<T>(versions: Versioned<T>[], month: string): Versioned<T> | undefined {
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(month)) throw new RangeError('not a month')
  const day = `${month}-01`
  return versions.find((one) => (one.valid_from ?? '') <= day && day <= (one.valid_to ?? '9999-12-31'))
}

function on<T>(versions: Versioned<T>[], month: string): Versioned<T> {
  const rule = find(versions, month)
  if (!rule) throw new RangeError(`no rule in ${month}`)
  return rule
}

// With today's tables nothing is ever rounded; a later rate that leaves a fraction is rounded up.
const share = (amount: number, percent: number) => Math.ceil((amount * percent) / 100)
const sum = (parts: { [program: string]: number }) => Object.values(parts).reduce((total, part) => total + part, 0)
