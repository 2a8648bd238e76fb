// A phone moves into another one: the same device goes on there, with its token, its count of changes, its drafts and its photos. The old one
// stops at the very moment that the file is made of, and keeps everything, sealed, until the officer says that the new one works.
// Two phones that go on as one are found by the server (protocol section 3, promise 4): nothing is lost, but an operator is told.

import { ASIDE, draftsIn } from './born'
import { DATABASE, KEY, openDb, STORES, type Db, type Row, type Store } from './db'
import { noop, SECRETS, strictly, whereOf, wipe, type Page } from './disk'
import { gunzip, gzip } from './gzip'
import type { Me } from './me'
import { BadParcel, pack, unpack } from './parcel'
import type { Deps } from './phone'
import { makeVault, openVault, type Vault } from './vault'

/** What is in the first piece; the contents of `files` are the pieces after it, in this order. */
interface Contents {
  format: 1
  /** milliseconds by the old phone's clock */
  made: number
  /** rows with their sealed columns opened */
  rows: { [store: string]: { [column: string]: unknown }[] }
  meta: { [key: string]: unknown }
  files: { sha256: string; size: number; type: string; state: 'new' | 'sent'; more?: { [name: string]: unknown } }[]
}

export interface Moved {
  /** the file, as long as it was not confirmed that the new phone works */
  file: File | null
  at: number | null
}

/** There is somebody's work on this phone already: it is not written over. */
export class Occupied extends Error {}

/** What lies open and is about the work, not about this phone. */
const META = ['files', 'device']
/** As `outbox.ts` writes it. */
const IN_USE = 'enrolled'
const MOST_UNPACKED = 400_000_000

type Far = (done: number, of: number) => void

/**
 * Makes the file and stops this phone, both of one moment: what is written afterwards in another tab is refused. The file is kept here too,
 * so a battery that dies now costs nothing. Rejects with PhoneFull when there is no room to keep it; then nothing has changed.
 */
export async function leave(deps: Deps, code: string, far: Far = noop): Promise<void> {
  for (let tries = 0; tries < 5; tries++) {
    const drafts = draftsIn(await deps.db.getAll('drafts'))
    const { parcel, stamp } = await deps.disk.look(async (page) => ({ parcel: await packed(deps, page, code, far), stamp: page.stamp }))
    if (await stop(deps.db, parcel, stamp, drafts)) return deps.changed()
  }
  throw new Error('another tab writes all the time')
}

/** false: something was written since the file was made of it. */
async function stop(db: Db, parcel: Blob, stamp: number, drafts: string): Promise<boolean> {
  // As bytes: some browsers keep only a path to a Blob that is large.
  const bytes = new Uint8Array(await parcel.arrayBuffer())
  let current = false
  await strictly(db, ['drafts'], async (tx) => {
    const meta = tx.objectStore('meta')
    const [now, kept] = await Promise.all([meta.get('stamp'), tx.objectStore('drafts').getAll()])
    current = ((now as number | undefined) ?? 0) === stamp && draftsIn(kept) === drafts
    if (!current) return
    void meta.put(stamp + 1, 'stamp').catch(noop) // an edit that began before does not get through
    void meta.put('moved', 'state').catch(noop)
    void meta.put({ bytes, at: Date.now() }, 'parcel').catch(noop)
  })
  return current
}

async function packed(deps: Deps, page: Page, code: string, far: Far): Promise<Blob> {
  const contents: Contents = { format: 1, made: Date.now(), rows: {}, meta: {}, files: [] }
  const of = (await Promise.all(STORES.map((store) => deps.db.count(store)))).reduce((sum, count) => sum + count, 0)
  let done = 0
  for (const store of STORES) {
    if (store === 'files') continue
    const rows: Contents['rows'][string] = []
    for (const row of await page.all(store)) {
      if (store === 'sealed' && (row as Row<'sealed'>).key.startsWith(ASIDE)) continue // what can't be opened here can't be there
      rows.push(await opened(page, store, row))
      far(++done, of)
    }
    contents.rows[store] = rows
  }
  for (const key of META) contents.meta[key] = await deps.db.get('meta', key)
  const kept = await deps.db.getAllKeys('files')
  for (const sha256 of kept) {
    const { box: _, ...rest } = (await deps.db.get('files', sha256))!
    contents.files.push(rest)
  }
  async function* pieces() {
    yield await gzip(JSON.stringify(contents))
    for (const sha256 of kept) {
      yield await deps.vault.open(whereOf('files', sha256), (await deps.db.get('files', sha256))!.box as Uint8Array)
      far(++done, of)
    }
  }
  return pack(code, pieces())
}

async function opened<S extends Store>(page: Page, store: S, row: Row<S>): Promise<{ [column: string]: unknown }> {
  const whole: { [column: string]: unknown } = { ...row }
  for (const part of SECRETS[store] ?? []) if (whole[part] !== null && whole[part] !== undefined) whole[part] = await page.text(store, row, part)
  return whole
}

/** null: this phone was not moved away. */
export async function movedAway(db: Db): Promise<Moved | null> {
  if ((await db.get('meta', 'state')) !== 'moved') return null
  const parcel = (await db.get('meta', 'parcel')) as { bytes: Uint8Array; at: number } | undefined
  return { file: parcel ? parcelFile(parcel.bytes, parcel.at) : null, at: parcel?.at ?? null }
}

function parcelFile(bytes: Uint8Array, at: number): File {
  const day = new Date(at).toISOString().slice(0, 10)
  return new File([bytes as BlobPart], `sambung-pindah-${day}.sambung`, { type: 'application/octet-stream' })
}

/** The new phone works: nothing stays here. */
export async function confirmMoved(db: Db): Promise<void> {
  await wipe(db, 'moved')
}

/** The move did not happen: this phone goes on where it stopped. With its PIN; rejects with WrongPin. */
export async function takeBack(db: Db, pin: string): Promise<void> {
  await openVault(db, pin)
  await strictly(db, [], async (tx) => {
    void tx.objectStore('meta').put(IN_USE, 'state').catch(noop)
    void tx.objectStore('meta').delete('parcel').catch(noop)
  })
}

/**
 * Everything of the old phone, under a new PIN, in one transaction: all of it is here when this resolves, and nothing when it rejects.
 * Rejects with BadParcel, Occupied or PhoneFull.
 */
export async function arrive(db: Db, file: Blob, code: string, pin: string, far: Far = noop): Promise<void> {
  if (await occupied(db)) throw new Occupied()
  const [first, ...pictures] = await unpack(code, file)
  const contents = await read(first!)
  if (contents.files.length !== pictures.length) throw new BadParcel('code')
  const { vault, meta } = await freshVault(pin)
  const rows: { store: Store; row: unknown }[] = []
  const of = Object.values(contents.rows).reduce((sum, some) => sum + some.length, pictures.length)
  for (const store of STORES) {
    for (const row of contents.rows[store] ?? []) {
      rows.push({ store, row: await sealed(vault, store, row) })
      far(rows.length, of)
    }
  }
  for (const [n, picture] of pictures.entries()) {
    const about = contents.files[n]!
    rows.push({ store: 'files', row: { ...about, box: await vault.seal(whereOf('files', about.sha256), picture) } })
    far(rows.length, of)
  }
  if (await occupied(db)) throw new Occupied() // another tab began while the file was read
  await strictly(db, STORES, async (tx) => {
    const held = tx.objectStore('meta')
    for (const store of STORES) void tx.objectStore(store).clear().catch(noop)
    void held.clear().catch(noop)
    for (const [key, value] of Object.entries({ ...contents.meta, ...meta, state: IN_USE })) if (value !== undefined) void held.put(value, key).catch(noop)
    for (const { store, row } of rows) void tx.objectStore(store).put(row as never).catch(noop)
  })
  const me = contents.rows.sealed?.find((row) => row.key === 'me')
  const { device, server_key } = JSON.parse(String(me!.box)) as Me
  // The old phone's way back after a forgotten PIN led to the old key.
  if (server_key) await vault.keepRecoverable(db, device, server_key).catch(noop) // the next sync does it again
}

async function occupied(db: Db): Promise<boolean> {
  const state = await db.get('meta', 'state')
  if (state === 'beginning' || state === 'wiped') return false // a first start that got no answer has nothing to lose
  return (await db.count('changes')) > 0 || (await db.count('drafts')) > 0 || (await db.get('sealed', 'me')) !== undefined
}

async function read(piece: Uint8Array): Promise<Contents> {
  try {
    const contents = JSON.parse(new TextDecoder().decode(await gunzip(piece, MOST_UNPACKED))) as Contents
    if (contents.format === 1 && contents.rows.sealed?.some((row) => row.key === 'me')) return contents
  } catch { /* said below */ }
  throw new BadParcel('foreign') // sealed rightly, and yet not what this version of the app reads
}

/** Made beside, in a database of its own, so that the real one is touched once and whole. */
async function freshVault(pin: string): Promise<{ vault: Vault; meta: { [key: string]: unknown } }> {
  const name = `${DATABASE}-arriving`
  const beside = await openDb(name)
  try {
    await beside.clear('meta') // of a try that was cut short
    const vault = await makeVault(beside, pin)
    return { vault, meta: { vault: await beside.get('meta', 'vault'), secret: await beside.get('meta', 'secret') } }
  } finally {
    beside.close()
    indexedDB.deleteDatabase(name)
  }
}

async function sealed(vault: Vault, store: Store, row: { [column: string]: unknown }): Promise<unknown> {
  const whole = { ...row }
  for (const part of SECRETS[store] ?? []) {
    if (typeof whole[part] === 'string') whole[part] = await vault.seal(whereOf(store, KEY[store](row as never), part), whole[part] as string)
  }
  return whole
}
