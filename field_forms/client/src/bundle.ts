// What waits, as a file that goes by hand (protocol section 6): only the server can open it, and whoever carries it can't change it.
import { gzip } from './gzip'
import { LineLost } from './line'
import type { Deps } from './phone'

/** What a bundle is sealed with and for. */
export interface Sealer { device: string; token: string; key: { id: string; public: string } }
export interface Bundle { name: string; first: number; last: number; bytes: Uint8Array }
interface Written { seq: number; text: string }

/** The phone was never told the server's key, so nothing can be sealed for it yet. */
export class NoServerKey extends Error {}

/** The server read the bundle and would not take it: its own sentence. */
export class BundleRefused extends Error {
  constructor(readonly status: number, readonly says: string) {
    super(says)
  }
}

const INFO = 'sambung bundle 1'
const AROUND = `{"changes":[],"lost_to":${Number.MAX_SAFE_INTEGER}}`.length
const DEADLINE_MS = 180_000

/** Everything that the server has not acknowledged, from `acked + 1` on; no bundle when nothing waits. Rejects with NoServerKey. */
export async function sealOutbox(deps: Deps): Promise<Bundle[]> {
  const unsent = await deps.unsentTexts()
  if (!unsent) return []
  const me = await deps.disk.look((page) => page.me())
  if (!me.server_key) throw new NoServerKey()
  return sealBundles({ device: me.device, token: me.token, key: me.server_key }, unsent.texts, me.limits.max_bytes, unsent.first)
}

/** `texts`: changes as they are sent, in order, from `first` on. Cut so that each bundle has at most `maxBytes` when unpacked. */
export async function sealBundles(sealer: Sealer, texts: string[], maxBytes: number, first?: number): Promise<Bundle[]> {
  const made: Bundle[] = []
  let next = first
  for (const part of cut(texts.map((text) => ({ seq: JSON.parse(text).seq, text })), maxBytes)) {
    made.push(await sealBundle(sealer, part, next ?? part[0]!.seq))
    next = part[part.length - 1]!.seq + 1
  }
  return made
}

/** Up to where something was given up on: as in a sync, or the server would stop before it and never take what follows. */
function lostTo(changes: Written[], from: number): number | null {
  const seqs = [from - 1, ...changes.map((change) => change.seq)]
  for (let n = seqs.length - 1; n > 0; n--) if (seqs[n]! > seqs[n - 1]! + 1) return seqs[n]! - 1
  return null
}

async function sealBundle(sealer: Sealer, changes: Written[], from: number): Promise<Bundle> {
  const first = changes[0]!.seq
  const last = changes[changes.length - 1]!.seq
  const line = JSON.stringify({ format: 1, device: sealer.device, first, last, key: sealer.key.id })
  const lost = lostTo(changes, from)
  const plain = await gzip(`{"changes":[${changes.map((change) => change.text).join(',')}]${lost === null ? '' : `,"lost_to":${lost}`}}`)
  const { sealForServer } = await import('./hpke')
  const psk = { id: sealer.device, key: await crypto.subtle.digest('SHA-256', utf8(sealer.token) as BufferSource) }
  const sealed = await sealForServer(sealer.key.public, plain, INFO, line, psk)
  // Nothing of a person in the name: it is read by whoever carries the file.
  return { name: `sambung-${sealer.device}-${first}-${last}.sambung`, first, last, bytes: join(utf8(`${line}\n`), sealed) }
}

/**
 * Gives a bundle to the server over the line. Without the token: the bundle itself says whose it is, and a revoked phone has none that
 * is taken. Answers up to which change the server has everything. Rejects with LineLost or BundleRefused.
 */
export async function postBundle(bundle: Bundle, language: string, base = ''): Promise<number> {
  const control = new AbortController()
  const timer = setTimeout(() => control.abort(), DEADLINE_MS)
  const headers = { 'Content-Type': 'application/octet-stream', Accept: 'application/json, application/problem+json', 'Accept-Language': language }
  try {
    const response = await fetch(`${base}/api/v1/bundles`, {
      method: 'POST', headers, body: bundle.bytes as BodyInit, signal: control.signal, redirect: 'manual', cache: 'no-store', credentials: 'omit',
    })
    const answer = (await response.json()) as { acked?: unknown; detail?: string; title?: string; type?: string }
    if (response.ok && typeof answer.acked === 'number') return answer.acked
    if (response.status >= 500 || response.status === 429 || !answer.type) throw new LineLost(`busy: ${response.status}`)
    throw new BundleRefused(response.status, answer.detail ?? answer.title ?? '')
  } catch (error) {
    if (error instanceof BundleRefused || error instanceof LineLost) throw error
    throw new LineLost(String(error)) // cut, no line, or a page where JSON was expected
  } finally {
    clearTimeout(timer)
  }
}

/**
 * What a revoked phone does with its outbox before it is wiped: sealed, and given to the server. `taken`: every bundle was, and
 * nothing more holds the phone from being wiped; else they are to be shared or saved, by an officer who says that he did.
 */
export async function handOver(deps: Deps, language: string, base = ''): Promise<{ bundles: Bundle[]; taken: boolean; says: string | null }> {
  const bundles = await sealOutbox(deps)
  let says: string | null = null
  for (const bundle of bundles) {
    try {
      if ((await postBundle(bundle, language, base)) < bundle.last) throw new LineLost('not all of it')
    } catch (error) {
      if (error instanceof BundleRefused) says = error.says
      else if (!(error instanceof LineLost)) throw error
      return { bundles, taken: false, says }
    }
  }
  return { bundles, taken: true, says }
}

function cut(changes: Written[], maxBytes: number): Written[][] {
  const parts: Written[][] = []
  let room = 0
  for (const change of changes) {
    const size = utf8(change.text).length + 1
    if (size > room || !parts.length) {
      parts.push([])
      room = maxBytes - AROUND
    }
    parts[parts.length - 1]!.push(change)
    room -= size
  }
  return parts
}

const utf8 = (text: string) => new TextEncoder().encode(text)

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length)
  whole.set(first)
  whole.set(second, first.length)
  return whole
}
