// How much to ask of a line at a time, and how long to wait when it fails. Pure: chance is handed in.

/** changes: how many to send at a time. pull: bytes of records to ask for. */
export interface Pace { changes: number; pull: number }

export const LEAST_PULL = 4096
/** A phone with 2 GB has to hold an answer twice while it takes it in. */
export const MOST_PULL = 1024 * 1024
export const FIRST_PACE: Pace = { changes: 200, pull: MOST_PULL }

/** The line bears more than it was given: double, up to `most` changes (the server's limit). */
export function afterSuccess(pace: Pace, most: number): Pace {
  return { changes: Math.max(1, Math.min(pace.changes * 2, most)), pull: Math.min(pace.pull * 2, MOST_PULL) }
}

/** The line broke with `sent` changes on it: a quarter of that next time, so that something gets through soon. */
export function afterFailure(pace: Pace, sent: number): Pace {
  return { changes: quarter(Math.min(pace.changes, sent || pace.changes)), pull: Math.max(LEAST_PULL, Math.floor(pace.pull / 4)) }
}

/** The server said 413 to `sent` changes. */
export function afterTooLarge(pace: Pace, sent: number): Pace {
  return { ...pace, changes: Math.max(1, Math.floor(Math.min(pace.changes, sent) / 2)) }
}

/** The disk took no more of what was told: ask for less at a time. */
export function afterFullDisk(pace: Pace): Pace {
  return { ...pace, pull: Math.max(LEAST_PULL, Math.floor(pace.pull / 8)) }
}

/**
 * Milliseconds before the next attempt. attempt: 0 after the first failure. Doubles up to five minutes, and half of it is left to
 * chance, lest all phones of a valley come back in the same second. asked: the server's Retry-After, never undercut.
 */
export function waitMs(attempt: number, chance: () => number = Math.random, asked: number | null = null): number {
  const longest = Math.min(300_000, 1000 * 2 ** Math.min(attempt, 30))
  return Math.round((asked ?? 0) + longest * (0.5 + chance() / 2))
}

function quarter(count: number): number {
  return Math.max(1, Math.floor(count / 4))
}
