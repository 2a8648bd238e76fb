// One form, two readers: ODK's own engine reads the XForm, ours what was compiled from it. Both are given the same answers, drawn
// from a seed, and after each one all that follows is compared. tests/field_forms/test_oracle.py drives this in a browser.
import { loadForm, type AnyFormInstance, type RootNode } from '@getodk/xforms-engine'
import { FormInstance, textOf, type Cell } from '../../src/form/model'
import type { Answer, Choice, CompiledForm, Node } from '../../src/types'
import { now, today } from '../../src/words/dates'

export interface Case {
  xform: string
  form: CompiledForm
  /** what the phone fills */
  lists: { [list: string]: Choice[] }
  seed: number
  steps: number
}

interface Outcome {
  differences: string[]
  /** how often each was compared, so that nobody is content with having compared nothing */
  compared: { relevant: number; irrelevant: number; values: number; faults: { [fault: string]: number }; choices: number; rows: number }
}

// What of the engine's nodes is read here; its own types are many and say no more.
interface Seen {
  nodeType: string
  valueType?: string
  currentState: { reference: string; relevant: boolean; required: boolean; readonly: boolean; value: unknown; instanceValue?: string; children: Seen[] | null; valueOptions: unknown }
  validationState: { constraint?: { valid: boolean }; required?: { valid: boolean } }
  setValue?(value: unknown): void
  selectValue?(value: string | null): void
  selectValues?(values: string[]): void
  addInstances?(after?: number, count?: number): void
  removeInstances?(from: number, count?: number): void
}

async function judge({ xform, form, lists, seed, steps }: Case): Promise<Outcome> {
  const engine = await engineOf(xform, { ...form.choices, ...lists })
  const ours = new FormInstance(form, { rows: (list) => lists[list] ?? [], today: () => today(), now: () => now(), lang: () => 'id' })
  ours.applyDefaults()
  const dice = new Dice(seed)
  const outcome: Outcome = { differences: [], compared: { relevant: 0, irrelevant: 0, values: 0, faults: {}, choices: 0, rows: 0 } }
  for (const range of repeats(engine)) range.removeInstances?.(0, range.currentState.children!.length) // we begin without rows
  compare(engine, ours, 'at the beginning', outcome)
  for (let step = 1; step <= steps && !outcome.differences.length; step++) {
    const did = dice.below(8) === 0 ? changeRows(engine, ours, dice) : answerOne(engine, ours, dice)
    dropGone(engine, ours)
    compare(engine, ours, `step ${step}, ${did}`, outcome)
  }
  return outcome
}

async function engineOf(xform: string, lists: { [list: string]: Choice[] }): Promise<RootNode> {
  const loaded = await loadForm(xform, {
    fetchFormAttachment: async (url) => {
      const list = /([a-z_]+)\.csv/.exec(String(url))?.[1] ?? ''
      return new Response(csv(lists[list] ?? []), { headers: { 'content-type': 'text/csv' } })
    },
  })
  if (loaded.status === 'failure') throw loaded.error
  return (loaded.createInstance() as AnyFormInstance).root
}

function csv(rows: Choice[]): string {
  const columns = Array.from(new Set(rows.reduce<string[]>((all, row) => all.concat(Object.keys(row)), ['value', 'label'])))
  const said = (value: unknown) => `"${(typeof value === 'object' && value ? Object.values(value)[0] as string : String(value ?? '')).replace(/"/g, '""')}"`
  return [columns.map((name) => (name === 'value' ? 'name' : name)).join(','), ...rows.map((row) => columns.map((name) => said(row[name])).join(','))].join('\n')
}

/**
 * A choice that the filter no longer offers is taken away by ODK; we keep it and complain, so that the officer sees what happened.
 * Here he then does what ODK did.
 */
function dropGone(root: RootNode, ours: FormInstance): void {
  for (const [path, node] of leaves(root as unknown as Seen)) {
    const cell = ours.cell(path)
    if (node.nodeType !== 'select' || !cell?.node.filter || !ours.relevant(cell)) continue
    const offered = ours.choices(cell).map((one) => one.value)
    const value = ours.value(cell)
    if (Array.isArray(value)) {
      const left = value.filter((one) => offered.includes(one))
      if (left.length === value.length) continue
      ours.set(cell, left.length ? left : null)
      node.selectValues!(left)
    } else if (value !== null && !offered.includes(String(value))) {
      ours.set(cell, null)
      node.selectValue!(null)
    }
  }
}

// ---- what is compared ---------------------------------------------------------------------------------------------

function compare(root: RootNode, ours: FormInstance, when: string, outcome: Outcome): void {
  const { compared, differences } = outcome
  const differ = (path: string, what: string, odk: unknown, we: unknown) => differences.push(`${when}: ${path}: ${what}: ODK ${JSON.stringify(odk)}, we ${JSON.stringify(we)}`)
  for (const [path, node] of leaves(root as unknown as Seen)) {
    const cell = ours.cell(path)
    if (!cell) continue // what pyxform adds for itself: meta, counts
    const relevant = ours.relevant(cell)
    if (node.currentState.relevant !== relevant) differ(path, 'relevant', node.currentState.relevant, relevant)
    compared[relevant ? 'relevant' : 'irrelevant']++
    if (!relevant || cell.kids || cell.rows || cell.node.type === 'note') continue
    const value = { odk: said(cell.node, node.currentState.instanceValue ?? ''), we: said(cell.node, ours.text(cell)) }
    if (value.odk !== value.we) differ(path, 'value', value.odk, value.we)
    compared.values++
    if (cell.node.type === 'calculate') continue
    if (node.currentState.required !== ours.required(cell)) differ(path, 'required', node.currentState.required, ours.required(cell))
    const fault = { odk: faultOf(node), we: ours.fault(cell)?.fault ?? null }
    if (fault.odk !== fault.we) differ(path, 'fault', fault.odk, fault.we)
    compared.faults[String(fault.we)] = (compared.faults[String(fault.we)] ?? 0) + 1
    if (node.nodeType === 'select') {
      const odk = (node.currentState.valueOptions as { value: string }[]).map((one) => one.value).join(' ')
      const we = ours.choices(cell).map((one) => one.value).join(' ')
      if (odk !== we) differ(path, 'choices', odk, we)
      compared.choices++
    }
  }
  for (const range of repeats(root)) {
    const rows = range.currentState.children!.length
    const we = ours.cell(pathOf(range))!.rows!.length
    if (rows !== we) differ(pathOf(range), 'rows', rows, we)
    compared.rows += rows
  }
}

/** What can't be the same text in both: the millisecond, the name of a file, the first of the month. */
function said(node: Node, text: string): string {
  if (node.type === 'image') return text ? 'a file' : ''
  if (node.type === 'month') return text.slice(0, 7)
  if (node.type === 'decimal') return text && String(Number(text)) // ODK writes 0.0
  if (node.type === 'select_multiple') return text.split(' ').sort().join(' ')
  return text.replace(/^\d{4}-\d\d-\d\dT.*/, 'a moment')
}

function faultOf(node: Seen): string | null {
  if (node.validationState.required && !node.validationState.required.valid) return 'required'
  return node.validationState.constraint && !node.validationState.constraint.valid ? 'constraint' : null
}

function* leaves(node: Seen): Generator<[string, Seen]> {
  for (const child of node.currentState.children ?? []) {
    if (!child.nodeType.startsWith('repeat-range')) yield [pathOf(child), child]
    yield* leaves(child)
  }
}

function repeats(root: RootNode): Seen[] {
  const found: Seen[] = []
  const look = (node: Seen) => {
    if (node.nodeType.startsWith('repeat-range')) found.push(node)
    node.currentState.children?.forEach(look)
  }
  look(root as unknown as Seen)
  return found
}

/** `/data/heirs[2]/heir_name` -> `heirs/1/heir_name` */
function pathOf(node: Seen): string {
  return node.currentState.reference.split('/').slice(2).map((step) => step.replace(/\[(\d+)\]/, (_, n: string) => `/${Number(n) - 1}`)).join('/')
}

// ---- what is answered ---------------------------------------------------------------------------------------------

function answerOne(root: RootNode, ours: FormInstance, dice: Dice): string {
  const asked = Array.from(leaves(root as unknown as Seen)).filter(([path]) => {
    const cell = ours.cell(path)
    return cell && !cell.kids && !['note', 'calculate', 'geopoint'].includes(cell.node.type) && ours.relevant(cell) && !ours.readonly(cell)
  })
  const [path, node] = dice.of(asked)
  const cell = ours.cell(path)!
  const answer = drawn(cell, ours, dice)
  tell(node, cell, answer)
  ours.set(cell, answer)
  return `${path} = ${JSON.stringify(answer)}`
}

function tell(node: Seen, cell: Cell, answer: Answer): void {
  if (node.nodeType === 'select') {
    if (cell.node.type === 'select_multiple') node.selectValues!((answer as string[] | null) ?? [])
    else node.selectValue!(answer as string | null)
  } else if (node.nodeType === 'upload') node.setValue!(answer ? new File(['x'], 'x.webp', { type: 'image/webp' }) : null)
  else if (cell.node.type === 'month') node.setValue!(answer ? `${answer as string}-01` : null)
  else if (cell.node.type === 'integer' || cell.node.type === 'decimal' || cell.node.type === 'date') node.setValue!(answer)
  else node.setValue!(textOf(answer))
}

function drawn(cell: Cell, ours: FormInstance, dice: Dice): Answer {
  const { type, appearance = [] } = cell.node
  if (dice.below(6) === 0) return null
  switch (type) {
    case 'select_one': return dice.maybe(ours.choices(cell).map((one) => one.value))
    case 'select_multiple': {
      const some = ours.choices(cell).map((one) => one.value).filter(() => dice.below(2) === 0)
      return some.length ? some : null
    }
    case 'integer': return dice.of([0, 1, 2, 6, 14, 65, 900000, 1500000, 2000000000, -5]) // ODK's have 32 bits
    case 'decimal': return dice.of([0, 0.5, -2.25, 100])
    case 'date': return dice.of(['1961-08-17', '1990-07-12', '2011-11-26', '2009-02-28', '2026-11-26', '2099-12-31', '1955-01-01', '2000-02-29', today()])
    case 'month': return dice.of(['2026-11', '2026-12', '2027-01', '2025-02', today().slice(0, 7)])
    case 'image': return { sha256: 'a'.repeat(64), size: 1, type: 'image/webp' }
  }
  // None of a day that never was: ODK's engine falls over where such a text is asked for its day.
  if (appearance.includes('nik')) return dice.of(['6402111708619001', '6402115207909001', '6402 1129.0200-9003', '640211290219001', '6402117112019001', '9902111708619001', '6402111708610000', 'KTP', '3171010101059002'])
  if (appearance.includes('phone')) return dice.of(['0812-3456-789', '+628123456789', 'tidak ada'])
  return dice.of(['Galuh', 'Siti Norbaya', 'é ü 漢', '12', '-3.5', 'a b  c', 'x'.repeat(120), "D'arc \"q\" <b> & c", '2026-11-22', 'true'])
}

function changeRows(root: RootNode, ours: FormInstance, dice: Dice): string {
  const range = dice.maybe(repeats(root).filter((one) => one.addInstances && ours.relevant(ours.cell(pathOf(one))!)))
  if (!range) return answerOne(root, ours, dice)
  const repeat = ours.cell(pathOf(range))!
  const rows = repeat.rows!.length
  if (rows && dice.below(3) === 0) {
    // The engine's triggers go on looking at the place where their row stood before one above it went.
    const at = repeat.node.nodes!.some((node) => node.trigger) ? rows - 1 : dice.below(rows)
    range.removeInstances!(at, 1)
    ours.removeRow(repeat, repeat.rows![at]!)
    return `${repeat.path} without row ${at}`
  }
  range.addInstances!(rows - 1, 1)
  ours.addRow(repeat)
  return `${repeat.path} with one row more`
}

/** The same draws for the same seed, on every machine. */
class Dice {
  constructor(private state: number) {}

  below(most: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % most
  }

  of<T>(all: T[]): T {
    return all[this.below(all.length)]!
  }

  maybe<T>(all: T[]): T | null {
    return all.length ? this.of(all) : null
  }
}

Object.assign(window, { judge })
