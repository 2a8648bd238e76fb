// The outbox and the copies together: what a form calls (`save`, `correct`), and what an answer of the server does to the phone.
// Everything here happens on one page, that is: whole or not at all.

import type { ChangeRow } from './db'
import type { Page } from './disk'
import { handleNow, newIds, referNow } from './born'
import * as copies from './copies'
import { noteSeenChange } from './history'
import type { Me } from './me'
import * as own from './own'
import { FIRST_PACE, type Pace } from './pace'
import { keep, summaryOf, type Known } from './summary'
import type { Change, Fields, Gone, Json, Notice, Opened, Result, Saved, Seen, Tick, Told, Village } from './types'

const DEEPEST = 50 // of the 64 levels that a whole request may have
const ENVELOPE_BYTES = 4096 // kept free in a body for what goes beside the changes

export class NotEnrolled extends Error {}

/** What the form holds could never be sent: too large, too deep, or a number that JSON does not know. */
export class Unsendable extends Error {
  override readonly name = 'Unsendable' // for those who must know it without loading this part of the app
}

export interface Entered {
  kind: string
  /** null makes a new record */
  record: string | null
  village: string
  fields: Fields
  form: string
  opened?: Opened | null
  draft?: string
  /** when the ids in it were given; none: now */
  life?: number
  /** of a correction: what the author of the wrong change had seen */
  known?: Seen
  /** of a new record whose kind has fixed ids */
  id?: string
}

/** What a request was made from; an answer is read against it, whatever happened here meanwhile. */
export interface Asked { device: string; epoch: string; acked: number; cursors: { [name: string]: number }; batch: own.Batch }

export interface Answer {
  server_time: string
  epoch: string
  acked: number
  results: Result[]
  records: (Told | Gone)[]
  cursors: { [name: string]: number }
  more?: boolean
  wanted?: string[]
  notices?: Notice[]
  server_key?: { id: string; public: string }
}

export interface Enrolled {
  device: string
  token: string
  officer?: { id: number; name: string }
  villages: Village[]
  epoch: string
  acked: number
  limits?: { max_changes: number; max_bytes: number }
  server_key?: { id: string; public: string }
  server_time: string
}

// What the officer does

/** Keep what was entered, as one change; null when nothing differs from what was there. The draft goes in the same moment. */
export async function save(page: Page, entered: Entered, now: number): Promise<Saved | null> {
  mustBeSendable(entered.fields)
  const me = await page.me()
  if (!me.device) throw new NotEnrolled()
  const asked = (await referNow(page, entered.record, entered.life)) ?? entered.id ?? null
  const before = entered.opened ? await mended(page, entered.opened) : asked ? await copies.open(page, asked) : null
  const values = await referNow(page, entered.fields, entered.life)
  // Of a conflict the value that is shown is an answer too, when somebody gives it who looked at the others.
  const open = Object.keys(entered.opened?.conflicts ?? {})
  const fields = before ? { ...differing(before.fields, values), ...pick(values, open) } : values
  if (entered.draft) page.delete('drafts', entered.draft)
  if (!Object.keys(fields).length) return null
  const record = before?.record ?? asked ?? (await own.newRecordId(page))
  const change: Omit<Change, 'seq'> = {
    kind: entered.kind, record, village: entered.village || before?.village || '', at: new Date(now).toISOString(), form: entered.form, fields,
  }
  const seen = before && (entered.known ? await noMoreThan(page, before.seen, entered.known) : before.seen)
  if (seen && Object.keys(seen).length) change.seen = seen
  if (!change.village) throw new Error('The home village of a new record must be given.')
  if (own.byteLength(JSON.stringify(change)) + ENVELOPE_BYTES > me.limits.max_bytes) throw new Unsendable('too large')
  const seq = await own.add(page, change, before ? pick(before.fields, Object.keys(fields)) : {}, !before)
  await summarise(page, [record], now)
  return { seq, record }
}

/** Answer a quarantined change by a new one: what it held and should still hold, with these fields set right. */
export async function correct(page: Page, handle: number, fields: Fields, how: { form: string; draft?: string; life?: number }, now: number): Promise<Saved | null> {
  handle = await handleNow(page, handle, how.life)
  const row = await rowOf(page, handle)
  if (!row) throw new RangeError('no such change')
  const wrong = await own.changeOf(page, row)
  const record = await copies.resolve(page, wrong.record)
  if (row.status === 'given_up') page.put('changes', { ...row, worked: 1 }) // what was too large must not stand for the correction
  const saved = await save(page, { kind: wrong.kind, record, village: wrong.village, fields: { ...wrong.fields, ...fields }, known: wrong.seen ?? {}, ...how }, now)
  page.put('changes', { ...(await rowOf(page, handle))!, worked: 1, corrected_by: saved?.seq ?? row.seq })
  await summarise(page, [record], now)
  return saved
}

/** done: seqs that a desk has put right, or that need nothing more; open: those that are to be corrected all the same. */
export async function deskCorrected(page: Page, done: Set<number>, open: Set<number>, now: number): Promise<void> {
  const { device } = await page.me()
  const touched = (await page.where('changes', 'corrected', 'quarantined')).filter(
    (row) => row.device === device && (row.corrected_by === null ? done.has(row.seq) : row.corrected_by === BY_DESK && open.has(row.seq)),
  )
  for (const row of touched) page.put('changes', { ...row, corrected_by: row.corrected_by === null ? BY_DESK : null })
  if (touched.length) await summarise(page, await Promise.all(touched.map((row) => copies.resolve(page, row.record))), now)
}

/**
 * What a correction repeats was written when others' later changes were not known, and the form shows it in their place: it stands
 * beside them, for a person to look at, and does not replace them unseen. What this phone did itself it always knew.
 */
async function noMoreThan(page: Page, seen: Seen, known: Seen): Promise<Seen> {
  const selves = new Set((await page.all('formers')).map((former) => former.device))
  const least = Object.entries(seen).map(([device, seq]): [string, number] => [device, selves.has(device) ? seq : Math.min(seq, known[device] ?? 0)])
  return Object.fromEntries(least.filter(([, seq]) => seq > 0))
}

const LIVES = 2 ** 40
/** Stands for the seq of a correction that was made at a desk. */
const BY_DESK = -1

/** By what a screen names a change: its seq, or a negative number for one of a former self, whose seqs were counted apart. */
export function handleOf(row: ChangeRow, me: Me): number {
  return row.life === me.life ? row.seq : -(row.life * LIVES + row.seq)
}

export async function rowOf(page: Page, handle: number): Promise<ChangeRow | undefined> {
  if (handle > 0) return page.get('changes', [(await page.me()).device, handle])
  const [life, seq] = [Math.floor(-handle / LIVES), -handle % LIVES]
  return (await page.all('changes')).find((row) => row.life === life && row.seq === seq)
}

/** A form that was opened before this phone became another device: the record's new id, and what our former self did in it. */
async function mended(page: Page, opened: Opened): Promise<Opened> {
  const me = await page.me()
  if (opened.life === undefined || opened.life === me.life) return opened
  const ids = await newIds(page)
  const record = ids[opened.record] ?? opened.record
  const did = new Set((await own.ofRecords(page, await copies.idsOf(page, record))).map((row) => row.device))
  const seen: Seen = { ...opened.seen }
  for (const former of await page.all('formers')) {
    if (former.up_to > 0 && did.has(former.device)) seen[former.device] = Math.max(former.up_to, seen[former.device] ?? 0)
  }
  return { ...opened, record, seen, fields: own.referTo(opened.fields, ids) as Fields }
}

function differing(before: Fields, now: Fields): Fields {
  return Object.fromEntries(Object.entries(now).filter(([name, value]) => canonical(before[name] ?? null) !== canonical(value)))
}

function pick(fields: Fields, names: string[]): Fields {
  return Object.fromEntries(names.filter((name) => name in fields).map((name) => [name, fields[name]!]))
}

/** The same text for the same JSON, whatever the order of its keys. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key]!)}`).join(',')}}`
}

/** Throws Unsendable for what would make the server refuse the body as a whole, and every later one with it. */
export function mustBeSendable(value: Json | undefined, depth = 0): void {
  if (depth > DEEPEST) throw new Unsendable('too deep')
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Unsendable('not a number')
  if (value !== null && typeof value === 'object') Object.values(value).forEach((inner) => mustBeSendable(inner, depth + 1))
}

// What the list shows

/** Draw the summaries of these records again, as they now stand. */
export async function summarise(page: Page, records: string[], at: number): Promise<void> {
  const drawn: Known[] = []
  const gone: string[] = []
  for (const asked of new Set(records)) {
    const looked = await copies.lookAt(page, asked)
    if (looked?.opened.record !== asked) gone.push(asked)
    if (looked) drawn.push(summaryOf(looked.opened, await tickOf(page, looked.opened, looked.mine), at))
  }
  await keep(page, drawn, gone)
}

/** How far a record's own changes have come: the least of them counts. */
async function tickOf(page: Page, opened: Opened, rows: ChangeRow[]): Promise<Tick> {
  const me = await page.me()
  if (rows.some((row) => (row.status === 'quarantined' || row.status === 'given_up') && row.corrected_by === null)) return 'correct'
  if (await isOursIn(page, opened.conflicts)) return 'conflict'
  if (rows.some((row) => row.device === me.device && row.seq > me.acked)) return 'here'
  return rows.some((row) => row.status === 'received' || row.status === '') ? 'received' : 'merged'
}

async function isOursIn(page: Page, conflicts: Opened['conflicts']): Promise<boolean> {
  const heads = Object.values(conflicts).flat()
  if (!heads.length) return false
  const ours = new Set([(await page.me()).device, ...(await page.all('formers')).map((former) => former.device)])
  return heads.some((head) => ours.has(head.by))
}

// What the sync does

/** What the next request is made from. */
export async function ask(page: Page): Promise<Asked & { pace: Pace }> {
  const me = await page.me()
  const pace = me.pace ?? FIRST_PACE
  const batch = await own.nextBatch(page, Math.min(pace.changes, me.limits.max_changes), me.limits.max_bytes - ENVELOPE_BYTES)
  return { device: me.device, epoch: me.epoch, acked: me.acked, cursors: me.cursors, batch, pace }
}

/** Take in an answer of the server. Answers whether to ask again for what it tells. */
export async function take(page: Page, answer: Answer, asked: Asked, now: number): Promise<boolean> {
  if ((await page.me()).device !== asked.device) return true // enrolled anew meanwhile: this was for the former self
  await readAhead(page, answer)
  const setBack = await stand(page, answer.epoch, answer.acked, asked)
  const touched = await noteResults(page, answer.results, answer.epoch)
  touched.push(...(await takeRecords(page, answer, setBack)))
  // In another epoch the server told all from the start. Set back within one, it went on from our cursors, which mean nothing any more.
  const again = setBack && answer.epoch === asked.epoch
  if (!again) {
    await moveCursors(page, answer.cursors)
    if (!answer.more) touched.push(...(await copies.partWithDoubtful(page)))
  }
  for (const notice of answer.notices ?? []) page.put('notices', { id: notice.id, box: JSON.stringify(notice) })
  await lookForTwin(page, answer.acked, asked)
  touched.push(...(await keepHouse(page, Date.parse(answer.server_time))))
  await page.putMe({ unknown: false, wanted: answer.wanted ?? [], ...(answer.server_key ? { server_key: answer.server_key } : {}) })
  await summariseAll(page, touched, new Map(answer.records.map((told) => [told.record, told])), now)
  return again
}

/** What an answer with much in it looks into again and again. */
async function readAhead(page: Page, answer: Answer): Promise<void> {
  if (answer.results.length + answer.records.length < 8) return
  await page.hold('changes', 'gone', 'created', 'renamed', 'formers')
  const device = (await page.me()).device
  const answered = await page.getMany('changes', answer.results.map((result): [string, number] => [device, result.seq]))
  const records = [...answer.records.map((told) => told.record), ...[...answered.values()].map((row) => row.record)]
  await page.fetch('records', [...new Set(records)])
}

/** The server took nothing, and said where it stands (409 gap). */
export async function takeStanding(page: Page, epoch: string, acked: number, asked: Asked): Promise<void> {
  if ((await page.me()).device !== asked.device) return
  await stand(page, epoch || asked.epoch, acked, asked)
  await lookForTwin(page, acked, asked)
}

/** Note how far the server has us. Answers whether that is less than it was: then all goes up and down again. */
async function stand(page: Page, epoch: string, acked: number, asked: Asked): Promise<boolean> {
  const setBack = epoch !== asked.epoch || acked < asked.acked
  if (setBack) await startAgain(page, acked)
  const me = await page.me()
  await page.putMe({ epoch, acked: Math.min(setBack ? acked : Math.max(acked, me.acked), me.last_seq) })
  return setBack
}

async function startAgain(page: Page, acked: number): Promise<void> {
  await page.putMe({ cursors: {} })
  await copies.doubt(page)
  await own.sendAgain(page, acked)
}

async function noteResults(page: Page, results: Result[], epoch: string): Promise<string[]> {
  const rows = (await own.note(page, results)).sort((a, b) => a.seq - b.seq)
  const told = new Map(results.map((result) => [result.seq, result]))
  for (const row of rows) {
    if (row.status === 'merged' || row.status === 'conflict') await copies.workIn(page, row, row.status, told.get(row.seq)!.version, epoch)
  }
  return Promise.all(rows.map((row) => copies.resolve(page, row.record)))
}

/** What others changed in a record that the officer knows is noted in its history. */
async function takeRecords(page: Page, answer: Answer, setBack: boolean): Promise<string[]> {
  const held = await page.getMany('records', answer.records.map((told) => told.record))
  const before = new Map<string, Opened>()
  for (const told of answer.records) {
    const row = held.get(told.record)
    if (!row || row.epoch === copies.STRAY || 'gone' in told || (!setBack && row.version === told.version)) continue
    const opened = await copies.open(page, told.record)
    if (opened) before.set(told.record, opened)
  }
  const touched = await copies.take(page, answer.records, answer.epoch)
  for (const [record, opened] of before) await noteSeenChange(page, opened, await copies.open(page, record), answer.server_time)
  return touched
}

async function moveCursors(page: Page, cursors: { [name: string]: number }): Promise<void> {
  const { villages } = await page.me()
  const codes = Object.keys(cursors).filter((name) => name !== 'device').sort()
  await page.putMe({ cursors })
  if (codes.join() !== villages.map((village) => village.code).sort().join()) await liveIn(page, codes.map((code) => ({ code, name: '' })))
}

async function liveIn(page: Page, villages: Village[]): Promise<void> {
  const me = await page.me()
  const names = { ...me.names }
  for (const { code, name } of villages) if (name) names[code] = name
  const codes = new Set(villages.map((village) => village.code))
  const cursors = Object.fromEntries(Object.entries(me.cursors).filter(([name]) => name === 'device' || codes.has(name)))
  await page.putMe({ names, cursors, villages: villages.map(({ code }) => ({ code, name: names[code] ?? code })) })
}

/** More acknowledged than was ever given out here: a twin, or this phone was set back (promise 1). */
async function lookForTwin(page: Page, acked: number, asked: Asked): Promise<void> {
  if (acked <= (await page.me()).last_seq) return
  const first = await own.firstUnanswered(page, asked.acked)
  await page.putMe({ forked_from: first, acked: first - 1 })
}

/** Only the server's clock counts the 30 days: a phone that thinks it is 2031 must not drop today's work. */
async function keepHouse(page: Page, now: number): Promise<string[]> {
  if (!Number.isFinite(now)) return []
  const touched = (await own.acknowledge(page, (await page.me()).acked, now)).map((row) => row.record)
  await own.forgetOld(page, now)
  return [...touched, ...(await copies.leaveVillages(page))]
}

/** As `summarise`, and quick for the many that are told and that nobody has touched here. */
async function summariseAll(page: Page, records: string[], told: Map<string, Told | Gone>, at: number): Promise<void> {
  const ours = await page.recordsChangedHere()
  const joined = new Set((await page.all('gone')).map((row) => row.into))
  const held = await page.getMany('records', [...new Set(records)])
  const quick: Known[] = []
  const slow: string[] = []
  for (const record of new Set(records)) {
    const one = told.get(record)
    const row = held.get(record)
    const asTold = one && !('gone' in one) && row?.version === one.version && row.epoch !== copies.STRAY
    if (!asTold || ours.has(record) || joined.has(record)) slow.push(record)
    else quick.push(summaryOf({ ...one, derived: one.derived ?? {} }, (await isOursIn(page, one.conflicts ?? {})) ? 'conflict' : 'merged', at))
  }
  await keep(page, quick)
  await summarise(page, slow, at)
}

// Who this phone is

/** Be the device that the server says we are, and carry over what it does not have of our former self. */
export async function become(page: Page, answer: Enrolled, now: number): Promise<void> {
  const me = await page.me()
  const former = me.device
  if (former === answer.device) await startAgain(page, answer.acked)
  else if (former) await (await import('./another')).becomeAnother(page, answer.device, Date.parse(answer.server_time) || now)
  await page.putMe({
    device: answer.device, token: answer.token, epoch: answer.epoch, acked: answer.acked, attempt: null, forked_from: null, unknown: false,
    enrolled: me.enrolled || now,
    ...(answer.officer ? { officer: answer.officer } : {}), ...(answer.limits ? { limits: answer.limits } : {}),
    ...(answer.server_key ? { server_key: answer.server_key } : {}),
  })
  await liveIn(page, answer.villages)
  page.meta.set('device', answer.device)
  page.meta.set('state', 'enrolled')
  if (former) await summarise(page, [...(await page.recordsChangedHere()), ...(await page.all('renamed')).map((row) => row.old)], now)
}
