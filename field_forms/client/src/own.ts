// The phone's own changes: given a seq once, kept unaltered, sent until they are answered for, kept 30 days more.

import type { ChangeRow } from './db'
import type { Page } from './disk'
import type { Change, Fields, Json, Result, Seen } from './types'

export const KEPT_MS = 30 * 24 * 3600 * 1000
export const LAST = Number.MAX_SAFE_INTEGER

/** What to send next. texts: the JSON of each change, by seq. lost_to: up to where this phone holds nothing more. */
export interface Batch { seqs: number[]; texts: string[]; lost_to: number | null }

export async function newRecordId(page: Page): Promise<string> {
  const me = await page.me()
  await page.putMe({ last_record: me.last_record + 1 })
  return `${me.device}-${me.last_record}`
}

/** Give the change its seq and keep it, both or neither. was: what its fields held before, for the history. */
export async function add(page: Page, change: Omit<Change, 'seq'>, was: Fields, creates: boolean): Promise<number> {
  const me = await page.me()
  const seq = me.last_seq + 1
  await page.putMe({ last_seq: seq })
  insert(page, me.device, me.life, { ...change, seq } as Change, JSON.stringify(was), creates)
  if (creates && !(await page.get('created', change.record))) page.put('created', { record: change.record, device: me.device, seq })
  return seq
}

/** What has its seq already, as a row that was never sent. */
export function insert(page: Page, device: string, life: number, change: Change, was: string, creates: boolean): ChangeRow {
  const { seq, record, kind, village } = change
  const body = JSON.stringify({ ...change, seq })
  const row: ChangeRow = {
    device, seq, life, record, kind, village, at: Date.parse(change.at), size: byteLength(body), creates: creates ? 1 : 0, status: '', worked: 0,
    acknowledged_at: 0, corrected_by: null, body, was, result: null,
  }
  page.put('changes', row)
  return row
}

/**
 * What was acknowledged but never answered for, then an unbroken run from `acked + 1` on: at most `most` changes and `maxBytes` of
 * JSON, but at least one. A run ends where this phone holds nothing; when it would begin there, `lost_to` owns up to that.
 */
export async function nextBatch(page: Page, most: number, maxBytes: number): Promise<Batch> {
  const { acked, last_seq } = await page.me()
  const batch: Batch = { seqs: [], texts: [], lost_to: null }
  let run = acked
  let room = maxBytes
  for (const row of await toSend(page, most)) {
    room -= row.size + 1
    if (batch.seqs.length && room < 0) return batch
    if (row.seq > run + 1) {
      if (run > acked) return batch
      batch.lost_to = row.seq - 1
    }
    run = Math.max(run, row.seq)
    batch.seqs.push(row.seq)
    batch.texts.push(await page.text('changes', row, 'body'))
  }
  if (run === acked && acked < last_seq && batch.seqs.length < most) batch.lost_to = last_seq
  return batch
}

async function toSend(page: Page, most: number): Promise<ChangeRow[]> {
  const { device, acked } = await page.me()
  const repeats = (await unanswered(page)).slice(0, most)
  const fresh: ChangeRow[] = []
  for (let after = acked; repeats.length + fresh.length < most; ) {
    const rows = await page.between('changes', [device, after + 1], [device, LAST], most)
    fresh.push(...rows.filter((row) => row.status !== 'given_up'))
    if (rows.length < most) break
    after = rows[rows.length - 1]!.seq
  }
  return [...repeats, ...fresh].slice(0, most)
}

/** Acknowledged, but their answer was lost on the way. */
export async function unanswered(page: Page): Promise<ChangeRow[]> {
  const { device, acked } = await page.me()
  return (await page.where('changes', 'answered', [device, ''])).filter((row) => row.seq <= acked)
}

/** What the server has not acknowledged. */
export async function unsent(page: Page): Promise<ChangeRow[]> {
  const { device, acked } = await page.me()
  return (await page.between('changes', [device, acked + 1], [device, LAST])).filter((row) => row.status !== 'given_up')
}

/** The lowest seq above `after` for which the server has not shown that it has this very change. */
export async function firstUnanswered(page: Page, after: number): Promise<number> {
  const { device } = await page.me()
  for (const row of await page.between('changes', [device, after + 1], [device, LAST])) {
    if (row.seq !== after + 1 || row.status === '' || row.status === 'given_up') break
    after = row.seq
  }
  return after + 1
}

/** Answers the rows that are newly acknowledged. */
export async function acknowledge(page: Page, upTo: number, now: number): Promise<ChangeRow[]> {
  const { device } = await page.me()
  const rows = (await page.where('changes', 'to_acknowledge', [device, 0])).filter((row) => row.seq <= upTo)
  for (const row of rows) page.put('changes', { ...row, acknowledged_at: now })
  return rows
}

/** Keep what became of each; a quarantined one is never part of what the phone shows as the record. Answers the rows as they now are. */
export async function note(page: Page, results: Result[]): Promise<ChangeRow[]> {
  const { device } = await page.me()
  const held = await page.getMany('changes', results.map((result): [string, number] => [device, result.seq]))
  const noted: ChangeRow[] = []
  for (const result of results) {
    const row = held.get(`${device},${result.seq}`)
    if (!row) continue
    const worked = result.status === 'quarantined' ? 1 : row.worked
    const now: ChangeRow = { ...row, status: result.status, worked, result: JSON.stringify(result) }
    page.put('changes', now)
    noted.push(now)
  }
  return noted
}

export async function changeOf(page: Page, row: ChangeRow): Promise<Change> {
  return JSON.parse(await page.text('changes', row, 'body')) as Change
}

export async function resultOf(page: Page, row: ChangeRow): Promise<Result | null> {
  return row.result === null ? null : (JSON.parse(await page.text('changes', row, 'result')) as Result)
}

/** Own changes of these ids, oldest first. */
export async function ofRecords(page: Page, records: string[]): Promise<ChangeRow[]> {
  const rows = (await Promise.all(records.map((record) => page.where('changes', 'record', record)))).flat()
  return rows.sort((a, b) => a.life - b.life || a.seq - b.seq)
}

/** Own changes that the copy of these ids does not hold yet, oldest first. */
export async function notWorkedIn(page: Page, records: string[]): Promise<ChangeRow[]> {
  return (await ofRecords(page, records)).filter((row) => row.worked === 0)
}

/** The copy just told is made of what `seen` says: own changes among it are in it, or were quarantined. */
export async function isWorkedIn(page: Page, records: string[], seen: Seen): Promise<void> {
  for (const row of await notWorkedIn(page, records)) {
    if (row.seq <= (seen[row.device] ?? 0)) page.put('changes', { ...row, worked: 1 })
  }
}

/** The server can't ever take this one: it stays here, and `lost_to` steps over it. */
export async function giveUp(page: Page, seq: number): Promise<void> {
  const row = await page.get('changes', [(await page.me()).device, seq])
  if (row) page.put('changes', { ...row, status: 'given_up' })
}

/** The server no longer has what lies beyond `after`: as if it had never been sent. */
export async function sendAgain(page: Page, after: number): Promise<void> {
  const { device } = await page.me()
  for (const row of await page.between('changes', [device, after + 1], [device, LAST])) {
    if (row.status === 'given_up') continue
    page.put('changes', { ...row, status: '', result: null, acknowledged_at: 0, worked: 0 })
  }
}

/** Drop what was answered for more than 30 days ago, by the server's clock. What waits to be corrected stays. */
export async function forgetOld(page: Page, now: number): Promise<void> {
  const { life } = await page.me()
  for (const row of await page.acknowledgedBefore(now - KEPT_MS)) {
    const toCorrect = row.status === 'quarantined' && row.corrected_by === null
    const final = row.status === 'merged' || row.status === 'conflict' || row.status === 'quarantined'
    if (!toCorrect && (final || row.life < life)) page.delete('changes', [row.device, row.seq])
  }
}

/** Quarantined and not corrected since, or too large to be ever sent. */
export async function toCorrect(page: Page): Promise<ChangeRow[]> {
  const rows = [...(await page.where('changes', 'corrected', 'quarantined')), ...(await page.where('changes', 'corrected', 'given_up'))]
  return rows.filter((row) => row.corrected_by === null).sort((a, b) => a.life - b.life || a.seq - b.seq)
}

/** The same value, in which every text that is one of the old ids is the new one. */
export function referTo(value: Json, fresh: { [old: string]: string }): Json {
  if (typeof value === 'string') return Object.prototype.hasOwnProperty.call(fresh, value) ? fresh[value]! : value
  if (Array.isArray(value)) return value.map((inner) => referTo(inner, fresh))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, referTo(inner, fresh)]))
}

export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length
}
