import type { Counts, StorageHealth, SyncState } from './types'

export const WARN_DAYS = 'warn-days'
export const WARN_DAYS_DEFAULT = 3
/** States of the sync that do not mend themselves. */
export const STOPPED = new Set<SyncState['phase']>(['portal', 'needs-code', 'revoked', 'refused', 'full', 'moved'])
const DAY = 86_400_000
const NEARLY_FULL = 50_000_000 // bytes: some days of forms with photos

/** What the officer should do something about, besides a sync that stopped. old: days, 0 when nothing has waited too long. */
export interface Matters { old: number; nearly: boolean; update: boolean }

export function matters(phase: SyncState['phase'], counts: Counts, storage: StorageHealth, warnDays: number, update: boolean, now = Date.now()): Matters {
  const days = counts.oldest === null ? 0 : Math.floor((now - counts.oldest) / DAY)
  return { old: days >= warnDays ? days : 0, nearly: phase !== 'full' && storage.free !== null && storage.free < NEARLY_FULL, update }
}
