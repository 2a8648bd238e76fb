// Works out the small trees that field_forms/expression.py parses XPath into: twin of field_forms/evaluator.py and functions.py.
// Both are read against schemas/vectors/expressions.json.
import type { Expr } from './types'
import { dayOf, daysOf } from './words/dates'

/** What a path leads to: the texts of the answers, '' of one left empty; null for a group or a row, which has none. */
export type Found = (string | null)[]
export type Value = string | number | boolean | Found

/** What an expression looks at. Texts are as in an XForm: members of a set with spaces between. */
export interface Scope {
  /** From the root where `up` is 0, else so many elements above the question; what is not relevant is not found. */
  ref(up: number, path: string[]): Found
  self(): Found
  /** of the choice that a filter looks at */
  col(name: string): string
  /** the column of the first item of a list for which the filter holds; '' when there is none */
  lookup(list: string, filter: Expr, column: string): string
  /** what a choice is called */
  named(list: string, value: string): string
  /** of the row so many elements above, from 1; NaN where that is no row */
  position(up: number): number
  today(): string
  now(): string
}

export function evaluate(expr: Expr, scope: Scope): Value {
  const [what, a, b] = expr
  const left = () => evaluate(a as Expr, scope)
  const right = () => evaluate(b as Expr, scope)
  switch (what) {
    case 'num':
    case 'str': return a as string | number
    case 'ref': return scope.ref(a as number, b as string[])
    case 'self': return scope.self()
    case 'col': return scope.col(a as string)
    case 'lookup': return scope.lookup(a as string, b as Expr, expr[3] as string)
    case 'or': return bool(left()) || bool(right())
    case 'and': return bool(left()) && bool(right())
    case '=': return compared(left(), right(), (x, y) => x === y)
    case '!=': return compared(left(), right(), (x, y) => x !== y)
    case '<': return compared(left(), right(), (x, y) => x < y, true)
    case '<=': return compared(left(), right(), (x, y) => x <= y, true)
    case '>': return compared(left(), right(), (x, y) => x > y, true)
    case '>=': return compared(left(), right(), (x, y) => x >= y, true)
    case '+': return num(left()) + num(right())
    case '-': return num(left()) - num(right())
    case '*': return num(left()) * num(right())
    case 'div': return num(left()) / num(right())
    case 'mod': return num(left()) % num(right())
    case 'neg': return -num(left())
    case 'call': return call(a as string, expr.slice(2) as Expr[], scope)
  }
  throw new Error(`no such expression: ${what}`)
}

// ---- how one kind of value becomes another ------------------------------------------------------------------------

export function bool(value: Value): boolean {
  if (Array.isArray(value)) return value.some((one) => one !== '')
  return typeof value === 'number' ? value !== 0 && value === value : !!value
}

export function text(value: Value): string {
  if (Array.isArray(value)) return value[0] ?? ''
  return typeof value === 'number' ? numberText(value) : String(value)
}

export function num(value: Value): number {
  if (typeof value === 'number' || typeof value === 'boolean') return Number(value)
  const said = text(value)
  return /^[ \t\r\n]*-?(\d+\.?\d*|\.\d+)[ \t\r\n]*$/.test(said) ? Number(said) : daysIn(said)
}

/** As XPath writes numbers: never with an exponent. */
function numberText(number: number): string {
  const [mantissa, exponent] = String(number === 0 ? 0 : number).split('e')
  if (!exponent) return mantissa!
  const [, sign, whole, part = ''] = /^(-?)(\d+)\.?(\d*)$/.exec(mantissa!)!
  const digits = whole! + part
  const point = whole!.length + Number(exponent)
  return sign + (point <= 0 ? `0.${'0'.repeat(-point)}${digits}` : digits.padEnd(point, '0'))
}

/** Days since 1970-01-01; of a month its first day; of a time with the part of the day that has passed, in UTC. */
function daysIn(said: string): number {
  if (/^\d{4}-\d\d$/.test(said)) return daysOf(`${said}-01`)
  const [, day, hour, minute, second, away] = /^(\d{4}-\d\d-\d\d)T(\d\d):(\d\d)(?::(\d\d(?:\.\d{1,6})?))?(Z|[+-]\d\d:\d\d)?$/.exec(said) ?? []
  if (!day) return daysOf(said)
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second ?? 0) >= 60) return NaN
  const offset = away && away !== 'Z' ? Number(`${away[0]}1`) * (Number(away.slice(1, 3)) * 60 + Number(away.slice(4))) : 0
  return (daysOf(day) * 864e5 + (Number(hour) * 60 + Number(minute) - offset) * 6e4 + Math.round(Number(second ?? 0) * 1e6) / 1e3) / 864e5
}

/** True when it holds for any answer of a set, as in XPath; a set without answers counts as one that is empty. */
function compared(a: Value, b: Value, holds: (x: string | number, y: string | number) => boolean, asNumbers = false): boolean {
  if (typeof a === 'boolean' || typeof b === 'boolean') { // beside a boolean a set is one too
    const one = (value: Value) => (asNumbers && !Array.isArray(value) ? num(value) : Number(bool(value)))
    return holds(one(a), one(b))
  }
  return members(a).some((x) => members(b).some((y) => {
    if (!asNumbers && typeof x === 'string' && typeof y === 'string') return holds(x, y)
    return holds(num(x), num(y))
  }))
}

function members(value: Exclude<Value, boolean>): (string | number)[] {
  if (!Array.isArray(value)) return [value]
  return value.length ? value.map((one) => one ?? '') : ['']
}

/** All of them, and of a set of answers each. */
function each(values: Value[]): (string | number | boolean)[] {
  return values.reduce<(string | number | boolean)[]>((all, value) => all.concat(Array.isArray(value) ? value.map((one) => one ?? '') : value), [])
}

// ---- functions ----------------------------------------------------------------------------------------------------

function call(name: string, given: Expr[], scope: Scope): Value {
  const value = (at: number) => evaluate(given[at]!, scope)
  switch (name) {
    case 'if': return bool(value(0)) ? value(1) : value(2)
    case 'once': return text(scope.self()) || value(0)
    case 'position': return scope.position(given[0]![1] as number)
    case 'today': return scope.today()
    case 'now': return scope.now()
    case 'jr:choice-name': return scope.named(text(value(1)), text(value(0)))
  }
  const works = FUNCTIONS[name]
  if (!works) throw new Error(`no such function: ${name}`)
  return works(...given.map((_, at) => value(at)))
}

const signs = (value: Value) => Array.from(text(value))
const words = (value: Value) => text(value).split(/[ \t\r\n]+/).filter(Boolean)
const rounded = (value: Value) => Math.floor(num(value) + 0.5)

/** Halves go up, also of negative numbers: -2.5 becomes -2. */
function round(value: Value, places: Value = 0): number {
  const number = num(value)
  const wanted = Math.trunc(Math.max(-15, Math.min(15, num(places)))) || 0
  const scale = 10 ** Math.abs(wanted)
  const scaled = wanted > 0 ? number * scale : number / scale
  if (!Number.isFinite(scaled) || scaled === Math.floor(scaled)) return number
  const made = Math.floor(scaled + 0.5)
  return wanted > 0 ? made / scale : made * scale
}

function parted(value: Value, part: Value): [string, string] {
  const at = text(value).indexOf(text(part))
  return at < 0 ? ['', ''] : [text(value).slice(0, at), text(value).slice(at + text(part).length)]
}

/** The day of a day, a month, a time or a number of days; '' of anything else. */
function day(value: Value): string {
  const said = text(value)
  const made = new Date(Math.floor(num(/T/.test(said) && !Number.isNaN(num(said)) ? said.slice(0, 10) : said)) * 864e5)
  return Number.isNaN(made.getTime()) ? '' : dayOf(made.getUTCFullYear(), made.getUTCMonth() + 1, made.getUTCDate()) ?? ''
}

const FUNCTIONS: { [name: string]: (...given: any[]) => Value } = {
  true: () => true,
  false: () => false,
  not: (a: Value) => !bool(a),
  boolean: bool,
  'boolean-from-string': (a: Value) => text(a) === '1' || text(a) === 'true',
  number: num,
  string: text,
  int: (a: Value) => Math.trunc(num(a)),
  round,
  abs: (a: Value) => Math.abs(num(a)),
  floor: (a: Value) => Math.floor(num(a)),
  ceiling: (a: Value) => Math.ceil(num(a)),
  pow: (a: Value, b: Value) => num(a) ** num(b),
  min: (...given: Value[]) => (each(given).length ? Math.min(...each(given).map(num)) : NaN),
  max: (...given: Value[]) => (each(given).length ? Math.max(...each(given).map(num)) : NaN),
  sum: (a: Found) => each([a]).map(num).reduce((total, one) => total + one, 0),
  count: (a: Found) => a.length,
  'count-non-empty': (a: Found) => a.filter((one) => one !== '').length,
  'string-length': (a: Value) => signs(a).length,
  concat: (...given: Value[]) => each(given).map(text).join(''),
  join: (between: Value, ...given: Value[]) => each(given).map(text).join(text(between)),
  contains: (a: Value, b: Value) => text(a).includes(text(b)),
  'starts-with': (a: Value, b: Value) => text(a).startsWith(text(b)),
  'ends-with': (a: Value, b: Value) => text(a).endsWith(text(b)),
  substring: (a: Value, b: Value, c: Value = Infinity) => {
    const from = rounded(b)
    return signs(a).filter((_, at) => at + 1 >= from && at + 1 < from + rounded(c)).join('')
  },
  // ODK's: from 0, the end not included, negative ones from the end.
  substr: (a: Value, b: Value, c?: Value) => signs(a).slice(num(b), c === undefined ? undefined : num(c)).join(''),
  'substring-before': (a: Value, b: Value) => parted(a, b)[0],
  'substring-after': (a: Value, b: Value) => parted(a, b)[1],
  translate: (a: Value, b: Value, c: Value) => {
    const to = signs(c)
    return signs(a).map((sign) => {
      const at = signs(b).indexOf(sign)
      return at < 0 ? sign : to[at] ?? ''
    }).join('')
  },
  'normalize-space': (a: Value) => words(a).join(' '),
  regex: (a: Value, b: Value) => new RegExp(`^(?:${text(b)})$`, 'u').test(text(a)),
  selected: (a: Value, b: Value) => words(a).includes(text(b).replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '')),
  'selected-at': (a: Value, b: Value) => (num(b) >= 0 ? words(a)[Math.trunc(num(b))] ?? '' : ''),
  'count-selected': (a: Value) => words(a).length,
  coalesce: (...given: Value[]) => given.map(text).find(Boolean) ?? '',
  date: day,
  'decimal-date-time': (a: Value) => num(text(a)),
  'format-date': (a: Value, how: Value) => {
    const [year, month, of] = day(a).split('-')
    if (!of) return ''
    const parts: { [sign: string]: string } = { Y: year!, y: year!.slice(2), m: month!, n: String(Number(month)), d: of, e: String(Number(of)) }
    return text(how).replace(/%(.)/g, (_, sign: string) => parts[sign] ?? '')
  },
}
