// A draft as it is when somebody begins: the newest version of a form, the record as it was then, what the form proposes.
import type { Answers, Draft, Fields, Opened, Phone } from '../types'
import { prefill } from './capture'
import { lists } from './lists'
import { FormInstance, isEmpty, type Cell } from './model'

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
  const answers: Answers = opened || wrong ? prefill(form, fields) : {}
  const env = await lists(phone, form, await phone.rules().catch(() => null))
  const filled = new FormInstance(form, env, answers)
  const loaded = opened !== null || wrong !== null
  // A record's empty fields are not filled by the way: an officer who changes a phone number changes nothing else.
  filled.applyDefaults((node) => !loaded || node.field === null)
  for (const [name, value] of Object.entries(more.preset ?? {})) {
    const cell = filled.named(name)
    if (cell?.node.list === 'workers' && (await env.learn(value))) filled.touch('workers')
    if (cell) filled.set(cell, value)
  }
  if (!loaded) chooseTheOnlyVillage(phone, filled, filled.root)
  const now = Date.now()
  const draft: Draft = {
    id: newId(), form: `${form.name}@${form.version}`, kind: form.kind, record: opened?.record ?? null,
    village: opened?.village ?? wrong?.change.village ?? phone.who().villages[0]?.code ?? '', opened, answers: filled.answers(), files: {}, begun: now, saved: now,
    ...(corrects === undefined ? {} : { corrects }), ...(more.practice ? { practice: true } : {}),
  }
  await phone.keepDraft(draft)
  return draft
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
