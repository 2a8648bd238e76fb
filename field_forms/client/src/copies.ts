// The copy of the villages' records: whole, as told, with the phone's own merged changes worked in. A copy is always what the server
// had at some moment, so `seen` is always honest; what the officer entered since is laid on top when a record is opened.

import type { ChangeRow, GoneRow, RecordRow } from './db'
import type { Page } from './disk'
import * as own from './own'
import type { Change, Derived, Fields, Gone, Head, Opened, Seen, Status, Told } from './types'

/** Kinds whose field `village` says where something happened, not where the record lives. */
const NO_HOME = new Set(['visit'])
/** Stands for the epoch of a copy that the server, telling all anew, did not name. */
export const STRAY = '-'

interface Body { fields: Fields; seen: Seen; conflicts: { [field: string]: Head[] }; derived: Derived }

/** A record as this phone has it. fresh: the server has told it since it was last set back. */
export interface Copy extends Body { record: string; kind: string; village: string; version: number; fresh: boolean }

export async function get(page: Page, record: string): Promise<Copy | null> {
  const row = await page.get('records', record)
  return row && row.epoch !== STRAY ? copyOf(page, row) : null
}

async function copyOf(page: Page, row: RecordRow): Promise<Copy> {
  const body = JSON.parse(await page.text('records', row)) as Body
  return { ...body, record: row.record, kind: row.kind, village: row.village, version: row.version, fresh: row.epoch !== '' }
}

/** The id under which a record is known by now: joined to another, or given a new one by a new enrolment. */
export async function resolve(page: Page, record: string): Promise<string> {
  for (let steps = 0; steps < 100; steps++) {
    const row = await page.get('records', record)
    if (row && row.epoch !== STRAY) return record
    const onward = await onwardFrom(page, record)
    if (onward === null) return record
    record = onward
  }
  return record
}

async function onwardFrom(page: Page, record: string): Promise<string | null> {
  const gone = await page.get('gone', record)
  if (gone?.why === 'linked' && gone.into) return gone.into
  return (await page.get('renamed', record))?.new ?? null
}

/** The id and all that were joined to it, directly or over others. */
export async function idsOf(page: Page, record: string): Promise<string[]> {
  const known = [record]
  for (const name of known) {
    for (const gone of await page.where('gone', 'into', name)) {
      if (gone.why === 'linked' && !known.includes(gone.record)) known.push(gone.record)
    }
  }
  return known
}

/** The record as it now stands for the officer, under the id that it now has; null when it is not here. */
export async function open(page: Page, asked: string): Promise<Opened | null> {
  return (await lookAt(page, asked))?.opened ?? null
}

/** As `open`, with the own changes that it has. */
export async function lookAt(page: Page, asked: string): Promise<{ opened: Opened; mine: ChangeRow[] } | null> {
  const record = await resolve(page, asked)
  const copy = await get(page, record)
  const ids = await idsOf(page, record)
  const mine = await own.ofRecords(page, ids)
  const waiting = mine.filter((row) => row.worked === 0)
  if (!copy && (!waiting.length || (await page.get('gone', record)))) return null
  const changes = await Promise.all(waiting.map((row) => own.changeOf(page, row)))
  const first = copy ?? blank(changes[0]!, record)
  const fields = Object.assign({}, first.fields, ...changes.map((change) => change.fields)) as Fields
  const seen = await seenOf(page, ids, mine, first.seen, !copy || copy.fresh)
  const { kind, village, version, derived } = first
  const { device, life } = await page.me()
  const opened = { record, kind, village, version, fields, seen, conflicts: unsettled(first, changes, device), derived, waiting: waiting.length, life }
  return { opened, mine }
}

/** Of the conflicts that were told those that no own waiting change ends: one that sets the field and had seen all that the copy is made of. */
function unsettled({ conflicts, seen }: Body, waiting: Change[], me: string): Body['conflicts'] {
  const ends = (change: Change, field: string) => {
    const knew = change.seen ?? {}
    return field in change.fields && Object.entries(seen).every(([device, seq]) => device === me || (knew[device] ?? 0) >= seq)
  }
  return Object.fromEntries(Object.entries(conflicts).filter(([field]) => !waiting.some((change) => ends(change, field))))
}

/** What a change made from here has seen: what the copy was made of, and what this phone did under former ids. */
async function seenOf(page: Page, ids: string[], mine: ChangeRow[], told: Seen, fresh: boolean): Promise<Seen> {
  const seen: Seen = { ...told }
  for (const former of await page.all('formers')) {
    const did = mine.some((row) => row.device === former.device && ids.includes(row.record))
    // A copy from before the new enrolment may hold what the twin and we said under one seq.
    if (did || former.device in seen) seen[former.device] = fresh ? Math.max(former.up_to, seen[former.device] ?? 0) : former.up_to
  }
  delete seen[(await page.me()).device]
  return Object.fromEntries(Object.entries(seen).filter(([, seq]) => seq > 0))
}

/**
 * Replace copies by what is told. One of a lower version in the same epoch is older than what is held.
 * Answers the ids that look otherwise now.
 */
export async function take(page: Page, records: (Told | Gone)[], epoch: string): Promise<string[]> {
  const pending = new Set((await page.where('changes', 'worked', 0)).map((row) => row.record))
  const held = await page.getMany('records', records.map((told) => told.record))
  let anyGone = (await page.all('gone')).length > 0
  const touched: string[] = []
  for (const told of records) {
    touched.push(told.record)
    if ('gone' in told) {
      touched.push(...(await letGo(page, told, pending)))
      anyGone = true
      continue
    }
    const before = held.get(told.record)
    if (before?.epoch === epoch && before.version > told.version) continue
    page.put('records', rowOf(told, epoch))
    if (anyGone && (await page.get('gone', told.record))) page.delete('gone', told.record)
    if (pending.size) await nowWorkedIn(page, told.record, told.seen ?? {}, pending)
  }
  return touched
}

async function letGo(page: Page, told: Gone, pending: Set<string>): Promise<string[]> {
  const gone: GoneRow = { record: told.record, why: told.gone, into: told.into ?? '' }
  page.delete('records', told.record)
  page.put('gone', gone)
  const joined = gone.into ? await get(page, await resolve(page, told.record)) : null
  if (!joined) return []
  await nowWorkedIn(page, joined.record, joined.seen, pending)
  return [joined.record]
}

async function nowWorkedIn(page: Page, record: string, seen: Seen, pending: Set<string>): Promise<void> {
  const ids = await idsOf(page, record)
  if (ids.some((id) => pending.has(id))) await own.isWorkedIn(page, ids, seen)
}

/**
 * Work an own merged change into the copy, when its version says that the copy does not hold it yet. Told before the records of
 * the same answer are taken: what is told back simply replaces it.
 */
export async function workIn(page: Page, row: ChangeRow, status: Status, version: number | undefined, epoch: string): Promise<void> {
  if (typeof version !== 'number') return
  const change = await own.changeOf(page, row)
  const record = await resolve(page, change.record)
  const copy = (await get(page, record)) ?? (await madeHere(page, change, record))
  if (!copy) return // the whole record is on its way, maybe in a later answer
  if (!copy.fresh || version > copy.version) page.put('records', rowOf(withChange(copy, change, row.device, version, status), copy.fresh ? epoch : ''))
  page.put('changes', { ...(await page.get('changes', [row.device, row.seq]))!, worked: 1 })
}

/** An empty copy for a record of this phone's own making; of any other the server tells the whole. */
async function madeHere(page: Page, change: Change, record: string): Promise<Copy | null> {
  if ((await page.get('gone', record)) || !(await page.get('created', record))) return null
  return { ...blank(change, record), seen: {} }
}

function blank(change: Change, record: string): Copy {
  return { record, kind: change.kind, village: change.village, version: 0, fresh: true, fields: {}, seen: change.seen ?? {}, conflicts: {}, derived: {} }
}

function withChange(copy: Copy, change: Change, device: string, version: number, status: Status): Copy {
  const village = { ...copy.fields, ...change.fields }.village
  const settled = status === 'merged' ? change.fields : {}
  return {
    ...copy,
    version: copy.fresh ? version : copy.version,
    village: NO_HOME.has(copy.kind) || typeof village !== 'string' ? copy.village : village,
    fields: { ...copy.fields, ...change.fields },
    seen: { ...copy.seen, [device]: Math.max(change.seq, copy.seen[device] ?? 0) },
    conflicts: Object.fromEntries(Object.entries(copy.conflicts).filter(([field]) => !(field in settled))),
  }
}

function rowOf(told: Told | Copy, epoch: string): RecordRow {
  const { record, kind, village, version, fields, seen, conflicts, derived } = told
  const body: Body = { fields: fields ?? {}, seen: seen ?? {}, conflicts: conflicts ?? {}, derived: derived ?? {} }
  return { record, kind, village, version, epoch, box: JSON.stringify(body) }
}

/** The server was set back, or this phone is another now: what is held stands until it is told again. */
export async function doubt(page: Page): Promise<void> {
  for (const row of await page.all('records')) if (row.epoch !== '') page.put('records', { ...row, epoch: '' })
}

/**
 * All has been told from the start, and what was in doubt was not: moved away, joined or erased meanwhile. Or it was made after the
 * backup that was restored, by a phone that has not come back yet: so it is hidden until it is told again, not deleted.
 */
export async function partWithDoubtful(page: Page): Promise<string[]> {
  const rows = await page.where('records', 'epoch', '')
  for (const row of rows) page.put('records', { ...row, epoch: STRAY })
  return rows.map((row) => row.record)
}

/** Delete what is held of villages that are not this phone's any more, once its own changes there are safe. */
export async function leaveVillages(page: Page): Promise<string[]> {
  const { villages } = await page.me()
  const ours = new Set(villages.map((village) => village.code))
  const strangers = (await page.villagesHeld()).filter((village) => !ours.has(village))
  if (!strangers.length) return []
  const waiting = await own.unsent(page)
  const left: string[] = []
  for (const village of strangers) {
    if (waiting.some((row) => row.village === village)) continue
    for (const row of await page.where('records', 'village', village)) {
      if (waiting.some((change) => change.record === row.record)) continue
      page.delete('records', row.record)
      page.delete('history', row.record)
      left.push(row.record)
    }
  }
  return left
}
