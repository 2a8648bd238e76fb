// Brings what was typed onto the phone's disk: soon after the last keystroke, never two at a time, and again when it failed.
import { PhoneFull } from '../types'

/** Why something could not be kept. elsewhere: another tab has this draft; closed: the phone was moved or wiped; cut: the browser took the storage away. */
export type Trouble = 'full' | 'failed' | 'elsewhere' | 'closed' | 'unsendable' | 'cut'
export type Kept = 'kept' | 'keeping' | Trouble

export function troubleOf(error: unknown): Trouble {
  // By what they carry, not by their classes: the form does not load the parts that these come from.
  const { name, state } = (error ?? {}) as { name?: string; state?: string }
  if (error instanceof PhoneFull) return 'full'
  if (name === 'Elsewhere') return 'elsewhere'
  if (name === 'Unsendable') return 'unsendable'
  if (name === 'InvalidStateError') return 'cut'
  return state === 'moved' || state === 'wiped' ? 'closed' : 'failed'
}

/** What stands only on the screen; '' when all of it is on the disk or on its way. */
export function troubleIn(state: Kept): Trouble | '' {
  return state === 'kept' || state === 'keeping' ? '' : state
}

/** After the last keystroke; and at the latest, for who types on without a pause. Milliseconds. */
export const PAUSE = 400
export const LATEST = 2000
const RETRY = 5000

export class Keeper {
  state: Kept = 'kept'
  private dirty = false
  private since = 0
  private timer: ReturnType<typeof setTimeout> | undefined
  private running: Promise<void> | null = null
  private stopped = false

  /** write: rejects where nothing could be kept. tell: called whenever `state` may have changed. */
  constructor(private readonly write: () => Promise<void>, private readonly tell: () => void = () => {}) {}

  touch(): void {
    if (this.stopped) return
    if (!this.dirty) this.since = Date.now()
    this.dirty = true
    this.say(this.state === 'kept' ? 'keeping' : this.state)
    this.soon(Math.max(0, Math.min(PAUSE, this.since + LATEST - Date.now())))
  }

  /** At once. Resolves when all that was typed is kept or has failed; true when it is kept. */
  async flush(): Promise<boolean> {
    clearTimeout(this.timer)
    while (!this.stopped && (this.running || (this.dirty && !this.running))) {
      await (this.running ?? this.run())
      if (troubleIn(this.state)) return false
    }
    return !this.dirty
  }

  /** Nothing is written any more: the draft has become a change, and must not come back. Resolves when what runs has ended. */
  async stop(): Promise<void> {
    this.stopped = true
    clearTimeout(this.timer)
    await this.running
  }

  resume(): void {
    this.stopped = false
    if (this.dirty) this.soon(PAUSE)
  }

  private soon(wait: number): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.flush(), wait)
  }

  private run(): Promise<void> {
    this.dirty = false
    this.running = this.write().then(() => this.say(this.dirty ? 'keeping' : 'kept'), (error: unknown) => {
      this.dirty = true
      this.say(troubleOf(error))
      if (!this.stopped) this.soon(RETRY)
    }).finally(() => {
      this.running = null
    })
    return this.running
  }

  private say(state: Kept): void {
    if (this.state === state) return
    this.state = state
    this.tell()
  }
}
