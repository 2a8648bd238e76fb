// Photos and signatures: kept sealed, once each, and sent after the data, the smallest first, on from where the line was cut.
// A photo belongs to the change that names it. What only a draft names is not sent: it may be taken anew, or the draft dropped.

import type { FileRow } from './db'
import type { Page } from './disk'
import { whereOf } from './disk'
import { LineLost } from './line'
import type { Deps } from './phone'
import { FileRefused, upload } from './tus'
import type { Draft, FileValue, Json } from './types'

export interface Waiting { files: number; bytes: number }
export interface Progress { sent: number; files: number; bytes: number; of: number }
export interface Sent { sent: number; left: number }

/** What is remembered of each file beside its content. */
interface More {
  kept: number
  /** where its upload was begun */
  url?: string
  sent?: number
  /** the server found it to be another than was announced, once */
  dropped?: boolean
  /** the server's sentence, and when: it will never take this one */
  refused?: { says: string; at: number }
  [name: string]: unknown
}

/** `meta` under `files`: what waits, so that it is counted without unsealing or reading any photo. */
interface Ledger {
  /** up to which own change it was looked for files */
  device: string
  seq: number
  waiting: { [sha256: string]: { size: number; seq: number } }
  /** bytes of a chunk that the line took last */
  chunk: number
}

const DAY = 24 * 3600 * 1000
/** A sent file stays as long as a sent change does: the server may be restored from a backup of before. */
export const KEPT_AFTER_SENT = 30 * DAY
/** A photo that nothing names: of a draft that was dropped, or taken anew. */
const KEPT_UNNAMED = 2 * DAY
const REFUSED_FOR = 7 * DAY

/** Sealed and on the disk when it resolves; the same content is kept once. Rejects with PhoneFull. */
export async function keepFile(deps: Deps, content: Blob): Promise<FileValue> {
  const bytes = new Uint8Array(await content.arrayBuffer())
  const sha256 = hex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
  const value: FileValue = { sha256, size: bytes.length, type: content.type || 'application/octet-stream' }
  const box = await deps.vault.seal(whereOf('files', sha256), bytes)
  await deps.disk.edit(async (page) => {
    const known = await page.get('files', sha256)
    const more: More = { kept: Date.now() }
    page.put('files', known ? { ...known, more: { ...known.more, ...more } } : { ...value, state: 'new', box, more })
  })
  return value
}

/** null when it is not on this phone (any more). */
export async function readFile(deps: Deps, sha256: string): Promise<Blob | null> {
  const file = await content(deps, sha256)
  return file && new Blob([file.bytes as BlobPart], { type: file.row.type })
}

async function content(deps: Deps, sha256: string): Promise<{ row: FileRow; bytes: Uint8Array } | null> {
  return deps.disk.look(async (page) => {
    const row = await page.get('files', sha256)
    return row ? { row, bytes: await deps.vault.open(whereOf('files', sha256), row.box as Uint8Array) } : null
  })
}

/** Files that saved changes name and that the server does not have yet. */
export async function waitingFiles(deps: Deps): Promise<Waiting> {
  await nameOwners(deps)
  const sizes = Object.values((await ledger(deps)).waiting).map((file) => file.size)
  return { files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) }
}

/** Sizes of the files that wait, for what sending will cost. */
export async function waitingSizes(deps: Deps): Promise<number[]> {
  await nameOwners(deps)
  return Object.values((await ledger(deps)).waiting).map((file) => file.size)
}

/**
 * Sends what the server wants and what else waits of acknowledged changes. Call it after the data. Rejects with LineLost (and what
 * came so far stays come) or NotWelcome; a file that the server refuses does not hold up the others.
 */
export async function sendFiles(deps: Deps, wanted: string[], progress: (far: Progress) => void = () => {}): Promise<Sent> {
  await nameOwners(deps)
  const todo = await toSend(deps, wanted.map((name) => name.replace(/^sha256:/, '')))
  const far: Progress = { sent: 0, files: todo.length, bytes: 0, of: todo.reduce((sum, file) => sum + file.size, 0) }
  progress(far)
  for (const file of todo) {
    const before = far.bytes
    const took = await sendOne(deps, file.sha256, (offset) => progress(Object.assign(far, { bytes: before + offset })))
    Object.assign(far, { sent: far.sent + (took ? 1 : 0), bytes: before + file.size })
    progress(far)
    deps.changed()
  }
  await forgetFiles(deps)
  return { sent: far.sent, left: Object.keys((await ledger(deps)).waiting).length }
}

/** Smallest first: many signatures get through in the minute that one photo takes. */
async function toSend(deps: Deps, wanted: string[]): Promise<{ sha256: string; size: number }[]> {
  const { acked } = await deps.disk.look((page) => page.me())
  const { waiting } = await ledger(deps)
  const found = new Map(Object.entries(waiting).filter(([, file]) => file.seq <= acked).map(([sha256, file]) => [sha256, file.size]))
  for (const sha256 of wanted) {
    const row = found.has(sha256) ? undefined : await deps.db.get('files', sha256)
    if (row && !stillRefused(row.more as More | undefined)) found.set(sha256, row.size)
  }
  return [...found].map(([sha256, size]) => ({ sha256, size })).sort((a, b) => a.size - b.size || (a.sha256 < b.sha256 ? -1 : 1))
}

/** Whether the server has it now. */
async function sendOne(deps: Deps, sha256: string, came: (offset: number) => void): Promise<boolean> {
  const file = await content(deps, sha256)
  if (!file) return settled(deps, sha256, null)
  const { row, bytes } = file
  const began = (url: string) => remember(deps, sha256, { url })
  const chunk = (await ledger(deps)).chunk
  const { url = null, dropped } = (row.more ?? {}) as More
  const onDropped = () => remember(deps, sha256, { dropped: true, url: undefined })
  try {
    const took = await upload(deps.line.ask, { bytes, sha256, type: row.type }, { url, chunk, began, dropped, onDropped, came })
    return await settled(deps, sha256, { sent: Date.now() }, took)
  } catch (error) {
    if (error instanceof FileRefused) return settled(deps, sha256, { refused: { says: error.says, at: Date.now() } })
    if (error instanceof LineLost) await deps.disk.edit(async (page) => keepLedger(page, { ...(await ledger(deps)), chunk: Math.max(2048, chunk >> 1) }))
    throw error
  }
}

/** It no longer waits: it was sent, refused, or is gone. */
async function settled(deps: Deps, sha256: string, more: Partial<More> | null, chunk?: number): Promise<boolean> {
  await deps.disk.edit(async (page) => {
    const row = await page.get('files', sha256)
    if (row && more) page.put('files', { ...row, state: more.sent ? 'sent' : row.state, more: { ...row.more, ...more, url: undefined } })
    const book = await ledger(deps)
    delete book.waiting[sha256]
    keepLedger(page, chunk ? { ...book, chunk } : book)
  })
  return !!more?.sent
}

async function remember(deps: Deps, sha256: string, more: Partial<More>): Promise<void> {
  await deps.disk.edit(async (page) => {
    const row = await page.get('files', sha256)
    if (row) page.put('files', { ...row, more: { ...row.more, ...more } })
  })
}

/** What the server would not take, each with its sentence. */
export async function refusedFiles(deps: Deps): Promise<{ sha256: string; says: string }[]> {
  const found: { sha256: string; says: string }[] = []
  for (const sha256 of await deps.db.getAllKeysFromIndex('files', 'state', 'new')) {
    const refused = ((await deps.db.get('files', sha256))?.more as More | undefined)?.refused
    if (refused) found.push({ sha256, says: refused.says })
  }
  return found
}

/** Looks at the own changes that were written since the last time; each is looked at once. */
async function nameOwners(deps: Deps): Promise<void> {
  await deps.disk.edit((page) => named(deps, page))
}

/** The ledger with all that is saved by now. */
async function named(deps: Deps, page: Page): Promise<Ledger> {
  const { device, last_seq } = await page.me()
  const book = await ledger(deps)
  const from = book.device === device ? book.seq : 0
  if (from >= last_seq && book.device === device) return book
  // What waits of a former self was acknowledged, or is named again below by the seq that it has now.
  if (book.device !== device) for (const file of Object.values(book.waiting)) file.seq = 0
  for (const row of await page.between('changes', [device, from + 1], [device, last_seq])) {
    const body = await page.text('changes', row, 'body')
    if (!body.includes('"sha256"')) continue
    for (const { sha256 } of filesIn(JSON.parse(body).fields)) {
      const file = await page.get('files', sha256)
      if (file?.state === 'new' && !stillRefused(file.more as More)) book.waiting[sha256] = { size: file.size, seq: row.seq }
    }
  }
  const fresh = { ...book, device, seq: last_seq }
  keepLedger(page, fresh)
  return fresh
}

/** Drop what was sent long ago, and what nothing names. A draft keeps its files however old they are. */
export async function forgetFiles(deps: Deps, now: number = Date.now()): Promise<number> {
  return deps.disk.edit(async (page) => {
    // In the same moment: what was saved while others were being sent is a draft's no more, and nobody has looked at its change yet.
    const drafted = new Set<string>()
    const { waiting } = await named(deps, page)
    for (const row of await page.all('drafts')) {
      const draft = JSON.parse(await page.text('drafts', row)) as Draft
      for (const file of [...Object.values(draft.files ?? {}), ...filesIn(draft.answers as Json)]) drafted.add(file.sha256)
    }
    let dropped = 0
    for (const sha256 of await deps.db.getAllKeys('files')) {
      const row = await page.get('files', sha256)
      if (!row || drafted.has(sha256) || sha256 in waiting) continue
      const more = row.more as More | undefined
      const since = row.state === 'sent' ? (more?.sent ?? 0) + KEPT_AFTER_SENT : (more?.refused?.at ?? more?.kept ?? 0) + (more?.refused ? KEPT_AFTER_SENT : KEPT_UNNAMED)
      if (since > now) continue
      page.delete('files', sha256)
      dropped++
    }
    return dropped
  })
}

/** Every file value in an answer or a field, however deep. */
export function filesIn(value: Json | undefined): FileValue[] {
  if (!value || typeof value !== 'object') return []
  if (Array.isArray(value)) return value.flatMap(filesIn)
  if (typeof value.sha256 === 'string' && typeof value.size === 'number') return [value as unknown as FileValue]
  return Object.values(value).flatMap(filesIn)
}

async function ledger(deps: Deps): Promise<Ledger> {
  const known = (await deps.db.get('meta', 'files')) as Ledger | undefined
  return known ?? { device: '', seq: 0, waiting: {}, chunk: 16 * 1024 }
}

function keepLedger(page: Page, book: Ledger): void {
  page.meta.set('files', book)
}

function stillRefused(more: More | undefined): boolean {
  return !!more?.refused && more.refused.at + REFUSED_FOR > Date.now()
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
