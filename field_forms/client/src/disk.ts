// One edit of what the phone keeps: whole or not at all, sealed, durable. WebCrypto can't be waited for inside a transaction of
// IndexedDB, so an edit reads, reckons and seals first, and writes in one go at the end if nobody else has written meanwhile;
// otherwise it is done anew. No lock is held while it thinks: an officer's save never waits for a sync in another tab.

import { KEY, STORES, type Db, type Key, type Row, type Secret, type Store, type Stores } from './db'
import { type Me, NOBODY } from './me'
import { PhoneFull } from './types'
import { Tampered, type Vault } from './vault'

/** Which columns are sealed. */
export const SECRETS: { [S in Store]?: string[] } = {
  sealed: ['box'], changes: ['body', 'was', 'result'], records: ['box'], notices: ['box'], drafts: ['box'], files: ['box'], history: ['box'],
  summary: ['box'],
}
const MOST_TRIES = 60

type Index<S extends Store> = Stores[S] extends { indexes: infer I } ? keyof I & string : never
type Any = { [column: string]: unknown }

/** Somebody else wrote in between; only `Disk.edit` sees it. */
class Overtaken extends Error {}

/** This phone has been moved to another or wiped: nothing more is written here. */
export class Closed extends Error {
  constructor(readonly state: 'moved' | 'wiped') {
    super(state)
  }
}

export class Disk {
  /** Told after each edit that was written, with the chunks of the summary that changed, as they now are. */
  onWritten: (chunks: Map<number, string>) => void = noop
  /** what there is one of, as it was last read or written here */
  last: Me = NOBODY

  private readonly running = new Set<Promise<unknown>>()
  private readonly mending = new Set<string>()

  constructor(readonly db: Db, readonly vault: Vault) {}

  /** Everything that `work` writes on the page is written, or nothing. `work` may run more than once. Rejects with PhoneFull. */
  edit<T>(work: (page: Page) => Promise<T>): Promise<T> {
    const edit = this.tryToEdit(work)
    this.running.add(edit)
    const over = (): boolean => this.running.delete(edit)
    edit.then(over, over)
    return edit
  }

  /** Resolves when every edit that was begun has come to its end. */
  async settled(): Promise<void> {
    while (this.running.size) await Promise.all([...this.running].map((edit) => edit.catch(noop)))
  }

  private async tryToEdit<T>(work: (page: Page) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      const page = await this.page()
      try {
        const result = await work(page)
        if (await page.write()) await this.wrote(page)
        return result
      } catch (error) {
        if (tries === MOST_TRIES || !(error instanceof Overtaken || (await this.hasMended(error)))) throw error
      }
    }
  }

  /** It is on the disk: whatever a listener makes of that, the form that asked must not take it for a failure and save it again. */
  private async wrote(page: Page): Promise<void> {
    try {
      this.last = { ...(await page.me()) }
      this.onWritten(page.summaries())
    } catch (error) {
      console.error('told', error)
    }
  }

  /** A row that can't be opened is set aside, so that it holds up nothing else. False: it was no such thing, or is what nothing works without. */
  private async hasMended(error: unknown): Promise<boolean> {
    if (!(error instanceof Tampered)) return false
    const where = error.message
    if (this.mending.has(where)) return new Promise((done) => setTimeout(done, 50, true)) // another edit is at it
    this.mending.add(where)
    try {
      return await (await import('./aside')).setAside(this, where)
    } finally {
      this.mending.delete(where)
    }
  }

  /** What `work` reads is of one moment. */
  async look<T>(work: (page: Page) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      const page = await this.page()
      let result: T
      try {
        result = await work(page)
      } catch (error) {
        if (tries < MOST_TRIES && (await this.hasMended(error))) continue
        if (tries < 5 && !(await page.isCurrent())) continue
        throw error
      }
      if (tries >= 5 || (await page.isCurrent())) return result
    }
  }

  private page(): Promise<Page> {
    return Page.begin(this.db, this.vault, (me) => (this.last = { ...me }))
  }
}

export class Page {
  private readonly pending = new Map<Store, Map<string, { key: Key<Store>; row: Any | null }>>()
  /** stores that were read whole, and rows that were read ahead: as they lay on the disk */
  private readonly whole = new Map<Store, Map<string, Any>>()
  private readonly some = new Map<Store, Map<string, Any | undefined>>()
  private readonly groups = new Map<string, Map<string, Any[]>>()
  private known: Me | null = null
  private before = ''

  private constructor(
    private readonly db: Db, private readonly vault: Vault, readonly stamp: number, private readonly heard: (me: Me) => void,
  ) {}

  static async begin(db: Db, vault: Vault, heard: (me: Me) => void): Promise<Page> {
    return new Page(db, vault, ((await db.get('meta', 'stamp')) as number | undefined) ?? 0, heard)
  }

  // Reading

  /** Read these stores whole, once: for an edit that would look into them a thousand times. */
  async hold(...stores: Store[]): Promise<void> {
    for (const store of stores) {
      const rows = (await this.db.getAll(store)) as Row<Store>[]
      this.whole.set(store, new Map(rows.map((row) => [String(KEY[store](row as never)), row as unknown as Any])))
    }
  }

  /** As `hold`, for some keys of a store. */
  async fetch<S extends Store>(store: S, keys: Key<S>[]): Promise<void> {
    const found = await this.getMany(store, keys)
    const known = this.some.get(store) ?? new Map<string, Any | undefined>()
    for (const key of keys) known.set(String(key), found.get(String(key)) as Any | undefined)
    this.some.set(store, known)
  }

  async get<S extends Store>(store: S, key: Key<S>): Promise<Row<S> | undefined> {
    const name = String(key)
    const mine = this.pending.get(store)?.get(name)
    if (mine) return (mine.row as Row<S> | null) ?? undefined
    const held = this.whole.get(store)
    if (held) return held.get(name) as Row<S> | undefined
    const some = this.some.get(store)
    if (some?.has(name)) return some.get(name) as Row<S> | undefined
    return (await this.db.get(store, key as never)) as Row<S> | undefined
  }

  /** Many by key, in one transaction; what is not there is left out. */
  async getMany<S extends Store>(store: S, keys: Key<S>[]): Promise<Map<string, Row<S>>> {
    const found = new Map<string, Row<S>>()
    const held = this.whole.get(store)
    if (held) {
      for (const key of keys) {
        const row = await this.get(store, key)
        if (row) found.set(String(key), row)
      }
      return found
    }
    const tx = this.db.transaction(store)
    const rows = await Promise.all(keys.map((key) => this.pending.get(store)?.has(String(key)) ? undefined : tx.store.get(key as never)))
    await tx.done
    keys.forEach((key, n) => {
      const mine = this.pending.get(store)?.get(String(key))
      const row = mine ? mine.row : rows[n]
      if (row) found.set(String(key), row as unknown as Row<S>)
    })
    return found
  }

  /** Rows of an index with exactly this value; what this page has written is seen. */
  async where<S extends Store>(store: S, index: Index<S>, value: string | number | [string, string | number], most?: number): Promise<Row<S>[]> {
    const columns = INDEXED[`${store}.${index}`] ?? [index]
    const values = Array.isArray(value) ? value : [value]
    const belongs = (row: Row<S>): boolean => columns.every((name, n) => (row as unknown as Any)[name] === values[n])
    const rows = this.grouped(store, index, columns)?.get(values.join()) ?? (this.whole.has(store) ? [] : null)
    return this.found(store, (rows ?? (await this.db.getAllFromIndex(store, index as never, value as never, most))) as Row<S>[], belongs)
  }

  /** Own changes acknowledged at some time before this one, by the server's clock. */
  async acknowledgedBefore(time: number): Promise<Row<'changes'>[]> {
    if (time <= 1) return []
    const rows = await this.db.getAllFromIndex('changes', 'acknowledged', IDBKeyRange.bound(1, time, false, true))
    return this.found('changes', rows, (row) => row.acknowledged_at > 0 && row.acknowledged_at < time)
  }

  /** Rows between two keys, both included, in order of their keys. */
  async between<S extends Store>(store: S, from: Key<S>, to: Key<S>, most?: number): Promise<Row<S>[]> {
    if (indexedDB.cmp(from, to) > 0) return []
    const belongs = (row: Row<S>): boolean => indexedDB.cmp(KEY[store](row), from) >= 0 && indexedDB.cmp(KEY[store](row), to) <= 0
    const held = this.whole.get(store)
    if (held) return this.found(store, ([...held.values()] as unknown as Row<S>[]).filter(belongs), belongs)
    return this.found(store, (await this.db.getAll(store, IDBKeyRange.bound(from, to) as never, most)) as Row<S>[], belongs)
  }

  /** Villages of which any record is held. */
  async villagesHeld(): Promise<string[]> {
    const held: string[] = []
    let cursor = await this.db.transaction('records').store.index('village').openKeyCursor(null, 'nextunique')
    for (; cursor; cursor = await cursor.continue()) held.push(cursor.key)
    for (const { row } of this.pending.get('records')?.values() ?? []) if (row && !held.includes(row.village as string)) held.push(row.village as string)
    return held
  }

  /** Ids to which own changes are held. */
  async recordsChangedHere(): Promise<Set<string>> {
    const found = new Set<string>()
    let cursor = await this.db.transaction('changes').store.index('record').openKeyCursor(null, 'nextunique')
    for (; cursor; cursor = await cursor.continue()) found.add(cursor.key)
    for (const { row } of this.pending.get('changes')?.values() ?? []) if (row) found.add(row.record as string)
    return found
  }

  async all<S extends Store>(store: S): Promise<Row<S>[]> {
    const held = this.whole.get(store)
    return this.found(store, (held ? [...held.values()] : await this.db.getAll(store)) as unknown as Row<S>[], () => true)
  }

  private grouped(store: Store, index: string, columns: string[]): Map<string, Any[]> | null {
    const held = this.whole.get(store)
    if (!held) return null
    const name = `${store}.${index}`
    let groups = this.groups.get(name)
    if (!groups) {
      this.groups.set(name, (groups = new Map()))
      for (const row of held.values()) {
        const value = columns.map((one) => row[one]).join()
        const group = groups.get(value)
        if (group) group.push(row)
        else groups.set(value, [row])
      }
    }
    return groups
  }

  private found<S extends Store>(store: S, rows: Row<S>[], belongs: (row: Row<S>) => boolean): Row<S>[] {
    const mine = this.pending.get(store)
    if (!mine) return rows
    const kept = rows.filter((row) => !mine.has(String(KEY[store](row))))
    for (const { row } of mine.values()) if (row && belongs(row as unknown as Row<S>)) kept.push(row as unknown as Row<S>)
    return kept.sort((a, b) => indexedDB.cmp(KEY[store](a), KEY[store](b)))
  }

  /** What a sealed column says. */
  async text<S extends Store>(store: S, row: Row<S>, part: string = 'box'): Promise<string> {
    const secret = (row as unknown as Any)[part] as Secret
    return typeof secret === 'string' ? secret : this.vault.text(whereOf(store, KEY[store](row), part), secret)
  }

  /** What there is one of. */
  async me(): Promise<Me> {
    if (!this.known) {
      const row = await this.get('sealed', 'me')
      this.before = row ? await this.text('sealed', row) : ''
      this.known = row ? { ...NOBODY, ...(JSON.parse(this.before) as Me) } : { ...NOBODY }
      this.heard(this.known)
    }
    return this.known
  }

  // Writing: kept in memory until the end

  put<S extends Store>(store: S, row: Row<S>): void {
    this.note(store, KEY[store](row), row as unknown as Any)
  }

  delete<S extends Store>(store: S, key: Key<S>): void {
    this.note(store, key, null)
  }

  /** Plain `meta`, beside the rows: what must be readable while the phone is locked. */
  readonly meta = new Map<string, unknown>()

  async putMe(what: Partial<Me>): Promise<void> {
    Object.assign(await this.me(), what)
  }

  private note(store: Store, key: Key<Store>, row: Any | null): void {
    let rows = this.pending.get(store)
    if (!rows) this.pending.set(store, (rows = new Map()))
    rows.set(String(key), { key, row })
  }

  // The end of an edit

  summaries(): Map<number, string> {
    return new Map([...(this.pending.get('summary')?.values() ?? [])].map(({ key, row }) => [key as number, row!.box as string]))
  }

  async isCurrent(): Promise<boolean> {
    return (((await this.db.get('meta', 'stamp')) as number | undefined) ?? 0) === this.stamp
  }

  /** Seal, then write all in one strict transaction. Answers whether there was anything to write. */
  async write(): Promise<boolean> {
    if (this.known) {
      const now = JSON.stringify(this.known)
      if (now !== this.before) this.put('sealed', { key: 'me', box: now })
    }
    const work = [...this.pending].flatMap(([store, rows]) => [...rows.values()].map((one) => ({ store, ...one })))
    if (!work.length && !this.meta.size) return false
    const sealed = await Promise.all(work.map(async ({ store, key, row }) => ({ store, key, row: row && (await this.sealed(store, key, row)) })))
    await strictly(this.db, [...this.pending.keys()], async (tx) => {
      const meta = tx.objectStore('meta')
      const [stamp, state] = await Promise.all([meta.get('stamp'), meta.get('state')])
      if (state === 'moved' || state === 'wiped') throw new Closed(state)
      if (((stamp as number | undefined) ?? 0) !== this.stamp) throw new Overtaken()
      void meta.put(this.stamp + 1, 'stamp').catch(noop)
      for (const [key, value] of this.meta) void meta.put(value, key).catch(noop)
      for (const { store, key, row } of sealed) {
        const rows = tx.objectStore(store)
        void (row ? rows.put(row as never) : rows.delete(key as never)).catch(noop)
      }
    })
    return true
  }

  private async sealed(store: Store, key: Key<Store>, row: Any): Promise<Any> {
    const whole: Any = { ...row }
    for (const part of SECRETS[store] ?? []) {
      if (typeof whole[part] === 'string') whole[part] = await this.vault.seal(whereOf(store, key, part), whole[part] as string)
    }
    return whole
  }
}

/** What a sealed column is sealed for: in no other place does it open. */
export function whereOf(store: string, key: Key<Store>, part: string = 'box'): string {
  return `${store}|${String(key)}|${part}`
}

type Tx = ReturnType<typeof open>
const open = (db: Db, stores: (Store | 'meta')[]) => db.transaction(stores, 'readwrite', { durability: 'strict' })

/** Read one of the plain things and write it anew, in one transaction; undefined leaves it, null takes it away. Answers what was decided. */
export async function swap<T>(db: Db, key: string, decide: (held: unknown) => T): Promise<T> {
  let decided!: T
  await strictly(db, [], async (tx) => {
    const meta = tx.objectStore('meta')
    decided = decide(await meta.get(key))
    if (decided === null) void meta.delete(key).catch(noop)
    else if (decided !== undefined) void meta.put(decided, key).catch(noop)
  })
  return decided
}

/** One transaction that is on the disk when this resolves. Any failure undoes all of it; a full disk rejects with PhoneFull. */
export async function strictly(db: Db, stores: Store[], work: (tx: Tx) => Promise<void>): Promise<void> {
  let tx: Tx
  try {
    tx = open(db, [...stores, 'meta'])
  } catch (error) {
    throw asFull(error)
  }
  const done = tx.done.then(() => null, (error: unknown) => error ?? new Error('aborted'))
  try {
    await work(tx)
  } catch (error) {
    try {
      tx.abort()
    } catch { /* it was aborted already */ }
    await done
    throw asFull(tx.error ?? error)
  }
  const failed = await done
  if (failed) throw asFull(tx.error ?? failed)
}

/** A browser that finds no room says so in several ways. */
function asFull(error: unknown): unknown {
  const name = (error as { name?: string } | null)?.name
  return name === 'QuotaExceededError' || name === 'UnknownError' || name === 'AbortError' ? new PhoneFull('the phone is full') : error
}

/** Columns of the indexes that are not named after their only column. */
const INDEXED: { [index: string]: string[] } = {
  'changes.corrected': ['status'], 'changes.acknowledged': ['acknowledged_at'],
  'changes.answered': ['device', 'status'], 'changes.to_acknowledge': ['device', 'acknowledged_at'],
}

/** Nothing is left of what was kept here; `state` says why. */
export async function wipe(db: Db, state: 'wiped' | 'moved' | 'beginning'): Promise<void> {
  await strictly(db, STORES, async (tx) => empty(tx, state))
}

export function empty(tx: Tx, state: string): void {
  for (const store of STORES) void tx.objectStore(store).clear().catch(noop)
  void tx.objectStore('meta').clear().catch(noop)
  void tx.objectStore('meta').put(state, 'state').catch(noop)
}

export function noop(): void {}
