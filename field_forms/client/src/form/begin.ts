// A draft as it is when somebody begins: the newest version of a form, the record as it was then, what the form proposes.
import type { CompiledForm, Draft, Fields, Json, Opened, Phone } from '../types'
import { changedFields, prefill } from './capture'
import { lists } from './lists'
import { FormInstance, isEmpty, type Cell, type Env } from './model'

/**
 * formName: `worker`, or `worker@3` for a certain version. opened: the record to change; null makes a new one. corrects: the
 * quarantined change whose answers are put right. preset: answers that are known from where the officer comes, by question name.
 * The draft is on the disk when this resolves. Rejects with RangeError when the form is not on the phone, with PhoneFull.
 */
export async function begin(
  phone: Phone, formName: string, opened: Opened | null, corrects?: number, more: { preset?: { [question: string]: string }; practice?: boolean } = {},
): Promise<Draft> {
  const form = await phone.form(formName)
  const wrong = corrects === undefined ? null : await phone.change(corrects)
  const fields: Fields = { ...opened?.fields, ...wrong?.change.fields }
  const env = await lists(phone, form, await phone.rules().catch(() => null))
  const loaded = opened !== null || wrong !== null
  const filled = loaded ? shownOf(form, env, fields) : new FormInstance(form, env)
  if (!loaded) filled.applyDefaults()
  for (const [name, value] of Object.entries(more.preset ?? {})) {
    const cell = filled.named(name)
    if (cell?.node.list === 'workers' && (await env.learn(value))) filled.touch('workers')
    if (cell) filled.set(cell, value)
  }
  if (!loaded) {
    chooseTheOnlyVillage(phone, filled, filled.root)
    nameTheOfficer(phone, filled)
  }
  const now = Date.now()
  const draft: Draft = {
    id: newId(), form: `${form.name}@${form.version}`, kind: form.kind, record: opened?.record ?? null,
    village: opened?.village ?? wrong?.change.village ?? phone.who().villages[0]?.code ?? '', opened, answers: filled.answers(), files: {}, begun: now, saved: now,
    ...(corrects === undefined ? {} : { corrects }), ...(more.practice ? { practice: true } : {}),
  }
  await phone.keepDraft(draft)
  return draft
}

/**
 * The form as a record stands in it when it is opened. A record's empty fields are not filled by the way: an officer who changes a
 * phone number changes nothing else.
 */
export function shownOf(form: CompiledForm, env: Env, fields: Fields): FormInstance {
  const shown = new FormInstance(form, env, prefill(form, fields))
  sayTheMonths(shown, fields.months)
  shown.applyDefaults((node) => node.field === null)
  return shown
}

/** Months are asked as the first of them and how many; a record holds them one by one. */
function sayTheMonths(form: FormInstance, months: Json | undefined): void {
  const [first, count] = [form.named('first_month'), form.named('month_count')]
  if (!first || !count || !Array.isArray(months) || !months.length) return
  form.set(first, String(months[0]))
  form.set(count, months.length)
}

/**
 * The fields of the change to an opened record. What is reckoned of answers that the record does not hold (its months of a first
 * month and a count) may come out otherwise than it stands there although nobody touched anything: that is nobody's change.
 */
export function enteredIn(form: FormInstance, env: Env, opened: Fields): Fields {
  const untouched = changedFields(shownOf(form.form, env, opened), opened)
  const byItself = (name: string, value: Json) =>
    name in untouched && (opened[name] ?? null) !== null && JSON.stringify(untouched[name]) === JSON.stringify(value)
  return Object.fromEntries(Object.entries(changedFields(form, opened)).filter(([name, value]) => !byItself(name, value)))
}

/** Who takes money writes his name under each sum; here it stands already. */
function nameTheOfficer(phone: Phone, form: FormInstance): void {
  const taker = form.named('collected_by')
  if (taker && isEmpty(form.value(taker))) form.set(taker, phone.who().officer.name)
}

/** An officer of one village is not asked which. */
function chooseTheOnlyVillage(phone: Phone, form: FormInstance, cell: Cell): void {
  const { villages } = phone.who()
  if (villages.length !== 1) return
  if (cell.node.list === 'villages' && isEmpty(form.value(cell))) form.set(cell, villages[0]!.code)
  for (const kid of cell.kids ?? []) chooseTheOnlyVillage(phone, form, kid)
}

function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
