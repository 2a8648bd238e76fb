// Answers as the fields of a change, and back: twin of field_forms/capture.py, read against schemas/vectors/capture.json.
import type { Answer, Answers, CompiledForm, Fields, Json, Node } from '../types'
import { isEmpty, textOf, type Cell, type FormInstance } from './model'

/** The fields of the change that creates a record; what was left empty or is not relevant is left out. */
export function newFields(form: FormInstance): Fields {
  return answered(gathered(form.form, form.form.questions, settled(form)))
}

/**
 * The fields of the change to an opened record: only what now differs, null for what was emptied. What the form could not show,
 * and what it does not ask for now because it is not relevant, stays as it was.
 */
export function changedFields(form: FormInstance, opened: Fields): Fields {
  const { form: compiled } = form
  const shown = gathered(compiled, compiled.questions, everyOne(compiled.questions, prefill(compiled, opened)), opened)
  const now = gathered(compiled, compiled.questions, settled(form), opened)
  const change: Fields = Object.fromEntries(Object.entries(now).filter(([name, value]) => canonical(value) !== canonical(shown[name] ?? null)))
  // A NIK of another shape is taken only from a change that holds its reason too, whether that is new or not; and a reason that is
  // asked no more goes with the NIK that it was for.
  if (change.nik && (now.nik_reason || opened.nik_reason)) change.nik_reason = now.nik_reason ?? null
  return change
}

/** The answers with which the form shows a record. What a question can't show is left out. */
export function prefill(form: CompiledForm, fields: Fields): Answers {
  return shownIn(form, form.questions, fields)
}

/** The answers of relevant questions alone, null where left empty, with what is calculated from them. */
export function settled(form: FormInstance, cell: Cell = form.root): Answers {
  const found: Answers = {}
  for (const kid of cell.kids!) {
    const { name, type } = kid.node
    if (type === 'note' || !form.relevant(kid)) continue
    if (kid.rows) found[name] = kid.rows.map((row) => settled(form, row))
    else if (kid.kids) found[name] = settled(form, kid)
    else {
      const value = form.value(kid)
      found[name] = isEmpty(value) ? null : value
    }
  }
  return found
}

// ---- answers to fields --------------------------------------------------------------------------------------------

/** The same answers with every other question left empty, as if all were relevant. */
function everyOne(nodes: Node[], answers: Answers): Answers {
  return Object.fromEntries(nodes.map((node) => {
    const answer = answers[node.name] ?? null
    return [node.name, node.type === 'group' ? everyOne(node.nodes!, (answer ?? {}) as Answers) : answer]
  }))
}

/** Every field that is asked for here, null where nothing was answered. answers: of relevant questions alone. */
function gathered(form: CompiledForm, nodes: Node[], answers: Answers, opened: Fields = {}): Fields {
  const found: Fields = {}
  for (const node of nodes) {
    const { field } = node
    if (!(node.name in answers)) continue
    const answer = answers[node.name]
    if (node.type === 'group') {
      const inside = (answer ?? {}) as Answers
      if (field === null) Object.assign(found, gathered(form, node.nodes!, inside, opened))
      else found[field] = thing(form, node, inside, opened[field])
    } else if (field === null) continue
    else if (node.type === 'repeat') {
      const rows = ((answer ?? []) as Answers[]).map((row) => thing(form, node, row, undefined)).filter((row) => row !== null)
      found[field] = rows.length ? rows : null
    } else found[field] = valueOf(form, node, (answer ?? null) as Answer, opened[field])
  }
  return found
}

function answered(parts: Fields): Fields {
  return Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== null))
}

/**
 * Its parts that were answered, and those that it had and the form does not ask for. Null where nobody answered anything: a
 * version or a time that is only calculated makes no consent.
 */
function thing(form: CompiledForm, node: Node, answers: Answers, opened: Json | undefined): Json {
  const parts = answered(gathered(form, node.nodes!, answers))
  const asked = askedIn(node.nodes!)
  if (Object.keys(parts).every((name) => asked[name] === 'calculate')) return null
  const rest = isThing(opened) ? Object.entries(opened).filter(([name]) => !(name in asked)) : []
  return { ...Object.fromEntries(rest), ...parts }
}

/** Each field that is asked for here, with the type of its question. */
function askedIn(nodes: Node[]): { [field: string]: Node['type'] } {
  return nodes.reduce((all, node) => (node.field !== null ? { ...all, [node.field]: node.type } : node.type === 'group' ? { ...all, ...askedIn(node.nodes!) } : all), {})
}

/** One answer as its field holds it; null where it is empty or can't be read so. */
function valueOf(form: CompiledForm, node: Node, answer: Answer, opened: Json | undefined): Json {
  const value = isEmpty(answer) ? null : answer
  const text = textOf(value).trim()
  switch (node.as) {
    case 'number': return NUMBER.test(text) ? Number(text) : null
    case 'boolean': return text === 'true' ? true : text === 'false' ? false : null
    case 'list': return wordsOf(text)
  }
  if (node.type === 'select_multiple') return members(form, node, value, opened)
  if (['integer', 'decimal', 'image', 'geopoint'].includes(node.type)) return value as Json
  return text || null
}

/** The members that were chosen, in order; those that the record had and the form does not offer stay. */
function members(form: CompiledForm, node: Node, answer: Answer, opened: Json | undefined): Json {
  const all = new Set<string>(Array.isArray(answer) ? answer : [])
  if (Array.isArray(opened)) for (const one of opened) if (typeof one === 'string' && !offers(form, node, one)) all.add(one)
  return all.size ? Array.from(all).sort() : null
}

/** Whether the list has such a choice, whatever the filter says now; lists that the phone fills have any. */
function offers(form: CompiledForm, node: Node, value: string): boolean {
  const known = form.choices[node.list!]
  return !known || known.some((choice) => choice.value === value)
}

const NUMBER = /^-?(0|[1-9]\d{0,14})(\.\d+)?$/

function wordsOf(text: string): string[] | null {
  const words = text.split(/[ \t\r\n]+/).filter(Boolean)
  return words.length ? words : null
}

// ---- fields to answers --------------------------------------------------------------------------------------------

function shownIn(form: CompiledForm, nodes: Node[], fields: Fields): Answers {
  const found: Answers = {}
  for (const node of nodes) {
    const held = node.field === null ? null : fields[node.field] ?? null
    if (node.type === 'group') found[node.name] = shownIn(form, node.nodes!, node.field === null ? fields : isThing(held) ? held : {})
    else if (node.type === 'repeat') found[node.name] = (Array.isArray(held) ? held : []).filter(isThing).map((row) => shownIn(form, node.nodes!, row))
    else if (held !== null) {
      const answer = answerOf(form, node, held)
      if (!isEmpty(answer)) found[node.name] = answer
    }
  }
  return found
}

function answerOf(form: CompiledForm, node: Node, held: Json): Answer {
  if (node.type === 'image' || node.type === 'geopoint') return isThing(held) ? (held as unknown as Answer) : null
  if (isThing(held)) return null
  if (node.type === 'integer' || node.type === 'decimal') return typeof held === 'number' ? held : null
  if (node.type === 'select_multiple') return Array.isArray(held) ? held.filter((one): one is string => typeof one === 'string' && offers(form, node, one)) : null
  const text = typeof held === 'boolean' ? String(held) : textOf(held as Answer)
  return node.type !== 'select_one' || offers(form, node, text) ? text : null
}

function isThing(value: Json | undefined): value is Fields {
  return !!value && typeof value === 'object' && !Array.isArray(value)
}

function canonical(value: Json): string {
  return JSON.stringify(value, (_, inner) => (isThing(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner))
}
