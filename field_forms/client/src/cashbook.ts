// The cash book: what was collected from whom, what of it was handed in, and what should still be in the tin.
import { allOf, eachOf } from './screens/around'
import type { Json, Opened, Phone, Summary } from './types'

export interface Entry {
  record: string
  /** '' when the worker is not on this phone */
  name: string
  amount: number
  /** YYYY-MM-DD */
  paid: string
  months: string[]
  collectedBy: string
  receipt: string
  /** '' as long as it is not handed in */
  handedOn: string
  handedTo: string
  confirmed: boolean
  /** received by the officer who holds this phone */
  mine: boolean
  opened: Opened
}

export interface Sums { received: number; handed: number; left: number; count: number }

/** Whoever pays these pays in an office: no money passes an officer's hands. */
const NOT_CASH = new Set(['apbd_province', 'apbd_regency', 'apbdes', 'dana_desa', 'dbh_sawit'])

/** Every contribution on the phone that was paid in cash, newest first. */
export async function entriesOf(phone: Phone, far?: (done: number, of: number) => void): Promise<Entry[]> {
  const all = allOf(phone, 'contribution')
  const read = await eachOf(all, (summary) => phone.open(summary.record).then((opened) => opened && entryOf(phone, summary, opened)), (done) => far?.(done, all.length))
  return read.filter((entry): entry is Entry => !!entry).sort((a, b) => b.paid.localeCompare(a.paid) || b.record.localeCompare(a.record, undefined, { numeric: true }))
}

export function entryOf(phone: Phone, summary: Summary, opened: Opened): Entry | null {
  const { fields } = opened
  const amount = typeof fields.amount === 'number' ? fields.amount : 0
  if (!amount || NOT_CASH.has(words(fields.funding))) return null
  const { device, officer } = phone.who()
  const collectedBy = words(fields.collected_by)
  return {
    record: opened.record,
    name: phone.summary(words(fields.worker) || summary.worker)?.name ?? '',
    amount,
    paid: words(fields.paid_on),
    months: Array.isArray(fields.months) ? fields.months.map(String).sort() : [],
    collectedBy,
    receipt: words(fields.receipt),
    handedOn: words(fields.handed_in_on),
    handedTo: words(fields['extra.handed_in_to']),
    confirmed: fields.confirmed === true,
    mine: collectedBy ? same(collectedBy, officer.name) : opened.record.startsWith(`${device}-`),
    opened,
  }
}

export function sumsOf(entries: Entry[]): Sums {
  const sums: Sums = { received: 0, handed: 0, left: 0, count: entries.length }
  for (const entry of entries) {
    sums.received += entry.amount
    sums[entry.handedOn ? 'handed' : 'left'] += entry.amount
  }
  return sums
}

/** [day, its entries], in the order that the entries have. */
export function byDay(entries: Entry[]): [string, Entry[]][] {
  const days = new Map<string, Entry[]>()
  for (const entry of entries) days.set(entry.paid, [...(days.get(entry.paid) ?? []), entry])
  return [...days]
}

export function monthsOf(entries: Entry[]): string[] {
  return [...new Set(entries.map((entry) => entry.paid.slice(0, 7)).filter(Boolean))].sort().reverse()
}

/**
 * Marks entries as handed in (`on` a day), or not after all (`on` null), one change each. Answers how many were saved; rejects, with
 * those before it saved, when one can't be.
 */
export async function handIn(phone: Phone, entries: Entry[], on: string | null, to: string, saved: (count: number) => void): Promise<void> {
  let count = 0
  for (const { record, opened } of entries) {
    // As it is now: a sync may have brought a newer copy since the page was drawn.
    const now = (await phone.open(record)) ?? opened
    const fields: { [field: string]: Json } = { handed_in_on: on, 'extra.handed_in_to': on === null ? null : to }
    await phone.save('contribution', record, now.village, fields, { form: 'cash@1', opened: now })
    saved(++count)
  }
}

const words = (value: Json | undefined): string => (typeof value === 'string' ? value : '')
const same = (a: string, b: string) => a.trim().toLowerCase() === b.trim().toLowerCase()
