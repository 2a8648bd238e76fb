// The unlocked phone: what its screens ask and do. A part of its own, so that the first screen need not wait for it.

import * as copies from './copies'
import type { Db } from './db'
import { asideRange } from './born'
import { Disk, noop, swap, wipe } from './disk'
import { Drafts } from './drafts'
import { parseCode, platform } from './enrol'
import { historyOf } from './history'
import { lang } from './i18n'
import { refresh, regionsHere, rulesHere } from './library'
import { Line, mustHold, Refused, type Problem } from './line'
import type { Me } from './me'
import { Tabs, type News } from './news'
import * as outbox from './outbox'
import * as own from './own'
import { around, live, type Deps, type OpenPhone } from './phone'
import { Index, linesIn } from './summary'
import { enrol, Syncer } from './sync'
import { owedBy, tasksOf } from './tasks'
import type {
  Change, CompiledForm, Cost, Counts, Draft, Fields, FileValue, Happened, Json, Opened, Owed, Phone, Result, Rules, Saved, StorageHealth, Summary, SyncState,
  Task, Village, Who,
} from './types'
import type { Recovery, Vault } from './vault'

const LAST_WORDS_MS = 1000
const TIDY_AFTER_MS = 20_000

const open = new Set<Unlocked>()

export async function opened(db: Db, vault: Vault): Promise<OpenPhone> {
  const phone = new Unlocked(db, vault)
  await phone.load()
  open.add(phone)
  live.db = db
  return phone
}

/** The PIN was changed: phones that are open here have another lock now. */
export function relock(fresh: Vault): void {
  open.forEach((phone) => phone.deps.vault.relock(fresh))
}

/** The first enrolment; see `begin`. */
export async function enrolled(db: Db, vault: Vault, code: string, name: string): Promise<OpenPhone> {
  const disk = new Disk(db, vault)
  await disk.edit((page) => page.putMe({ name }))
  await enrol(disk, new Line(around.base, () => null, lang, around.fetch), parseCode(code) ?? code.trim(), around.now, { platform: platform() })
  return opened(db, vault)
}

/** The data key, unwrapped by the server for an operator's code. Rejects with Refused or LineLost. */
export async function unwrapped(kept: Recovery, code: string): Promise<Uint8Array> {
  const line = new Line(around.base, () => null, lang, around.fetch)
  const { status, answer } = await line.post('/api/v1/recover', JSON.stringify({ ...kept, code: parseCode(code) ?? code.trim() }), false)
  if (status !== 200) throw new Refused(status, answer as Problem)
  mustHold(answer, { key: 'string' })
  return (await import('./base64')).fromBase64url(answer.key as string)
}

class Unlocked implements OpenPhone {
  readonly deps: Deps
  private readonly disk: Disk
  private readonly line: Line
  private readonly index = new Index()
  private readonly drafted: Drafts
  private readonly tabs: Tabs
  private readonly syncer: Syncer
  private readonly heard = new Set<() => void>()
  /** what another tab says of its sync, while it is at it */
  private elsewhere: SyncState | null = null
  private persisted: boolean | null = null
  private locked = false
  private goneSeen = 0

  constructor(private readonly db: Db, vault: Vault) {
    this.disk = new Disk(db, vault)
    this.disk.onWritten = (chunks) => this.written(chunks)
    this.line = new Line(around.base, () => this.me.token || null, lang, around.fetch)
    this.drafted = new Drafts(this.disk)
    this.tabs = new Tabs((news) => void this.hear(news).catch(noop), around.name)
    const { disk, line } = this
    this.deps = {
      db, vault, disk, line, device: () => this.me.device, token: () => this.me.token, unsentTexts: () => this.unsentTexts(), changed: () => this.changed([]),
    }
    this.syncer = new Syncer(disk, line, {
      app: version(), auto: around.auto, now: () => around.now(), chance: () => around.chance(), health: () => this.health(),
      library: async (news, pressed) => void ((await refresh(disk, line, lang(), { news, pressed })) && this.changed([])),
      files: (wanted) => this.sendFiles(wanted), keyed: (me) => this.keyed(me), revoked: () => this.handOver(),
      told: (state) => this.toldOfSync(state), offline: wakeWithLine,
      lease: { swap: async (change) => (await swap(db, 'lease', change)) !== undefined }, name: around.name,
    })
  }

  private get me(): Me {
    return this.disk.last
  }

  async load(): Promise<void> {
    await this.disk.look(async (page) => {
      const { names, synced } = await page.me()
      this.index.call(names)
      this.syncer.state.last = synced
      await Promise.all((await page.all('summary')).map(async (row) => this.index.load(row.chunk, linesIn(await page.text('summary', row)))))
    })
    await this.learnJoined()
    this.askToPersist()
    void this.keyed(this.me)
    if (around.auto) this.syncer.start()
    worker()?.addEventListener('message', this.woken)
    // Each rest of a finger that signs leaves a picture; what none names is not left to pile up where nothing is sent for weeks.
    if (around.auto && (await this.db.count('files'))) setTimeout(() => void this.tidy().catch(noop), TIDY_AFTER_MS)
  }

  private async tidy(): Promise<void> {
    if (!this.locked) await (await import('./files')).forgetFiles(this.deps)
  }

  /** The browser found a line while the app was in the background (Background Sync, where there is one). */
  private readonly woken = (event: MessageEvent): void => {
    if (event.data === 'sync') void this.syncer.run(false)
  }

  // What the screens show

  who(): Who {
    const { device, officer, villages, enrolled } = this.me
    return { device, officer, villages, enrolled }
  }

  subscribe(heard: () => void): () => void {
    this.heard.add(heard)
    return () => this.heard.delete(heard)
  }

  search(text: string, where?: { kind?: string; village?: string; most?: number }): Summary[] {
    return this.index.search(text, where)
  }

  summary(record: string): Summary | undefined {
    return this.index.get(record)
  }

  likely(fields: Fields, except?: string | null): Summary[] {
    return this.index.likely(fields, except)
  }

  about(worker: string): Summary[] {
    const id = this.index.idOf(worker)
    return this.index.filter((known) => known.worker !== '' && this.index.idOf(known.worker) === id).sort((a, b) => b.at - a.at)
  }

  open(record: string): Promise<Opened | null> {
    return this.disk.look((page) => copies.open(page, record))
  }

  history(record: string): Promise<Happened[]> {
    return this.disk.look((page) => historyOf(page, record))
  }

  tasks(): Promise<Task[]> {
    return this.disk.look((page) => tasksOf(page, this.index))
  }

  owed(): Promise<[Owed, number][]> {
    return this.disk.look(async (page) => {
      const counts = new Map<Owed, number>()
      for (const [why] of await owedBy(page, this.index)) counts.set(why, (counts.get(why) ?? 0) + 1)
      return [...counts]
    })
  }

  async counts(): Promise<Counts> {
    const counted = await this.disk.look(async (page) => {
      const unsent = await own.unsent(page)
      return { waiting: unsent.length, oldest: unsent[0]?.at ?? null, to_correct: (await own.toCorrect(page)).length, today: await this.madeToday(page) }
    })
    const { files, bytes } = await this.waitingFiles()
    return {
      ...counted, waiting_files: files, waiting_file_bytes: bytes, conflicts: this.index.filter((known) => known.tick === 'conflict').length,
      drafts: await this.db.count('drafts'), records: this.index.filter((known) => known.kind === 'worker').length,
    }
  }

  /** New workers of today: among the last few hundred changes, which is more than a day's work. */
  private async madeToday(page: Parameters<Parameters<Disk['look']>[0]>[0]): Promise<number> {
    const { device, last_seq } = await page.me()
    const midnight = new Date(around.now()).setHours(0, 0, 0, 0)
    const rows = await page.between('changes', [device, Math.max(1, last_seq - 400)], [device, last_seq])
    return rows.filter((row) => row.creates === 1 && row.kind === 'worker' && row.at >= midnight).length
  }

  // What the officer does

  async save(
    kind: string, record: string | null, village: string, fields: Fields, how: { form: string; opened?: Opened | null; draft?: string; id?: string },
  ): Promise<Saved | null> {
    const saved = await this.drafted.ending(how.draft, (mine) => this.disk.edit(async (page) => {
      const life = await mine(page)
      return outbox.save(page, { kind, record, village, fields, ...how, life }, around.now())
    }))
    this.syncer.saved()
    return saved
  }

  async correct(seq: number, fields: Fields, how: { form: string; draft?: string }): Promise<Saved | null> {
    const saved = await this.drafted.ending(how.draft, (mine) => this.disk.edit(async (page) => {
      const life = await mine(page)
      return outbox.correct(page, seq, fields, { ...how, life }, around.now())
    }))
    this.syncer.saved()
    return saved
  }

  change(seq: number): Promise<{ change: Change; result: Result | null } | null> {
    return this.disk.look(async (page) => {
      const row = await outbox.rowOf(page, seq)
      return row ? { change: await own.changeOf(page, row), result: await own.resultOf(page, row) } : null
    })
  }

  drafts(): Promise<Draft[]> {
    return this.drafted.all()
  }

  async keepDraft(draft: Draft): Promise<void> {
    await this.drafted.keep(draft)
  }

  async dropDraft(id: string): Promise<void> {
    await this.drafted.drop(id)
    this.changed([])
  }

  async keepFile(content: Blob): Promise<FileValue> {
    return (await import('./files')).keepFile(this.deps, content)
  }

  async file(sha256: string): Promise<Blob | null> {
    return (await import('./files')).readFile(this.deps, sha256)
  }

  // Forms and rules

  async form(name: string): Promise<CompiledForm> {
    const row = name.includes('@') ? await this.db.get('forms', name) : (await this.db.getAll('forms')).find((one) => one.name === name && one.newest === 1)
    if (!row) throw new RangeError(name)
    return row.form
  }

  async forms(): ReturnType<Phone['forms']> {
    const rows = (await this.db.getAll('forms')).filter((row) => row.newest === 1)
    return rows.map(({ name, version, form }) => ({ name, version, kind: form.kind, does: form.does, title: form.title }))
  }

  rules(): Promise<Rules | null> {
    return this.disk.look(rulesHere)
  }

  regions(): Promise<Village[]> {
    return this.disk.look(regionsHere)
  }

  // Sending

  syncState(): SyncState {
    return this.elsewhere ?? { ...this.syncer.state }
  }

  async syncNow(): Promise<void> {
    this.tabs.tell({ kind: 'wanted' })
    await this.syncer.run(true)
  }

  async cost(): Promise<Cost> {
    const waiting = await this.unsentTexts()
    const sizes = (await this.db.count('files')) ? await (await import('./files')).waitingSizes(this.deps) : []
    if (!waiting && !sizes.length) return { changes: 0, bytes: 0, files: 0, file_bytes: 0 }
    return (await import('./cost')).costOf(waiting?.texts ?? [], sizes)
  }

  private unsentTexts(): Promise<{ first: number; last: number; texts: string[] } | null> {
    return this.disk.look(async (page) => {
      const rows = await own.unsent(page)
      if (!rows.length) return null
      const texts = await Promise.all(rows.map((row) => page.text('changes', row, 'body')))
      return { first: (await page.me()).acked + 1, last: rows[rows.length - 1]!.seq, texts }
    })
  }

  private async waitingFiles(): Promise<{ files: number; bytes: number }> {
    if (!(await this.db.count('files'))) return { files: 0, bytes: 0 }
    return (await import('./files')).waitingFiles(this.deps)
  }

  private async sendFiles(wanted: string[]): Promise<void> {
    if (!wanted.length && !(await this.waitingFiles()).files) return
    const before = { ...this.line.traffic }
    const up = this.syncer.state.bytes_up
    const { sendFiles } = await import('./files')
    await sendFiles(this.deps, wanted, ({ bytes }) => {
      Object.assign(this.syncer.state, { phase: 'files', bytes_up: up + bytes + this.line.traffic.up - before.up })
      this.toldOfSync(this.syncer.state)
    })
  }

  private async keyed(me: Me): Promise<void> {
    if (!me.server_key?.public) return
    await this.deps.vault.keepRecoverable(this.db, me.device, me.server_key).catch(noop) // its part of the app is not here yet: next time
  }

  /** Revoked: what is unsent goes to the server sealed, and only then nothing stays here. Else the screens offer it to be shared. */
  private async handOver(): Promise<void> {
    await (await import('./revoked')).handOverAndWipe(this.deps, () => this.drafts(), around)
    this.gone()
  }

  async enrolAgain(code: string): Promise<void> {
    await enrol(this.disk, this.line, parseCode(code) ?? code.trim(), around.now, { platform: platform() })
    this.changed([])
    if (around.auto) void this.syncer.run(false)
  }

  // Small things

  get<T extends Json>(name: string): Promise<T | null> {
    return this.disk.look(async (page) => {
      const row = await page.get('sealed', `setting:${name}`)
      return row ? (JSON.parse(await page.text('sealed', row)) as T) : null
    })
  }

  async put(name: string, value: Json): Promise<void> {
    await this.disk.edit(async (page) => page.put('sealed', { key: `setting:${name}`, box: JSON.stringify(value) }))
  }

  async storage(): Promise<StorageHealth> {
    const storage = storageManager()
    const { usage, quota } = (await storage?.estimate?.().catch(() => null)) ?? {}
    const persisted = this.persisted ?? (await storage?.persisted?.().catch(() => null)) ?? null
    return { persisted, used: usage ?? null, free: quota === undefined ? null : quota - (usage ?? 0) }
  }

  /** Asked at each unlocking until it is granted: what Chrome answers changes when the app is installed or used often. */
  private askToPersist(): void {
    const storage = storageManager()
    void storage?.persist?.().then((granted) => (this.persisted = granted), noop)
  }

  private async health(): Promise<{ [name: string]: Json }> {
    const { persisted, free } = await this.storage()
    const { files } = await this.waitingFiles()
    const broken = await this.db.count('sealed', asideRange())
    return { persisted, free_bytes: free, drafts: await this.db.count('drafts'), files, ...(broken ? { broken } : {}) }
  }

  // What is told

  private written(chunks: Map<number, string>): void {
    for (const [chunk, text] of chunks) this.index.load(chunk, linesIn(text))
    this.changed([...chunks.keys()])
  }

  private changed(chunks: number[]): void {
    if (this.locked) return
    this.index.call(this.me.names)
    this.tabs.tell({ kind: 'changed', chunks })
    this.heard.forEach((heard) => heard())
    if (chunks.length) void this.learnJoined().catch(noop)
  }

  /** Which records were joined since; what was written of them then shows its worker again. */
  private async learnJoined(): Promise<void> {
    const gone = await this.db.count('gone')
    if (gone === this.goneSeen || this.locked) return
    this.goneSeen = gone
    const rows = await this.db.getAll('gone')
    this.index.join(new Map(rows.filter((row) => row.why === 'linked' && row.into).map((row) => [row.record, row.into])))
    this.heard.forEach((heard) => heard())
  }

  private toldOfSync(state: SyncState): void {
    if (this.locked) return
    this.elsewhere = null
    this.tabs.tell({ kind: 'sync', state })
    this.heard.forEach((heard) => heard())
  }

  private async hear(news: News): Promise<void> {
    if (this.locked) return
    if (news.kind === 'wanted') return void this.syncer.run(true)
    if (news.kind === 'sync') this.elsewhere = news.state
    if (news.kind === 'changed') {
      await this.disk.look(async (page) => {
        this.index.call((await page.me()).names)
        for (const chunk of news.chunks) {
          const row = await page.get('summary', chunk)
          if (row) this.index.load(chunk, linesIn(await page.text('summary', row)))
        }
      })
      await this.learnJoined()
    }
    this.heard.forEach((heard) => heard())
  }

  // The end

  async wipe(): Promise<void> {
    this.syncer.stop()
    await wipe(this.db, 'wiped')
    this.gone()
  }

  private gone(): void {
    this.syncer.stop()
    this.tabs.tell({ kind: 'gone' })
    this.heard.forEach((heard) => heard())
  }

  lock(): void {
    this.locked = true
    open.delete(this)
    if (live.db === this.db) live.db = null
    this.syncer.stop()
    this.tabs.close()
    this.heard.clear()
    worker()?.removeEventListener('message', this.woken)
    this.index.clear()
    void this.close()
  }

  /** What was entered a moment ago may still be on its way to the disk, and a form that is being taken off the screen hands in its last words only now. */
  private async close(): Promise<void> {
    await new Promise((done) => setTimeout(done, LAST_WORDS_MS))
    await Promise.all([this.drafted.settled(), this.disk.settled()])
    this.db.close()
  }
}

function worker(): ServiceWorkerContainer | undefined {
  return typeof navigator === 'undefined' ? undefined : navigator.serviceWorker
}

function storageManager(): StorageManager | undefined {
  return typeof navigator === 'undefined' ? undefined : navigator.storage
}

/** Have the browser tell us when there is a line, also in the background, where it can. It only wakes an app that is open: the key is in memory. */
function wakeWithLine(): void {
  type Sync = { sync?: { register(tag: string): Promise<void> } }
  void worker()?.ready.then((registration) => (registration as unknown as Sync).sync?.register('sync')).catch(noop)
}

function version(): string {
  return typeof __VERSION__ === 'undefined' ? '0' : __VERSION__
}
