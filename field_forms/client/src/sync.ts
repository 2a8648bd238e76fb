// The device protocol from the phone's side: one round trip where one is enough, by itself whenever there is a line, in one tab at a time.
// What was taken in stays; whatever breaks, everything entered is still in the outbox.

import { Closed, type Disk } from './disk'
import { drawAttempt } from './enrol'
import { LineLost, mustHold, NotReached, Portal, Refused, type Line, type Problem, type Reply } from './line'
import type { Me } from './me'
import { alone } from './news'
import * as outbox from './outbox'
import * as own from './own'
import { afterFailure, afterFullDisk, afterSuccess, afterTooLarge, LEAST_PULL, MOST_PULL, waitMs, type Pace } from './pace'
import { PhoneFull, type Json, type SyncPhase, type SyncState } from './types'

/** The server does not know this phone (any more): everything is kept; a new code is needed. */
export class NeedsCode extends Error {}
/** This phone may not sync any more. */
export class Revoked extends Error {}
/** The server answers, but takes and tells nothing more, although there is more to send. */
export class Stalled extends Error {}

const STATUS_EVERY_MS = 24 * 3600 * 1000
/** Where trying again soon would change nothing. */
const LONG_WAIT_MS = 30 * 60 * 1000
const AFTER_SAVE_MS = 1500
/** No proxy that lets an app through takes less. */
const LARGE_BYTES = 64 * 1024

export interface Around {
  app: string
  /** whether it goes by itself */
  auto: boolean
  now(): number
  chance(): number
  /** what the operator may know of this phone beside the outbox */
  health(): Promise<{ [name: string]: Json }>
  /** forms, rules, what is to be done: after the data. pressed: the officer asked */
  library(news: boolean, pressed: boolean): Promise<void>
  files(wanted: string[]): Promise<void>
  /** the server's key may be another */
  keyed(me: Me): Promise<void>
  /** seal and hand over what is unsent; then this phone is wiped */
  revoked(): Promise<void>
  /** there is no line: be told when there is one */
  offline(): void
  /** the state is another, in this tab */
  told(state: SyncState): void
  lease: { swap(change: (held: unknown) => unknown): Promise<boolean> }
  /** of the lock that one tab holds */
  name: string
}

export const AT_REST: SyncState = {
  phase: 'idle', sent: 0, to_send: 0, received: 0, bytes_up: 0, bytes_down: 0, last: null, next: null, says: null,
}

export class Syncer {
  state: SyncState = { ...AT_REST }
  private running: Promise<void> | null = null
  private timer: ReturnType<typeof setTimeout> | null = null
  private failures = 0
  private again = false
  private stopped = false
  private pull: number | null = null // while the disk is too full to keep even the pace

  constructor(private readonly disk: Disk, private readonly line: Line, private readonly around: Around) {}

  /** Sync now, and from here on by itself. */
  start(): void {
    if (typeof addEventListener !== 'undefined') {
      addEventListener('online', this.soon)
      if (typeof document !== 'undefined') document.addEventListener('visibilitychange', this.soon)
    }
    this.soon()
  }

  stop(): void {
    this.stopped = true
    if (this.timer) clearTimeout(this.timer)
    if (typeof removeEventListener !== 'undefined') {
      removeEventListener('online', this.soon)
      if (typeof document !== 'undefined') document.removeEventListener('visibilitychange', this.soon)
    }
    this.line.abandon()
  }

  /** Something was saved: go when the officer is done for the moment. */
  saved(): void {
    if (this.running) this.again = true
    else if (this.failures === 0) this.later(AFTER_SAVE_MS)
  }

  private readonly soon = (): void => {
    if (typeof document !== 'undefined' && document.visibilityState === 'hidden') return
    this.later(0)
  }

  private later(wait: number): void {
    if (this.stopped || !this.around.auto) return
    if (this.timer) clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.run(false), wait)
    ;(this.timer as { unref?: () => void }).unref?.()
  }

  /** Resolves when this run is over, however it ended: `state` tells. Never two at once, in all tabs together. */
  run(pressed: boolean): Promise<void> {
    if (this.running && pressed) this.again = true
    this.running ??= this.lead(pressed).finally(() => (this.running = null))
    return this.running
  }

  private async lead(pressed: boolean): Promise<void> {
    if (this.stopped) return
    if (this.timer) clearTimeout(this.timer)
    const led = await alone(this.around.lease, async (extend) => {
      do {
        this.again = false
        await this.once(pressed, extend)
      } while (this.again && this.failures === 0 && !this.stopped)
    }, this.around.name)
    if (!led) this.later(waitMs(4, this.around.chance)) // another tab is at it, and tells
  }

  private async once(pressed: boolean, extend: () => Promise<void>): Promise<void> {
    const before = { ...this.line.traffic }
    const me = await this.disk.look((page) => page.me())
    this.tell({ ...AT_REST, phase: me.revoked ? 'revoked' : 'sending', last: me.synced, to_send: Math.max(0, me.last_seq - me.acked) })
    const traffic = (): void => {
      this.state.bytes_up = this.line.traffic.up - before.up
      this.state.bytes_down = this.line.traffic.down - before.down
    }
    try {
      const news = await this.data(traffic, extend)
      await this.beside(news, pressed, traffic)
      const synced = this.around.now()
      await this.disk.edit((page) => page.putMe({ synced }))
      this.failures = 0
      this.pull = null
      traffic()
      this.tell({ phase: 'idle', last: synced, next: null, says: null })
      this.later(LONG_WAIT_MS)
    } catch (error) {
      traffic()
      await this.failed(error)
    }
  }

  /** Round after round until there is no more of either. Answers whether anything came or went. */
  private async data(traffic: () => void, extend: () => Promise<void>): Promise<boolean> {
    const acked = (await this.disk.look((page) => page.me())).acked
    let news = false
    for (let more = true; more; ) {
      if (this.stopped) throw new LineLost('stopped')
      await extend()
      try {
        more = await this.round()
      } catch (error) {
        if (!(error instanceof PhoneFull) || !(await this.askForLess())) throw error
      }
      const me = await this.disk.look((page) => page.me())
      this.state.sent = Math.min(this.state.to_send, Math.max(this.state.sent, me.acked - acked))
      traffic()
      news ||= this.state.sent > 0 || this.state.received > 0
      this.tell({})
    }
    return news
  }

  private async beside(news: boolean, pressed: boolean, traffic: () => void): Promise<void> {
    const me = await this.disk.look((page) => page.me())
    await this.around.library(news, pressed) // an officer waits for the forms; the seal for the operator's help can follow
    traffic()
    await this.around.keyed(me)
    await this.around.files(me.wanted)
  }

  /** The disk took no more: what is told is taken in smaller pieces. Answers whether it can be asked for less. */
  private async askForLess(): Promise<boolean> {
    const pace = await this.pace()
    if (pace.pull <= LEAST_PULL) return false
    this.pull = afterFullDisk(pace).pull
    return true
  }

  private async pace(): Promise<Pace> {
    const { pace } = await this.disk.look(outbox.ask)
    return { ...pace, pull: Math.min(pace.pull, this.pull ?? MOST_PULL) }
  }

  /** One request and its answer. Answers whether there is more to do. */
  private async round(): Promise<boolean> {
    const me = await this.disk.look((page) => page.me())
    if (me.revoked) throw new Revoked()
    if (me.forked_from !== null) await this.beAnother(me)
    const asked = await this.disk.look(outbox.ask)
    const pace = { ...asked.pace, pull: Math.min(asked.pace.pull, this.pull ?? MOST_PULL) }
    const before = await this.progress()
    const statusDue = await this.isStatusDue(asked)
    const reply = await this.send(asked, pace, statusDue)
    const more = await this.read(reply, asked, pace, statusDue)
    const told = Array.isArray(reply.answer.records) && reply.answer.records.length > 0
    if (more && !told && (await this.progress()) === before) throw new Stalled()
    return more
  }

  private async progress(): Promise<string> {
    return this.disk.look(async (page) => {
      const { device, epoch, acked, forked_from, pace, cursors } = await page.me()
      const givenUp = await page.where('changes', 'corrected', 'given_up')
      return JSON.stringify([device, epoch, acked, forked_from, pace, cursors, (await own.unanswered(page)).length, givenUp.length])
    })
  }

  private async send(asked: outbox.Asked, pace: Pace, statusDue: boolean): Promise<Reply> {
    const about: { [name: string]: Json } = { sent_at: new Date(this.around.now()).toISOString(), epoch: asked.epoch, cursors: asked.cursors, limit: pace.pull }
    if (asked.batch.lost_to !== null) about.lost_to = asked.batch.lost_to
    if (statusDue) about.status = { app: this.around.app, ...(await this.status()), ...(await this.around.health()) }
    // The changes go as the very text that the outbox holds.
    const text = `{"changes":[${asked.batch.texts.join(',')}],${JSON.stringify(about).slice(1)}`
    try {
      return await this.line.post('/api/v1/sync', text)
    } catch (error) {
      // Nothing went out, or somebody else answered: that says nothing of how much the line bears.
      if (error instanceof LineLost && !(error instanceof NotReached) && !(error instanceof Portal) && !this.stopped) {
        await this.keepPace(afterFailure(pace, asked.batch.seqs.length))
      }
      throw error
    }
  }

  /** A full disk is no reason to stop sending. */
  private async keepPace(pace: Pace): Promise<void> {
    try {
      await this.disk.edit((page) => page.putMe({ pace }))
    } catch (error) {
      if (!(error instanceof PhoneFull)) throw error
      this.pull = pace.pull
    }
  }

  private async isStatusDue(asked: outbox.Asked): Promise<boolean> {
    const { status_at } = await this.disk.look((page) => page.me())
    return asked.batch.seqs.length > 0 || status_at === null || Math.abs(this.around.now() - status_at) > STATUS_EVERY_MS
  }

  private async status(): Promise<{ [name: string]: Json }> {
    const rows = await this.disk.look(own.unsent)
    return rows.length ? { queued: rows.length, oldest: new Date(rows[0]!.at).toISOString() } : { queued: 0 }
  }

  private async read(reply: Reply, asked: outbox.Asked, pace: Pace, statusDue: boolean): Promise<boolean> {
    const { status, answer } = reply
    if (status === 200) return this.take(answer, asked, pace, statusDue)
    const kind = slugOf(answer as Problem)
    if (answer.type === undefined && status !== 413) throw new Portal(`${status} that is none of the server's`)
    if (status === 401) return this.lockedOut(kind)
    const sent = asked.batch.seqs
    if (status === 409 && kind === 'forked' && typeof answer.seq === 'number') {
      const forked_from = answer.seq
      await this.disk.edit(async (page) => {
        if ((await page.me()).device === asked.device) await page.putMe({ forked_from })
      })
    } else if (status === 409 && kind === 'gap' && typeof answer.acked === 'number') {
      const [epoch, acked] = [String(answer.epoch ?? ''), answer.acked]
      await this.disk.edit((page) => outbox.takeStanding(page, epoch, acked, asked))
    } else if (status === 413 && sent.length === 1 && (answer.type !== undefined || (await this.isLarge(sent[0]!)))) {
      await this.disk.edit(async (page) => {
        await own.giveUp(page, sent[0]!)
        const row = await page.get('changes', [asked.device, sent[0]!])
        if (row) await outbox.summarise(page, [row.record], this.around.now())
      })
    } else if (status === 413 && sent.length > 1) {
      await this.keepPace(afterTooLarge(pace, sent.length))
    } else if (answer.type === undefined) {
      throw new Portal(`${status} that is none of the server's`) // a form is not given up because somebody on the way has no room for 2 kB
    } else {
      throw new Refused(status, answer as Problem)
    }
    return true
  }

  /** Whether a proxy on the way may well have found this one too large. */
  private async isLarge(seq: number): Promise<boolean> {
    return this.disk.look(async (page) => ((await page.get('changes', [(await page.me()).device, seq]))?.size ?? 0) > LARGE_BYTES)
  }

  private async take(answer: Reply['answer'], asked: outbox.Asked, pace: Pace, statusDue: boolean): Promise<boolean> {
    mustHold(answer, { server_time: 'string', epoch: 'string', acked: 'number', results: 'list', records: 'list', cursors: 'object' })
    const told = answer as unknown as outbox.Answer
    if (told.records.length) this.tell({ phase: 'receiving' })
    const more = await this.disk.edit(async (page) => {
      const again = await outbox.take(page, told, asked, this.around.now())
      const me = await page.me()
      await page.putMe({ pace: afterSuccess(pace, me.limits.max_changes) })
      if (statusDue) await page.putMe({ status_at: this.around.now() })
      const waits = me.last_seq > me.acked || (await own.unanswered(page)).length > 0
      return again || !!told.more || waits || me.forked_from !== null
    })
    this.state.received += told.records.length
    if (this.pull !== null) this.pull = Math.min(MOST_PULL, this.pull * 2)
    return more
  }

  private async lockedOut(kind: string): Promise<never> {
    if (kind === 'device-revoked') {
      await this.disk.edit((page) => page.putMe({ revoked: true, revoked_at: this.around.now() }))
      throw new Revoked()
    }
    // A token that nobody knows may be of a phone enrolled after the backup that was restored.
    await this.disk.edit((page) => page.putMe({ unknown: true }))
    throw new NeedsCode()
  }

  /** Another phone goes by this one's name. The old token serves once in place of a code (promise 4). */
  private async beAnother(me: Me): Promise<void> {
    try {
      await enrol(this.disk, this.line, me.token, this.around.now)
    } catch (error) {
      if (error instanceof Refused) throw new NeedsCode()
      throw error
    }
  }

  private async failed(error: unknown): Promise<void> {
    if (this.stopped) return
    const asked = error instanceof LineLost ? error.retryAfter : null
    const phase = phaseOf(error)
    const rare = phase === 'refused' || phase === 'needs-code' || phase === 'full'
    const wait = rare ? LONG_WAIT_MS * (0.5 + this.around.chance() / 2) : waitMs(this.failures, this.around.chance, asked)
    this.failures++
    const says = error instanceof Refused ? (error.problem.detail ?? error.problem.title ?? null) : null
    const over = phase === 'revoked' || phase === 'moved'
    const next = over ? null : this.around.now() + wait
    this.tell({ phase, next, says })
    if (error instanceof LineLost) this.around.offline()
    if (phase === 'revoked') await this.around.revoked().catch(() => this.later(LONG_WAIT_MS))
    else if (!over) this.later(wait)
    if (!isOurs(error)) console.error('sync', error instanceof Error ? error.name : typeof error, error instanceof Error ? error.stack : '')
  }

  private tell(what: Partial<SyncState>): void {
    Object.assign(this.state, what)
    this.around.told(this.state)
  }
}

/** Also the first time. May be repeated with the same code after a lost answer, also after a kill. Rejects with LineLost, Refused. */
export async function enrol(disk: Disk, line: Line, code: string, now: () => number, about: { [name: string]: Json } = {}): Promise<void> {
  const trying = await disk.edit(async (page) => {
    const me = await page.me()
    const attempt = me.attempt?.code === code ? me.attempt : { code, attempt: drawAttempt() }
    await page.putMe({ attempt })
    return { ...attempt, ...(me.unknown && me.device ? { former: me.device } : {}), ...(me.name ? { name: me.name } : {}) }
  })
  const { status, answer } = await line.post('/api/v1/enrol', JSON.stringify({ ...trying, ...about }), false)
  if (status !== 201) {
    if (answer.type === undefined) throw new Portal(`${status} that is none of the server's`)
    throw new Refused(status, answer as Problem)
  }
  mustHold(answer, { device: 'string', token: 'string', epoch: 'string', acked: 'number', villages: 'list', server_time: 'string' })
  await disk.edit((page) => outbox.become(page, answer as unknown as outbox.Enrolled, now()))
}

function phaseOf(error: unknown): SyncPhase {
  if (error instanceof Closed) return 'moved'
  if (error instanceof PhoneFull) return 'full'
  if (error instanceof Portal) return 'portal'
  if (error instanceof NotReached) return 'offline'
  if (error instanceof NeedsCode) return 'needs-code'
  if (error instanceof Revoked) return 'revoked'
  if (error instanceof Refused) return 'refused'
  return 'waiting'
}

function isOurs(error: unknown): boolean {
  return [Closed, LineLost, PhoneFull, NeedsCode, Revoked, Refused, Stalled].some((kind) => error instanceof kind)
}

export function slugOf(problem: Problem): string {
  return String(problem.type ?? '').replace(/^urn:sambung:/, '')
}
