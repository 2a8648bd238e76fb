// The seal on all that tells of a person. A data key of 256 bits seals it (AES-GCM); the data key is wrapped by a key that takes the PIN
// and a secret of this phone that the browser does not give out, and once more for the server's public key, so that a forgotten
// PIN costs a call to the operator and never the forms.

import { toBase64url } from './base64'
import type { Db } from './db'
import { noop, strictly, swap } from './disk'
import { PhoneFull } from './types'

/** Slow enough to cost a guesser, bearable on a 2 GB phone: about two seconds. Kept with the vault, so that it can rise. */
export const ITERATIONS = 600_000
/** A PIN shorter than this is refused. */
export const LEAST_PIN = 6
const FREE_TRIES = 3
const FIRST_WAIT_SECONDS = 5
const LONGEST_WAIT_SECONDS = 15 * 60
/** Of a wait so much at least passes while the app is open, by a clock that nobody can set. No more: it stands still while the phone sleeps. */
const AWAKE_SECONDS = 60

export interface Wrapped { salt: Uint8Array; iterations: number; nonce: Uint8Array; key: Uint8Array }
/** What lies open for the call to the operator: only the server's private key opens `wrapped`. */
export interface Recovery { device: string; key_id: string; wrapped: string }
interface Tries { count: number; at: number }

/** wait: seconds until the next try is looked at; 0: at once. */
export class WrongPin extends Error {
  constructor(readonly wait: number) {
    super('wrong PIN')
  }
}

/** Sealed bytes that were not sealed here, or were altered, or stand in a place that is not theirs. */
export class Tampered extends Error {}

export class Vault {
  /** data: not extractable. lockKey: opens the wrapped data key once more, when the server has a new key to wrap it for. */
  constructor(private readonly data: CryptoKey, private lockKey: CryptoKey) {}

  /** where: the store and key it is for; what was sealed for one place opens in no other. */
  async seal(where: string, content: string | Uint8Array): Promise<Uint8Array> {
    const nonce = crypto.getRandomValues(new Uint8Array(12))
    const plain = typeof content === 'string' ? encoder.encode(content) : content
    const sealed = await crypto.subtle.encrypt(gcm(nonce, where), this.data, plain as BufferSource)
    const box = new Uint8Array(12 + sealed.byteLength)
    box.set(nonce)
    box.set(new Uint8Array(sealed), 12)
    return box
  }

  async open(where: string, box: Uint8Array): Promise<Uint8Array> {
    try {
      return new Uint8Array(await crypto.subtle.decrypt(gcm(box.slice(0, 12), where), this.data, box.slice(12)))
    } catch {
      throw new Tampered(where)
    }
  }

  /** The PIN was changed while this was open. */
  relock(fresh: Vault): void {
    this.lockKey = fresh.lockKey
  }

  async text(where: string, box: Uint8Array): Promise<string> {
    return decoder.decode(await this.open(where, box))
  }

  /** Wrap the data key for the server (HPKE). Written again only when the server's key or this phone's id is another. */
  async keepRecoverable(db: Db, device: string, serverKey: { id: string; public: string }): Promise<void> {
    const now = (await db.get('meta', 'recovery')) as Recovery | undefined
    if (now?.device === device && now.key_id === serverKey.id) return
    const { sealForServer } = await import('./hpke')
    const raw = new Uint8Array(await crypto.subtle.exportKey('raw', await unwrap(await wrappedKey(db), this.lockKey, true)))
    const wrapped = await sealForServer(serverKey.public, raw, 'sambung recovery 1', device)
    raw.fill(0)
    await db.put('meta', { device, key_id: serverKey.id, wrapped: toBase64url(wrapped) } satisfies Recovery, 'recovery')
  }
}

/** A new data key under this PIN. Replaces nothing: refuses where a vault stands. */
export async function makeVault(db: Db, pin: string, iterations: number = ITERATIONS): Promise<Vault> {
  mustBePin(pin)
  if (await db.get('meta', 'vault')) throw new Error('a vault stands here')
  const data = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt', 'decrypt'])
  return closeIn(db, data, pin, iterations)
}

/** Rejects with WrongPin; after the third wrong one in a row each try has to wait, longer every time. Never erases. */
export async function openVault(db: Db, pin: string, now: () => number = Date.now, awake: () => number = sinceLoaded): Promise<Vault> {
  await countTry(db, now(), awake())
  const wrapped = await wrappedKey(db)
  const lockKey = await lockKeyOf(db, pin, wrapped.salt, wrapped.iterations)
  let data: CryptoKey
  try {
    data = await unwrap(wrapped, lockKey, false)
  } catch {
    // none: the right one was typed in another tab meanwhile
    throw new WrongPin(waitAfter((await triesOf(db))?.count ?? 0))
  }
  await db.delete('meta', 'tries').catch(noop) // no room even for that
  beside(null)
  return new Vault(data, lockKey)
}

export async function changePin(db: Db, old: string, fresh: string, now: () => number = Date.now): Promise<Vault> {
  mustBePin(fresh)
  await openVault(db, old, now)
  const wrapped = await wrappedKey(db)
  const data = await unwrap(wrapped, await lockKeyOf(db, old, wrapped.salt, wrapped.iterations), true)
  return closeIn(db, data, fresh, wrapped.iterations)
}

/** Put a new lock on the data key that the server unwrapped for the operator. Rejects with Tampered when it is another's key. */
export async function putNewLock(db: Db, raw: Uint8Array, pin: string, iterations: number = ITERATIONS): Promise<Vault> {
  mustBePin(pin)
  const data = await crypto.subtle.importKey('raw', raw as BufferSource, 'AES-GCM', true, ['encrypt', 'decrypt'])
  raw.fill(0)
  const known = await db.get('sealed', 'me')
  if (known) await new Vault(data, data).open('sealed|me|box', known.box as Uint8Array)
  return closeIn(db, data, pin, iterations)
}

/** Seconds that must pass before a try is looked at; 0 at once. */
export async function waitOf(db: Db, now: number = Date.now(), awake: number = sinceLoaded()): Promise<number> {
  const tries = await triesOf(db)
  return tries ? Math.max(0, waitLeft(tries, now, awake)) : 0
}

/** Counted before it is tried: pulling out the battery in the middle of a try does not make it undone. */
async function countTry(db: Db, now: number, awake: number): Promise<void> {
  let wait = 0
  const count = (held: unknown): Tries => {
    const tries = (held as Tries | undefined) ?? { count: 0, at: now }
    wait = waitLeft(tries, now, awake)
    return wait > 0 ? { ...tries, at: Math.min(tries.at, now) } : { count: tries.count + 1, at: now }
  }
  try {
    await swap(db, 'tries', count)
  } catch (error) {
    if (!(error instanceof PhoneFull)) throw error
    // Who alone can make room must not be locked out for want of it: this try is counted where there is room of its own.
    beside(count(await triesOf(db)))
  }
  if (wait > 0) throw new WrongPin(wait)
  lastTry = awake
}

/** The wrong tries so far, of the database and of what was counted beside it while that was full: the more. */
async function triesOf(db: Db): Promise<Tries | undefined> {
  const [held, other] = [(await db.get('meta', 'tries')) as Tries | undefined, beside()]
  return other && other.count > (held?.count ?? 0) ? other : held
}

function beside(tries?: Tries | null): Tries | null {
  try {
    if (tries) localStorage.setItem('tries', JSON.stringify(tries))
    else if (tries === null) localStorage.removeItem('tries')
    return JSON.parse(localStorage.getItem('tries') ?? 'null') as Tries | null
  } catch {
    return null // no such storage
  }
}

/** A clock that was set back starts the wait anew, and never makes it longer than it was; one that was set forward saves a little of it. */
function waitLeft({ count, at }: Tries, now: number, awake: number): number {
  const wait = waitAfter(count)
  return wait && Math.ceil(Math.max((Math.min(at, now) - now) / 1000 + wait, Math.min(wait, AWAKE_SECONDS) - (awake - lastTry) / 1000))
}

/** When the last try was counted here, in milliseconds since the app was loaded; an app that is loaded anew begins to wait anew. */
let lastTry = 0
const sinceLoaded = (): number => performance.now()

function waitAfter(wrong: number): number {
  return wrong < FREE_TRIES ? 0 : Math.min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** (wrong - FREE_TRIES))
}

function mustBePin(pin: string): void {
  if (!new RegExp(`^[0-9]{${LEAST_PIN},}$`).test(pin)) throw new RangeError('PIN')
}

async function wrappedKey(db: Db): Promise<Wrapped> {
  const wrapped = (await db.get('meta', 'vault')) as Wrapped | undefined
  if (!wrapped) throw new Error('no vault')
  return wrapped
}

async function closeIn(db: Db, data: CryptoKey, pin: string, iterations: number): Promise<Vault> {
  const salt = crypto.getRandomValues(new Uint8Array(16))
  const nonce = crypto.getRandomValues(new Uint8Array(12))
  const lockKey = await lockKeyOf(db, pin, salt, iterations)
  const key = new Uint8Array(await crypto.subtle.wrapKey('raw', data, lockKey, gcm(nonce, 'vault')))
  const wrapped: Wrapped = { salt, iterations, nonce, key }
  await strictly(db, [], async (tx) => {
    void tx.objectStore('meta').put(wrapped, 'vault').catch(noop)
    void tx.objectStore('meta').delete('tries').catch(noop)
  })
  return new Vault(await unwrap(wrapped, lockKey, false), lockKey)
}

async function unwrap(wrapped: Wrapped, lockKey: CryptoKey, extractable: boolean): Promise<CryptoKey> {
  return crypto.subtle.unwrapKey(
    'raw', wrapped.key as BufferSource, lockKey, gcm(wrapped.nonce, 'vault'), 'AES-GCM', extractable, ['encrypt', 'decrypt'],
  )
}

/** The PIN through PBKDF2, and that through a secret of this phone which no script can read: a copied database alone is no use. */
async function lockKeyOf(db: Db, pin: string, salt: Uint8Array, iterations: number): Promise<CryptoKey> {
  const typed = await crypto.subtle.importKey('raw', encoder.encode(pin), 'PBKDF2', false, ['deriveBits'])
  const slow = await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: salt as BufferSource, iterations }, typed, 256)
  const both = await crypto.subtle.sign('HMAC', await phoneSecret(db), slow)
  return crypto.subtle.importKey('raw', both, 'AES-GCM', false, ['wrapKey', 'unwrapKey'])
}

async function phoneSecret(db: Db): Promise<CryptoKey> {
  const known = (await db.get('meta', 'secret')) as CryptoKey | undefined
  if (known) return known
  const made = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return swap(db, 'secret', (other) => (other as CryptoKey | undefined) ?? made) // another tab may have been faster
}

function gcm(nonce: Uint8Array, where: string): AesGcmParams {
  return { name: 'AES-GCM', iv: nonce as BufferSource, additionalData: encoder.encode(where) }
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export async function recoveryOf(db: Db): Promise<Recovery | null> {
  return ((await db.get('meta', 'recovery')) as Recovery | undefined) ?? null
}

