// Answers as the fields of a record, and back: twin of field_forms/capture.py, read against schemas/vectors/capture.json.
import type { Answer, Answers, CompiledForm, Fields, FileValue, GeoPoint, Json, Node } from '../types'
import { isEmpty, textOf, type Cell, type FormInstance } from './model'

/**
 * Every field that the form asks for, null where nothing is answered or it is not relevant now. Parts of an object that the form
 * does not ask for are kept as they were in `before`.
 */
export function fieldsOf(form: FormInstance, before: Fields = {}): Fields {
  const found: Fields = {}
  gather(form, form.root.kids!, found, before)
  return found
}

/** Of these only what is answered, for a new record; of one that was opened what now differs. */
export function changed(now: Fields, before: Fields | null): Fields {
  const differs = (name: string) => (before ? canonical(before[name] ?? null) !== canonical(now[name]!) : now[name] !== null)
  return Object.fromEntries(Object.entries(now).filter(([name]) => differs(name)))
}

/** The answers with which the form shows a record. What the form does not ask for is not among them. */
export function answersOf(form: CompiledForm, fields: Fields): Answers {
  return spread(form.questions, fields)
}

function gather(form: FormInstance, cells: Cell[], into: Fields, before: Fields): void {
  for (const cell of cells) {
    const { field } = cell.node
    if (cell.rows) {
      if (field) into[field] = rowsOf(form, cell)
    } else if (cell.kids && !field) gather(form, cell.kids, into, before)
    else if (cell.kids) into[field!] = partsOf(form, cell, before[field!])
    else if (field) into[field] = form.relevant(cell) ? valueOf(cell.node, form.value(cell)) : null
  }
}

function partsOf(form: FormInstance, group: Cell, before: Json | undefined): Json {
  if (!form.relevant(group)) return null
  const parts: Fields = {}
  gather(form, group.kids!, parts, {})
  if (Object.values(parts).every((part) => part === null)) return null
  const kept = before && typeof before === 'object' && !Array.isArray(before) ? before : {}
  return answered({ ...kept, ...parts })
}

function rowsOf(form: FormInstance, repeat: Cell): Json {
  if (!form.relevant(repeat)) return null
  const rows = repeat.rows!.map((row) => {
    const parts: Fields = {}
    gather(form, row.kids!, parts, {})
    return answered(parts)
  }).filter((row) => Object.keys(row).length)
  return rows.length ? rows : null
}

function answered(parts: Fields): Fields {
  return Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== null))
}

function valueOf(node: Node, answer: Answer): Json {
  if (isEmpty(answer)) return null
  const text = textOf(answer)
  switch (node.as) {
    case 'number': return Number.isFinite(Number(text)) ? Number(text) : null
    case 'boolean': return text === 'true' ? true : text === 'false' ? false : null
    case 'list': return text.split(/\s+/).filter(Boolean)
    case 'text': return text
  }
  return answer as Json
}

function spread(nodes: Node[], fields: Fields): Answers {
  const found: Answers = {}
  for (const node of nodes) {
    const held = node.field ? fields[node.field] : undefined
    if (node.type === 'repeat') {
      if (Array.isArray(held)) found[node.name] = held.filter(isThing).map((row) => spread(node.nodes!, row))
    } else if (node.type === 'group') found[node.name] = spread(node.nodes!, node.field ? (isThing(held) ? held : {}) : fields)
    else if (held !== undefined && held !== null) found[node.name] = answerOf(node, held)
  }
  return found
}

function answerOf(node: Node, held: Json): Answer {
  if (isThing(held)) return held as unknown as FileValue | GeoPoint
  if (node.type === 'select_multiple') return (Array.isArray(held) ? held : [held]).map(String)
  if (Array.isArray(held)) return held.join(' ')
  return typeof held === 'number' && (node.type === 'integer' || node.type === 'decimal') ? held : String(held)
}

function isThing(value: Json | undefined): value is Fields {
  return !!value && typeof value === 'object' && !Array.isArray(value)
}

function canonical(value: Json): string {
  return JSON.stringify(value, (_, inner) => (isThing(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner))
}
