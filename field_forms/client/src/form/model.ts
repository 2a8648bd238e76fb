// A form that is being filled in: what was answered, and what follows from it. Knows nothing of screens.
//
// Relevance and calculations are reckoned when somebody asks and kept until an answer that they read changes, so a keystroke
// costs what depends on it and is looked at, however large the form.
import { bool, evaluate, num, text, type Found, type Scope, type Value } from '../expression'
import type { Answer, Answers, Choice, CompiledForm, Expr, FileValue, GeoPoint, Label, Node } from '../types'
import { dayWords, isDay, isMonth, monthWords } from '../words/dates'

/** What a form may ask of the phone. The lists are those that the form calls dynamic. */
export interface Env {
  rows(list: string): Choice[]
  today(): string
  now(): string
  /** in which a choice's label is read by an expression */
  lang(): string
}

/** One place of the form: a question, a group, a repeat, or one row of a repeat (whose node is the repeat's). */
export interface Cell {
  node: Node
  /** `heirs/0/name`; '' at the root */
  path: string
  up: Cell | null
  /** of a row: its number, from 0 */
  row?: number
  /** of a group, a row, the root */
  kids?: Cell[]
  /** of a repeat */
  rows?: Cell[]
  /** of a question: exactly what was typed; of a calculation what was reckoned last */
  value?: Answer
  relevant?: boolean
  fresh?: boolean
}

export type Fault = 'required' | 'type' | 'constraint'
export interface Complaint { cell: Cell; fault: Fault; says: Label | undefined }

export interface Page {
  title: Label | undefined
  /** what stands on it, in order; groups and repeats among them */
  cells: Cell[]
}

/** Loose questions of a form without pages come in handfuls. */
const HANDFUL = 5
const HOLDERS = ['group', 'repeat']

export class FormInstance {
  readonly root: Cell
  private readonly cellsOf = new Map<Node, Set<Cell>>()
  private readonly readersOf = new Map<Node, Set<Node>>()
  private readonly pulledBy = new Map<string, Set<Node>>()
  private readonly listReaders = new Map<string, Set<Node>>()
  private readonly upOf = new Map<Node, Node>()
  private readonly indexes = new Map<string, Map<string, Choice[]>>()
  private readonly top: Node

  constructor(readonly form: CompiledForm, private readonly env: Env, answers: Answers = {}) {
    this.top = { type: 'group', name: '', field: null, nodes: form.questions }
    this.lookThrough(this.top)
    this.root = this.make(this.top, '', null, answers)
  }

  /** Once, for a new draft: what the form proposes. An answer that is there already stays. */
  applyDefaults(where: (node: Node) => boolean = () => true, cell: Cell = this.root): void {
    const { node } = cell
    for (const kid of cell.rows ?? cell.kids ?? []) this.applyDefaults(where, kid)
    if (node.default && isEmpty(cell.value) && where(node)) this.set(cell, made(node, this.reckon(node.default, cell)))
  }

  // ---- answers ----------------------------------------------------------------------------------------------------

  cell(path: string): Cell | undefined {
    let at: Cell | undefined = this.root
    if (path) for (const step of path.split('/')) at = at?.rows ? at.rows[Number(step)] : at?.kids?.find((kid) => kid.node.name === step)
    return at
  }

  /** The first question of that name, whichever group or row it stands in. */
  named(name: string, within: Cell = this.root): Cell | undefined {
    for (const kid of within.rows ?? within.kids ?? []) {
      const found = kid.row === undefined && kid.node.name === name ? kid : this.named(name, kid)
      if (found) return found
    }
    return undefined
  }

  set(cell: Cell, value: Answer): void {
    if (same(cell.value, value)) return
    cell.value = value
    this.spoil(cell.node)
    this.pulledBy.get(cell.node.name)?.forEach((node) => this.pull(node, cell))
  }

  /** What waits for an answer to change is worked out once now, and is an answer like others from then on. */
  private pull(node: Node, by: Cell): void {
    const row = rowOf(by)
    this.cellsOf.get(node)?.forEach((cell) => {
      const own = rowOf(cell)
      // Of the same row, where both stand in one.
      if (!row || !own || own === row || own.node !== row.node) this.set(cell, made(node, this.reckon(node.calculate!, cell)))
    })
  }

  addRow(repeat: Cell, answers: Answers = {}): Cell | null {
    if (repeat.node.most !== undefined && repeat.rows!.length >= repeat.node.most) return null
    const row = this.makeRow(repeat, repeat.rows!.length, answers)
    repeat.rows!.push(row)
    this.spoil(repeat.node)
    this.applyDefaults(undefined, row)
    return row
  }

  removeRow(repeat: Cell, row: Cell): void {
    const kept = repeat.rows!.filter((one) => one !== row)
    this.forget(row)
    // The others keep their places' order and get new numbers.
    kept.forEach((one, at) => this.renumber(one, `${repeat.path}/${at}`, at))
    repeat.rows = kept
    this.spoil(repeat.node)
  }

  /** What the phone fills has changed: all that looks at the list is reckoned anew. */
  touch(list: string): void {
    for (const key of Array.from(this.indexes.keys())) if (key.startsWith(`${list} `)) this.indexes.delete(key)
    this.listReaders.get(list)?.forEach((node) => this.spoil(node))
  }

  /** All that was typed, also where it is not relevant now, and what was calculated. */
  answers(cell: Cell = this.root): Answers {
    const found: Answers = {}
    for (const kid of cell.kids ?? []) {
      const { name } = kid.node
      if (kid.rows) found[name] = kid.rows.map((row) => this.answers(row))
      else if (kid.kids) found[name] = this.answers(kid)
      else if (!isEmpty(this.value(kid))) found[name] = kid.value!
    }
    return found
  }

  // ---- what follows -----------------------------------------------------------------------------------------------

  /** Whether it is asked now: its own condition, and those of all around it. */
  relevant(cell: Cell): boolean {
    if (cell.relevant === undefined) {
      cell.relevant = true // who reads itself in a circle finds this
      const around = !cell.up || this.relevant(cell.up)
      cell.relevant = around && (cell.row !== undefined || !cell.node.relevant || bool(this.reckon(cell.node.relevant, cell)))
    }
    return cell.relevant
  }

  /** What was typed or, of a calculation, what follows; whether relevant or not. */
  value(cell: Cell): Answer {
    if (follows(cell.node) && !cell.fresh) {
      cell.fresh = true
      if (this.relevant(cell)) cell.value = made(cell.node, this.reckon(cell.node.calculate!, cell))
    }
    return cell.value ?? null
  }

  /** The text that expressions see: '' of what is not relevant. */
  text(cell: Cell): string {
    return this.relevant(cell) ? seenText(this.value(cell)) : ''
  }

  required(cell: Cell): boolean {
    const { required } = cell.node
    return required === true || (!!required && bool(this.reckon(required, cell)))
  }

  readonly(cell: Cell): boolean {
    return cell.node.readonly === true || follows(cell.node)
  }

  /** What is wrong with a question's answer now, or null. What is not relevant is never wrong. */
  fault(cell: Cell): Complaint | null {
    const { node } = cell
    if (cell.kids || cell.rows || node.type === 'note' || node.type === 'calculate' || !this.relevant(cell)) return null
    const value = this.value(cell)
    if (isEmpty(value)) return this.required(cell) ? { cell, fault: 'required', says: node.required_says } : null
    if (!fits(node, value) || !this.offered(cell, value)) return { cell, fault: 'type', says: undefined }
    if (node.constraint && !bool(this.reckon(node.constraint, cell))) return { cell, fault: 'constraint', says: node.constraint_says }
    return null
  }

  /** Of these places and all inside them, in order. */
  faults(cells: Cell[] = [this.root]): Complaint[] {
    const found: Complaint[] = []
    for (const cell of cells) {
      const own = this.fault(cell)
      if (own) found.push(own)
      else if (this.relevant(cell)) found.push(...this.faults(cell.rows ?? cell.kids ?? []))
    }
    return found
  }

  /** What may be chosen now. */
  choices(cell: Cell): Choice[] {
    const { list, filter } = cell.node
    if (!list) return []
    return filter ? this.filtered(list, filter, cell) : this.rows(list)
  }

  /** The label of a choice as it was made, also if the list no longer offers it. */
  chosen(cell: Cell, value: string): Choice | undefined {
    return this.byColumn(cell.node.list!, 'value').get(value)?.[0]
  }

  /** Pages in order, those where nothing is asked left out. */
  pages(): Page[] {
    const pages: Page[] = []
    let loose: Page | null = null
    const close = () => {
      if (loose) pages.push(loose)
      loose = null
    }
    const walk = (cells: Cell[], title: Label | undefined) => {
      for (const cell of cells) {
        const { node } = cell
        if (!this.visible(cell)) continue
        if (node.type === 'repeat' || node.appearance?.includes('field-list')) {
          close()
          pages.push({ title: node.label ?? title, cells: node.type === 'repeat' ? [cell] : cell.kids! })
        } else if (node.type === 'group') {
          close()
          walk(cell.kids!, node.label ?? title)
          close()
        } else {
          if (!loose || loose.cells.length >= HANDFUL) {
            close()
            loose = { title, cells: [] }
          }
          loose.cells.push(cell)
        }
      }
    }
    walk(this.root.kids!, undefined)
    close()
    return pages
  }

  /** Whether anything of it is to be seen now. */
  visible(cell: Cell): boolean {
    if (cell.node.type === 'calculate' || !this.relevant(cell)) return false
    return cell.rows || !cell.kids ? true : cell.kids.some((kid) => this.visible(kid))
  }

  /** A label, hint or message of it, with the answers that it names put in. */
  says(cell: Cell, text: string): string {
    const { values } = cell.node
    return values ? text.replace(/\$\{\s*([^}]*?)\s*\}/g, (whole, name: string) => (values[name] ? inWords(this.textOf(values[name]!, cell), this.env.lang()) : whole)) : text
  }

  /** The text of an expression, seen from a place. */
  textOf(expr: Expr, cell: Cell = this.root): string {
    return text(this.reckon(expr, cell))
  }

  // ---- reckoning --------------------------------------------------------------------------------------------------

  reckon(expr: Expr, cell: Cell, choice?: Choice): Value {
    return evaluate(expr, this.scope(cell, choice))
  }

  private scope(cell: Cell, choice?: Choice): Scope {
    return {
      ref: (up, path) => this.find(cell, up, path),
      self: () => this.seen([cell]),
      col: (name) => this.column(choice, name),
      lookup: (list, filter, name) => this.column(this.filtered(list, filter, cell, true)[0], name),
      named: (list, value) => this.column(this.byColumn(list, 'value').get(value)?.[0], 'label'),
      position: (up) => {
        const { row } = above(cell, up)
        return row === undefined ? NaN : row + 1
      },
      today: () => this.env.today(),
      now: () => this.env.now(),
    }
  }

  private find(cell: Cell, up: number, path: string[]): Found {
    let found = [up ? above(cell, up) : this.root]
    for (const name of path) {
      const next: Cell[] = []
      for (const one of found) {
        const kid = one.kids?.find((each) => each.node.name === name)
        if (kid) next.push(...(kid.rows ?? [kid]))
      }
      found = next
    }
    return this.seen(found)
  }

  private seen(cells: Cell[]): Found {
    return cells.filter((one) => this.relevant(one)).map((one) => (one.kids ? null : seenText(this.value(one))))
  }

  private rows(list: string): Choice[] {
    return this.form.choices[list] ?? this.env.rows(list)
  }

  private filtered(list: string, filter: Expr, cell: Cell, first = false): Choice[] {
    const rest = this.narrowed(list, filter, cell)
    const holds = (choice: Choice) => bool(this.reckon(filter, cell, choice))
    if (!first) return rest.filter(holds)
    const found = rest.find(holds)
    return found ? [found] : []
  }

  /** Of a long list only those whose column has the value that the filter asks for: 8,000 villages are not looked at one by one. */
  private narrowed(list: string, filter: Expr, cell: Cell): Choice[] {
    if (filter[0] === 'and') {
      const left = this.narrowed(list, filter[1] as Expr, cell)
      return left === this.rows(list) ? this.narrowed(list, filter[2] as Expr, cell) : left
    }
    if (filter[0] !== '=') return this.rows(list)
    const [, a, b] = filter as unknown as [string, Expr, Expr]
    const [col, other] = a[0] === 'col' ? [a, b] : [b, a]
    if (col[0] !== 'col' || readsColumn(other)) return this.rows(list)
    const wanted = this.reckon(other, cell)
    if (typeof wanted === 'number' || typeof wanted === 'boolean') return this.rows(list)
    const index = this.byColumn(list, col[1] as string)
    return Array.isArray(wanted) && wanted.length > 1 ? this.rows(list) : index.get(text(wanted)) ?? []
  }

  private byColumn(list: string, name: string): Map<string, Choice[]> {
    const key = `${list} ${name}`
    let index = this.indexes.get(key)
    if (!index) {
      index = new Map()
      for (const row of this.rows(list)) {
        const value = this.column(row, name)
        const held = index.get(value)
        if (held) held.push(row)
        else index.set(value, [row])
      }
      this.indexes.set(key, index)
    }
    return index
  }

  private column(choice: Choice | undefined, name: string): string {
    const found = choice?.[name] ?? ''
    if (typeof found !== 'object' || Array.isArray(found)) return textOf(found)
    return found[this.env.lang()] || Object.values(found)[0] || ''
  }

  private offered(cell: Cell, value: Answer): boolean {
    const { type, list } = cell.node
    if (type !== 'select_one' && type !== 'select_multiple') return true
    if (!list || this.form.dynamic.includes(list)) return true // a village may be of a list that is not on this phone
    const offered = this.choices(cell)
    return (Array.isArray(value) ? value : [value]).every((one) => offered.some((choice) => choice.value === one))
  }

  // ---- what reads what --------------------------------------------------------------------------------------------

  private lookThrough(node: Node): void {
    for (const kid of node.nodes ?? []) {
      this.upOf.set(kid, node)
      this.lookThrough(kid)
    }
    if (node === this.top) this.eachNode(this.top, (one) => {
      for (const expr of [one.relevant, follows(one) && one.calculate]) if (expr) this.readBy(one, expr)
      for (const name of one.trigger ?? []) add(this.pulledBy, name, one)
    })
  }

  private eachNode(node: Node, visit: (node: Node) => void): void {
    visit(node)
    for (const kid of node.nodes ?? []) this.eachNode(kid, visit)
  }

  private readBy(reader: Node, expr: Expr): void {
    if (expr[0] === 'ref') {
      let at: Node | undefined = expr[1] ? reader : this.top
      for (let step = 0; step < (expr[1] as number) && at; step++) at = this.upOf.get(at) ?? at
      for (const name of expr[2] as string[]) at = at?.nodes?.find((kid) => kid.name === name)
      if (at) add(this.readersOf, at, reader)
      return
    }
    if (expr[0] === 'lookup') add(this.listReaders, expr[1] as string, reader)
    if (expr[1] === 'jr:choice-name') add(this.listReaders, (expr[3] as Expr)[1] as string, reader)
    for (const part of expr.slice(1)) if (Array.isArray(part) && typeof part[0] === 'string') this.readBy(reader, part as Expr)
  }

  /** Forget what was reckoned from this node, and from what was reckoned from it. */
  private spoil(node: Node, seen = new Set<Node>()): void {
    if (seen.has(node)) return
    seen.add(node)
    this.cellsOf.get(node)?.forEach((cell) => {
      cell.relevant = undefined
      cell.fresh = false
    })
    this.readersOf.get(node)?.forEach((reader) => this.spoil(reader, seen))
    for (const kid of node.nodes ?? []) this.spoil(kid, seen)
  }

  // ---- cells ------------------------------------------------------------------------------------------------------

  private make(node: Node, path: string, up: Cell | null, given: Answers[string] | undefined): Cell {
    const cell: Cell = { node, path, up }
    add(this.cellsOf, node, cell)
    if (node.type === 'repeat') {
      const rows = Array.isArray(given) ? (given as Answers[]) : []
      cell.rows = rows.map((row, at) => this.makeRow(cell, at, row))
    } else if (HOLDERS.includes(node.type)) cell.kids = this.makeKids(cell, given as Answers | undefined)
    else if (given !== undefined) cell.value = given as Answer
    return cell
  }

  private makeRow(repeat: Cell, at: number, answers: Answers): Cell {
    const row: Cell = { node: repeat.node, path: `${repeat.path}/${at}`, up: repeat, row: at }
    add(this.cellsOf, repeat.node, row)
    row.kids = this.makeKids(row, answers)
    return row
  }

  private makeKids(cell: Cell, answers: Answers | undefined): Cell[] {
    const from = cell.path ? `${cell.path}/` : ''
    return cell.node.nodes!.map((kid) => this.make(kid, from + kid.name, cell, answers?.[kid.name]))
  }

  private forget(cell: Cell): void {
    this.cellsOf.get(cell.node)?.delete(cell)
    for (const kid of cell.rows ?? cell.kids ?? []) this.forget(kid)
  }

  private renumber(cell: Cell, path: string, row?: number): void {
    cell.path = path
    if (row !== undefined) cell.row = row
    for (const kid of cell.kids ?? []) this.renumber(kid, `${path}/${kid.node.name}`)
    cell.rows?.forEach((one, at) => this.renumber(one, `${path}/${at}`, at))
  }
}

// ---- answers as texts, and back -----------------------------------------------------------------------------------

export function isEmpty(value: Answer | undefined): boolean {
  return value === undefined || value === null || (typeof value === 'string' ? !value.trim() : Array.isArray(value) && !value.length)
}

/** As it stands in an XForm. */
export function textOf(value: Answer): string {
  if (value === null) return ''
  if (Array.isArray(value)) return value.join(' ')
  if (typeof value !== 'object') return text(value)
  return 'lat' in value ? `${value.lat} ${value.lon} 0 ${value.accuracy}` : value.sha256
}

/** As expressions see it: blanks alone are no answer. */
function seenText(value: Answer): string {
  return isEmpty(value) ? '' : textOf(value)
}

/** What was typed as the answer of such a question. A number that is none stays a text, to be complained about. */
export function typed(node: Node, said: string): Answer {
  if (node.type !== 'integer' && node.type !== 'decimal') return said || null
  return PLAIN.test(said) ? Number(said) : said || null
}

/** What was worked out as the answer of such a question; null where it can't be one. */
export function made(node: Node, value: Value): Answer {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return null
    if (node.type === 'calculate') return value
  }
  const said = text(value)
  if (node.type === 'select_multiple') return said.split(/[ \t\r\n]+/).filter(Boolean)
  if (node.type === 'month' && isDay(said)) return said.slice(0, 7) // `today()` is the month of today
  if (node.type !== 'integer' && node.type !== 'decimal') return said || null
  const number = num(said)
  return node.type === 'integer' && !Number.isInteger(number) || !Number.isFinite(number) ? null : number
}

/** Days and months, one or several, as people say them; all else as it is. */
function inWords(said: string, lang: string): string {
  const parts = said.split(' ')
  return parts.every((part) => isDay(part) || isMonth(part)) ? parts.map((part) => (isDay(part) ? dayWords(part, lang) : monthWords(part, lang))).join(', ') : said
}

const PLAIN = /^-?(0|[1-9]\d{0,14})(\.\d+)?$/

/** Whether its answer follows from others all the time: of what has a trigger it does not. */
function follows(node: Node): boolean {
  return !!node.calculate && !node.trigger
}

function rowOf(cell: Cell): Cell | undefined {
  let at: Cell | null = cell
  while (at && at.row === undefined) at = at.up
  return at ?? undefined
}

/** Whether an answer has the form that its type asks for. */
export function fits(node: Node, value: Answer): boolean {
  switch (node.type) {
    case 'integer': return typeof value === 'number' && Number.isSafeInteger(value)
    case 'decimal': return typeof value === 'number' && Number.isFinite(value)
    case 'date': return typeof value === 'string' && isDay(value)
    case 'month': return typeof value === 'string' && isMonth(value)
    case 'select_multiple': return Array.isArray(value)
    case 'image': return !!(value as FileValue).sha256
    case 'geopoint': return typeof (value as GeoPoint).lat === 'number'
    default: return typeof value === 'string' || typeof value === 'number'
  }
}

function same(a: Answer | undefined, b: Answer | undefined): boolean {
  return a === b || (!a && !b && a !== 0 && b !== 0) || JSON.stringify(a) === JSON.stringify(b)
}

function readsColumn(expr: Expr): boolean {
  return expr[0] === 'col' || expr.slice(1).some((part) => Array.isArray(part) && typeof part[0] === 'string' && readsColumn(part as Expr))
}

/** So many elements up, as an XForm counts them: a row is one step with its repeat. */
function above(cell: Cell, up: number): Cell {
  let at = cell
  for (let step = 0; step < up && at.up; step++) at = at.row === undefined ? at.up : at.up.up!
  return at
}

function add<K, V>(to: Map<K, Set<V>>, key: K, value: V): void {
  const held = to.get(key)
  if (held) held.add(value)
  else to.set(key, new Set([value]))
}
