// A server in memory, written slowly and plainly from the protocol, and phones that speak to it: what the phone's promises are held against.

import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { around, begin, type OpenPhone } from '../src/phone'
import type { Fields, Json } from '../src/types'

export const [KAMAN, TERATAK] = ['64.02.11.2005', '64.02.11.2003']
export const NUR: Fields = { nik: '6402115207909001', full_name: 'Nur Hayati', birth_date: '1990-07-12', phone: '+6281250001111' }
export const PIN = '280945'
export const HOURS = 3600 * 1000
const REVIEW = new Set(['nik', 'full_name', 'birth_date', 'worker', 'amount'])

/** The browser's locks, which Node does not have: one holder of a name at a time. */
const held = new Set<string>()
const locks = {
  async request<T>(name: string, _: unknown, work: (lock: object | null) => Promise<T>): Promise<T> {
    if (held.has(name)) return work(null)
    held.add(name)
    return work({}).finally(() => held.delete(name))
  },
}
export const browser: { locks?: typeof locks } = { locks }
Object.defineProperty(globalThis, 'navigator', { value: browser, configurable: true, writable: true })

type Row = { [name: string]: any }

class No extends Error {
  constructor(readonly status: number, slug: string, readonly more: Row = {}) {
    super(slug)
  }
}

const clone = <T>(value: T): T => structuredClone(value)

/** All it knows is in `state`, so a backup is a copy of it. For few records only: it merges anew always. */
export class FakeServer {
  state: Row = { epoch: 'E1', codes: {}, devices: {}, log: {}, stream: [], gone: {} }
  private nextDevice = 1
  private nextToken = 1
  revoked = new Set<string>()
  hold = new Set<string>()
  maxChanges = 1000
  maxBytes = 200_000
  asked: Row[] = []
  calls: string[] = []
  sizes: number[] = []
  busy: { status: number; retryAfter?: string }[] = []
  now = (): number => Date.now()
  serverKey = { id: '', public: '' }
  more: { [path: string]: (body: Row, headers: Headers) => { status: number; answer: Row; etag?: string } } = {}

  code(officer: string, villages: string[] = [KAMAN!]): string {
    const code = `DUSUN-${Object.keys(this.state.codes).length + 1}-${this.state.epoch}`
    this.state.codes[code] = { officer, villages, device: null, attempt: null }
    return code
  }

  backup(): Row {
    return clone(this.state)
  }

  restore(backup: Row): void {
    this.state = { ...clone(backup), epoch: `E${Number(this.state.epoch.slice(1)) + 1}`, codes: {} }
  }

  enrol(asked: Row): Row {
    const { devices, codes } = this.state
    let entry = codes[asked.code]
    if (!entry) {
      const owner = Object.values<Row>(devices).find((device) => device.token === asked.code)
      entry = owner && (owner.reentry ??= { ...owner.entry, device: null, attempt: null })
    }
    if (!entry || (entry.device && (!asked.attempt || asked.attempt !== entry.attempt))) throw new No(403, 'enrolment-refused')
    const name = entry.device ?? this.newDevice(entry, asked.former)
    Object.assign(entry, { device: name, attempt: asked.attempt })
    const device = devices[name]
    if (device.called) throw new No(403, 'enrolment-refused')
    device.token = `token-${name}-${this.nextToken++}`
    return {
      device: name, token: device.token, officer: { id: 1, name: entry.officer }, epoch: this.state.epoch, acked: device.acked,
      server_time: this.time(), villages: entry.villages.map((code: string) => ({ code, name: `Desa ${code}` })),
      limits: { max_changes: this.maxChanges, max_bytes: this.maxBytes }, server_key: this.serverKey,
    }
  }

  private newDevice(entry: Row, former?: string): string {
    const name = former && !this.state.devices[former] ? former : `d${this.nextDevice++}x`
    this.state.devices[name] = { token: null, villages: [...entry.villages], acked: 0, entry, called: false, events: [], notices: [] }
    return name
  }

  sync(token: string, asked: Row): Row {
    const name = Object.keys(this.state.devices).find((one) => this.state.devices[one].token === token)
    if (!name) throw new No(401, 'device-unknown')
    if (this.revoked.has(name)) throw new No(401, 'device-revoked')
    const device = this.state.devices[name]
    device.called = true
    const results = this.receive(name, device, asked)
    const told = this.tell(name, device, asked)
    const heard = asked.epoch === this.state.epoch ? (asked.cursors.device ?? 0) : 0
    const later = device.events.slice(heard)
    const byName = new Map<number, Row>([...later.filter((event: Row) => event.seq), ...results].map((result) => [result.seq, result]))
    return {
      server_time: this.time(), epoch: this.state.epoch, acked: device.acked, results: [...byName.values()], records: told.records, more: told.more,
      cursors: { ...told.cursors, device: device.events.length }, notices: later.filter((event: Row) => event.text), wanted: [],
    }
  }

  private receive(name: string, device: Row, asked: Row): Row[] {
    const log = this.state.log
    const changes = [...asked.changes].sort((a, b) => a.seq - b.seq)
    const lostTo = asked.lost_to ?? 0
    if (changes.length && changes[0].seq > Math.max(device.acked, lostTo) + 1) throw new No(409, 'gap', { acked: device.acked, epoch: this.state.epoch })
    for (const change of changes) {
      const known = log[`${name} ${change.seq}`]
      if (known && sorted(known.sent) !== sorted({ ...change, seen: change.seen ?? {} })) throw new No(409, 'forked', { seq: change.seq })
    }
    for (const change of changes) {
      if (change.seq === Math.max(device.acked, Math.min(lostTo, change.seq - 1)) + 1) {
        this.keep(name, change)
        device.acked = change.seq
      }
    }
    if (!changes.length || changes[changes.length - 1].seq <= lostTo) device.acked = Math.max(device.acked, lostTo)
    return changes.filter((change) => log[`${name} ${change.seq}`]).map((change) => this.result(name, change.seq))
  }

  private keep(name: string, sent: Row): void {
    const nik = String(sent.fields.nik ?? '0'.repeat(16))
    const entry: Row = { sent: { ...sent, seen: sent.seen ?? {} }, device: name, seq: sent.seq, version: null, errors: {} }
    if (nik.length !== 16) entry.errors = { nik: ['Harus 16 angka.'] }
    this.state.log[`${name} ${sent.seq}`] = entry
    if (nik.length === 16 && !this.hold.has(sent.record)) this.merge(entry)
  }

  private merge(entry: Row): void {
    const record = this.smallest(entry.sent.record)
    const before = this.show(record)
    entry.version = (before?.version ?? 0) + 1
    const after = this.show(record)!
    const asSent = Object.entries(entry.sent.fields).every(([field, value]) => sorted(after.fields[field]) === sorted(value) && !(field in after.conflicts))
    for (const village of new Set([after.village, before?.village ?? after.village])) {
      this.state.stream.push({ record, village, by: asSent ? entry.device : null })
    }
  }

  release(record: string): void {
    this.hold.delete(record)
    for (const entry of Object.values<Row>(this.state.log)) {
      if (entry.sent.record !== record || entry.version !== null || Object.keys(entry.errors).length) continue
      this.merge(entry)
      this.state.devices[entry.device].events.push(this.result(entry.device, entry.seq))
    }
  }

  link(one: string, other: string): void {
    const [small, large] = [one, other].sort() as [string, string]
    const version = this.show(small)!.version + this.show(large)!.version + 1
    const { village } = this.show(small)!
    this.state.gone[large] = small
    const sent = { seq: 1, kind: 'link', record: small, village, at: this.time(), fields: {}, seen: {} }
    this.state.log['hq1 1'] = { sent, device: 'hq1', seq: 1, version, errors: {} }
    for (const record of [small, large]) this.state.stream.push({ record, village, by: null })
  }

  /** A desk corrects a field, having seen everything. */
  desk(record: string, fields: Fields): void {
    const seq = 1 + Math.max(0, ...Object.values<Row>(this.state.log).filter((entry) => entry.device === 'hq1').map((entry) => entry.seq))
    const shown = this.show(record)!
    const sent = { seq, kind: shown.kind, record, village: shown.village, at: this.time(), fields, seen: shown.seen }
    this.state.log[`hq1 ${seq}`] = { sent, device: 'hq1', seq, version: null, errors: {} }
    this.merge(this.state.log[`hq1 ${seq}`])
  }

  smallest(record: string): string {
    while (this.state.gone[record]) record = this.state.gone[record]
    return record
  }

  result(name: string, seq: number): Row {
    const entry = this.state.log[`${name} ${seq}`]
    if (Object.keys(entry.errors).length) return { seq, status: 'quarantined', errors: entry.errors }
    if (entry.version === null) return { seq, status: 'received' }
    const conflicts = this.show(this.smallest(entry.sent.record))!.conflicts
    const fields = Object.keys(entry.sent.fields).filter((field) => field in conflicts)
    return fields.length ? { seq, status: 'conflict', version: entry.version, fields } : { seq, status: 'merged', version: entry.version }
  }

  show(record: string): Row | null {
    const merged = Object.values<Row>(this.state.log).filter((entry) => entry.version && this.smallest(entry.sent.record) === record)
    if (!merged.length) return null
    const first = [...merged].sort((a, b) => Number(!a.sent.record.startsWith(a.device)) - Number(!b.sent.record.startsWith(b.device)) || a.seq - b.seq)[0]!.sent
    const fields: Row = {}
    const conflicts: Row = {}
    for (const field of new Set(merged.flatMap((entry) => Object.keys(entry.sent.fields)))) {
      const heads = this.heads(merged.filter((entry) => field in entry.sent.fields))
      const key = (entry: Row): string => `${entry.sent.at} ${entry.device} ${String(entry.seq).padStart(6, '0')}`
      heads.sort((a, b) => (key(a) < key(b) ? -1 : 1) * (REVIEW.has(field) ? 1 : -1))
      fields[field] = heads[0]!.sent.fields[field]
      if (REVIEW.has(field) && heads.some((head) => sorted(head.sent.fields[field]) !== sorted(fields[field]))) {
        conflicts[field] = heads.map((head) => ({ value: head.sent.fields[field], by: head.device, at: head.sent.at }))
      }
    }
    const seen: Row = {}
    for (const entry of merged) seen[entry.device] = Math.max(seen[entry.device] ?? 0, entry.seq)
    const village = (first.kind !== 'visit' && fields.village) || first.village
    return { kind: first.kind, record, village, version: Math.max(...merged.map((entry) => entry.version)), seen, fields, conflicts, derived: this.derived }
  }

  derived: Row = {}

  private heads(entries: Row[]): Row[] {
    const hasSeen = (a: Row, b: Row): boolean => (a.device === b.device ? b.seq < a.seq : b.seq <= (a.sent.seen[b.device] ?? 0))
    return entries.filter((b) => !entries.some((a) => a !== b && hasSeen(a, b)))
  }

  private tell(name: string, device: Row, asked: Row): { records: Row[]; cursors: Row; more: boolean } {
    const since: Row = {}
    for (const village of device.villages) since[village] = asked.epoch === this.state.epoch ? asked.cursors[village] : undefined
    const due = new Map<string, Row>()
    this.state.stream.forEach((event: Row, n: number) => {
      if (!(event.village in since) || (since[event.village] !== undefined && n + 1 <= since[event.village])) return
      const before = due.get(event.record) ?? { mine: true, held: since[event.village] !== undefined }
      due.delete(event.record)
      due.set(event.record, { record: event.record, at: n + 1, held: before.held, mine: before.mine && event.by === name && since[event.village] !== undefined })
    })
    let room = asked.limit || 1_000_000
    const records: Row[] = []
    let last = 0
    for (const event of due.values()) {
      const one = event.mine ? null : this.one(event.record, device, event.held)
      if (!one) continue
      room -= JSON.stringify(one).length
      if (records.length && room < 0) {
        return { records, more: true, cursors: Object.fromEntries(device.villages.map((code: string) => [code, Math.max(since[code] ?? 0, last)])) }
      }
      records.push(one)
      last = event.at
    }
    return { records, more: false, cursors: Object.fromEntries(device.villages.map((code: string) => [code, this.state.stream.length])) }
  }

  private one(record: string, device: Row, held: boolean): Row | null {
    if (this.state.gone[record]) return held ? { record, gone: 'linked', into: this.smallest(record) } : null
    const shown = this.show(record)!
    return device.villages.includes(shown.village) ? shown : held ? { record, gone: 'moved' } : null
  }

  private time(): string {
    return new Date(this.now()).toISOString()
  }

  /** As the browser's. */
  fetch = async (url: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const path = String(url)
    this.calls.push(path)
    const headers = new Headers(init.headers)
    if (this.busy.length) {
      const { status, retryAfter } = this.busy.shift()!
      return reply(status, { type: 'urn:sambung:busy' }, retryAfter ? { 'Retry-After': retryAfter } : {})
    }
    const sent = init.body as string | ArrayBuffer | undefined
    if (sent) this.sizes.push(typeof sent === 'string' ? sent.length : sent.byteLength)
    const text = !sent ? '{}' : typeof sent === 'string' ? sent : await new Response(new Blob([sent]).stream().pipeThrough(new DecompressionStream('gzip'))).text()
    const body = JSON.parse(text) as Row
    try {
      if (path.endsWith('/enrol')) return reply(201, this.enrol(body))
      if (path.endsWith('/sync')) {
        if (text.length > this.maxBytes) throw new No(413, 'too-large')
        this.asked.push(body)
        return reply(200, this.sync((headers.get('Authorization') ?? '').replace('Bearer ', ''), body))
      }
      const other = Object.keys(this.more).find((one) => path.includes(one))
      if (!other) throw new No(404, 'not-found')
      const { status, answer, etag } = this.more[other]!(body, headers)
      return status === 304 ? new Response(null, { status }) : reply(status, answer, etag ? { ETag: etag } : {})
    } catch (error) {
      if (!(error instanceof No)) throw error
      return reply(error.status, { type: `urn:sambung:${error.message}`, title: error.message, detail: 'Tidak bisa.', ...error.more })
    }
  }
}

function reply(status: number, answer: Row, headers: { [name: string]: string } = {}): Response {
  return new Response(JSON.stringify(answer), { status, headers: { 'Content-Type': 'application/json', ...headers } })
}

/** The same text whatever the order of the keys. */
export function sorted(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner && typeof inner === 'object' && !Array.isArray(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  )
}

export type Fate = 'good' | 'never sent' | 'answer lost' | 'cut reply' | 'portal' | 'redirect'

/** Several phones in one process: each has an IndexedDB of its own, and is the one that the app's code sees while it acts. */
export class Village {
  readonly server = new FakeServer()
  /** what the next calls meet */
  fates: Fate[] = []
  clock = (): number => Date.now()
  readonly phones: Handset[] = []

  async phone(officer = 'Siti', villages: string[] = [KAMAN!]): Promise<Handset> {
    const handset = this.stranger()
    await handset.begin(this.server.code(officer, villages))
    return handset
  }

  stranger(): Handset {
    const handset = new Handset(this)
    this.phones.push(handset)
    return handset
  }

  fetch = async (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const fate = this.fates.shift() ?? 'good'
    if (fate === 'never sent') throw new TypeError('Failed to fetch')
    if (fate === 'portal') return new Response('<html>Login</html>', { status: 200, headers: { 'Content-Type': 'text/html' } })
    if (fate === 'redirect') return new Response(null, { status: 302, headers: { Location: 'http://login.example/' } })
    const answer = await this.server.fetch(url, init)
    if (fate === 'answer lost') throw new TypeError('Failed to fetch')
    if (fate === 'cut reply') return new Response((await answer.text()).slice(0, 40), { status: answer.status, headers: answer.headers })
    return answer
  }
}

let made = 0

export class Handset {
  factory = new IDBFactory()
  name = `phone-${++made}`
  phone!: OpenPhone

  constructor(private readonly village: Village) {}

  /** From here on the app's code runs on this phone. */
  take(): void {
    globalThis.indexedDB = this.factory
    Object.assign(around, { fetch: this.village.fetch, now: () => this.village.clock(), chance: () => 0.5, iterations: 1000, auto: false, name: this.name })
  }

  async begin(code: string, pin = PIN, name = 'Samsung A05'): Promise<OpenPhone> {
    this.take()
    return (this.phone = await begin(code, pin, name))
  }

  get device(): string {
    return this.phone.who().device
  }

  async save(record: string | null, fields: Fields, more: { kind?: string; village?: string; [name: string]: unknown } = {}): Promise<string> {
    this.take()
    const { kind = 'worker', village = KAMAN!, ...how } = more
    return (await this.phone.save(kind, record, village, fields, { form: `${kind}@1`, ...how }))!.record
  }

  /** Syncs once and tells how it ended. */
  async sync(): Promise<string> {
    this.take()
    await this.phone.syncNow()
    return this.phone.syncState().phase
  }

  async open(record: string): Promise<Fields | undefined> {
    this.take()
    return (await this.phone.open(record))?.fields
  }

  /** How many own changes stand where. */
  async counts(): Promise<{ [status: string]: number }> {
    this.take()
    const counts: { [status: string]: number } = {}
    for (const row of await this.phone.deps.db.getAll('changes')) counts[row.status || 'unanswered'] = (counts[row.status || 'unanswered'] ?? 0) + 1
    return counts
  }

  /** Ids of the records in the list. */
  records(): string[] {
    return this.phone.search('', { most: 10_000 }).map((known) => known.record).sort()
  }

  /** Another phone with the same memory. */
  async twin(): Promise<Handset> {
    const { unlock } = await import('../src/phone')
    const twin = this.village.stranger()
    twin.factory = await copied(this.factory, this.name, twin.name)
    twin.take()
    twin.phone = await unlock(PIN)
    return twin
  }

  /** Every row of every store, as it lies on the disk. */
  async bytes(): Promise<string> {
    const found: string[] = []
    const { db } = this.phone.deps
    for (const store of Array.from(db.objectStoreNames)) {
      for (const row of await db.getAll(store as 'changes')) walk(row, found)
      for (const key of await db.getAllKeys(store as 'changes')) walk(key, found)
    }
    return found.join('\n')
  }
}

function walk(value: unknown, found: string[]): void {
  if (value instanceof Uint8Array) found.push(new TextDecoder('latin1').decode(value))
  else if (value instanceof ArrayBuffer) walk(new Uint8Array(value), found)
  else if (value && typeof value === 'object') Object.entries(value).forEach(([name, inner]) => (found.push(name), walk(inner, found)))
  else found.push(String(value))
}

async function copied(factory: IDBFactory, old: string, name: string): Promise<IDBFactory> {
  const { openDb } = await import('../src/db')
  const fresh = new IDBFactory()
  globalThis.indexedDB = factory
  const from = await openDb(old)
  const rows: { store: string; key: unknown; value: unknown }[] = []
  for (const store of Array.from(from.objectStoreNames)) {
    const [keys, values] = [await from.getAllKeys(store as 'meta'), await from.getAll(store as 'meta')]
    keys.forEach((key, n) => rows.push({ store, key, value: values[n] }))
  }
  from.close()
  globalThis.indexedDB = fresh
  const to = await openDb(name)
  for (const { store, key, value } of rows) await to.put(store as 'meta', value as never, store === 'meta' ? (key as string) : undefined)
  to.close()
  return fresh
}

export type { Json }
