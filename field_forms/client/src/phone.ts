// The phone before it is unlocked: what the shell of the app calls. What its screens ask is in `unlocked.ts`, which comes a moment later.

import { DATABASE, openDb, type Db } from './db'
import { noop, wipe, type Disk } from './disk'
import type { Line } from './line'
import type { Phone } from './types'
import * as safe from './vault'
import type { Vault } from './vault'

/** What parts beside the core (files, bundles, moving) work with. */
export interface Deps {
  db: Db
  vault: Vault
  /** sealed edits, whole or not at all: `edit`, `look` */
  disk: Disk
  line: Line
  device(): string
  token(): string
  /** Own changes that the server has not acknowledged, as the very texts that are sent; `first` is acked + 1. null: none. */
  unsentTexts(): Promise<{ first: number; last: number; texts: string[] } | null>
  /** Tell the screens, in all tabs, that something changed. */
  changed(): void
}

/** The unlocked phone with what only the shell and the parts beside the core need. */
export interface OpenPhone extends Phone {
  readonly deps: Deps
  /** Erase all that is kept here; the state is `wiped` afterwards. */
  wipe(): Promise<void>
  /** Enrol again under a new code (phase `needs-code`); everything is kept. Rejects with Refused or LineLost. */
  enrolAgain(code: string): Promise<void>
}

/** Where the server is, what time it is, and how slow the lock is: tests say otherwise. */
export interface Surroundings {
  base: string
  /** of the database, the channel and the lock */
  name: string
  now: () => number
  chance: () => number
  fetch: typeof fetch
  iterations: number
  /** whether it syncs by itself */
  auto: boolean
}

export const around: Surroundings = {
  base: '', name: DATABASE, now: () => Date.now(), chance: Math.random, fetch: (...asked) => fetch(...asked), iterations: safe.ITERATIONS, auto: true,
}

const core = () => import('./unlocked')

/** Rejects where the browser gives no place to keep anything, or (away from https) no keys to seal it with. */
export async function phoneState(): Promise<'new' | 'locked' | 'moved' | 'wiped'> {
  if (!globalThis.crypto?.subtle) throw new Error('no keys')
  void core().catch(noop) // wanted as soon as the code or the PIN is typed
  // The shell asks whenever anything has changed: an open phone's own connection answers quicker than a new one.
  if (live.db?.name === around.name) return stateIn(live.db)
  const db = await openDb(around.name)
  return stateIn(db).finally(() => db.close())
}

/** The connection of the phone that is open in this tab. */
export const live: { db: Db | null } = { db: null }

async function stateIn(db: Db): Promise<'new' | 'locked' | 'moved' | 'wiped'> {
  const state = (await db.get('meta', 'state')) as string | undefined
  if (state === 'moved' || state === 'wiped') return state
  return state !== 'beginning' && (await db.get('meta', 'vault')) ? 'locked' : 'new'
}

/**
 * First start. May be repeated with the same code after a lost answer or a kill: the code and the random bits that went with it are kept
 * until the server answered. A PIN other than the first time's begins anew. Rejects with Refused or LineLost.
 */
export async function begin(code: string, pin: string, name: string): Promise<OpenPhone> {
  const db = await openDb(around.name)
  try {
    const { enrolled } = await core()
    return await enrolled(db, await firstVault(db, pin), code, name)
  } catch (error) {
    db.close()
    throw error
  }
}

async function firstVault(db: Db, pin: string): Promise<Vault> {
  const state = await db.get('meta', 'state')
  if (state !== 'beginning' && state !== 'moved' && (await db.get('meta', 'vault'))) throw new Error('this phone is in use')
  if (state === 'moved' && (await db.get('meta', 'parcel'))) throw new Error('what was here is kept until it has arrived on the other phone')
  if (state === 'beginning' && (await db.get('meta', 'vault'))) {
    try {
      await db.delete('meta', 'tries') // nothing is kept behind this lock yet
      return await safe.openVault(db, pin)
    } catch (error) {
      if (!(error instanceof safe.WrongPin)) throw error
    }
  }
  await wipe(db, 'beginning')
  return safe.makeVault(db, pin, around.iterations)
}

/** Rejects with WrongPin {wait: seconds}. */
export async function unlock(pin: string): Promise<OpenPhone> {
  const db = await openDb(around.name)
  try {
    const { opened } = await core()
    return await opened(db, await safe.openVault(db, pin, around.now))
  } catch (error) {
    db.close()
    throw error
  }
}

/** Seconds until a PIN is looked at; 0: at once. */
export async function waits(): Promise<number> {
  const db = await openDb(around.name)
  return safe.waitOf(db, around.now()).finally(() => db.close())
}

/** This phone was moved away, and what it holds was not erased yet. */
export async function hasParcel(): Promise<boolean> {
  const db = await openDb(around.name)
  return db.getKey('meta', 'parcel').then((key) => key !== undefined).finally(() => db.close())
}

/** With the code that the operator gave: the data key comes back from the server, under a new PIN. Rejects with Refused or LineLost. */
export async function recover(code: string, pin: string): Promise<OpenPhone> {
  const db = await openDb(around.name)
  try {
    const kept = await safe.recoveryOf(db)
    if (!kept) throw new Error('this phone has never synced: nothing was wrapped for the server yet')
    const { opened, unwrapped } = await core()
    return await opened(db, await safe.putNewLock(db, await unwrapped(kept, code), pin, around.iterations))
  } catch (error) {
    db.close()
    throw error
  }
}

/** What the officer reads out to the operator: the phone's id. null: the server has no way to open this phone. */
export async function recoveryId(): Promise<string | null> {
  const db = await openDb(around.name)
  return safe.recoveryOf(db).then((kept) => kept?.device ?? null).finally(() => db.close())
}

/** Rejects with WrongPin. */
export async function changePin(old: string, pin: string): Promise<void> {
  const db = await openDb(around.name)
  try {
    const fresh = await safe.changePin(db, old, pin, around.now)
    ;(await core()).relock(fresh)
  } finally {
    db.close()
  }
}
