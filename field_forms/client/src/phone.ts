// The phone, locked and unlocked: what the shell of the app calls.

import type { Db } from './db'
import type { Disk } from './disk'
import type { Line } from './line'
import type { Phone } from './types'
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

/** The unlocked phone with what only the shell and builder parts need. */
export interface OpenPhone extends Phone {
  readonly deps: Deps
  /** Erase all that is kept here; the state is `wiped` afterwards. */
  wipe(): Promise<void>
  /** Enrol again under a new code (phase `needs-code`); everything is kept. Rejects with Refused or LineLost. */
  enrolAgain(code: string): Promise<void>
}

export declare function phoneState(): Promise<'new' | 'locked' | 'moved' | 'wiped'>
/** First start. May be repeated with the same code after a lost answer or a kill: the PIN then is that of the first time. */
export declare function begin(code: string, pin: string, name: string): Promise<OpenPhone>
/** Rejects with WrongPin {wait: seconds}. */
export declare function unlock(pin: string): Promise<OpenPhone>
/** Seconds until a PIN is looked at; 0: at once. */
export declare function waits(): Promise<number>
/** With the code that the operator gave: the data key comes back from the server, under a new PIN. */
export declare function recover(code: string, pin: string): Promise<OpenPhone>
/** What the officer reads out to the operator. */
export declare function recoveryId(): Promise<string | null>
export declare function changePin(old: string, pin: string): Promise<void>
