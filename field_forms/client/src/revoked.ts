// The end of a revoked phone: what is unsent goes to the server sealed; then, and not a moment earlier, nothing stays here.

import { draftsIn } from './born'
import { handOver } from './bundle'
import { STORES } from './db'
import { empty, strictly } from './disk'
import { isTouched } from './forms'
import { lang } from './i18n'
import { LineLost } from './line'
import type { Deps } from './phone'
import type { Draft } from './types'

/** How long drafts may still be finished before the phone is wiped with what was handed over. */
const TO_FINISH_MS = 24 * 3600 * 1000

/** Rejects with LineLost while something holds the phone from being wiped: tried again later; meanwhile the officer may share it. */
export async function handOverAndWipe(deps: Deps, drafts: () => Promise<Draft[]>, { base, now }: { base: string; now: () => number }): Promise<void> {
  for (let tries = 0; tries < 5; tries++) {
    const { stamp, since } = await deps.disk.look(async (page) => ({ stamp: page.stamp, since: (await page.me()).revoked_at ?? now() }))
    const kept = draftsIn(await deps.db.getAll('drafts'))
    const { taken } = await handOver(deps, lang(), base)
    if (!taken) throw new LineLost('not handed over yet')
    // A bundle takes no half-filled form: the officer has a day to save what is one, and it goes along after all.
    const unfinished = (await drafts()).some((draft) => !draft.practice && isTouched(draft))
    if (unfinished && Math.abs(now() - since) < TO_FINISH_MS) throw new LineLost('drafts are left')
    if (await wipeAsOf(deps, stamp, kept)) return
  }
  throw new LineLost('somebody writes all the time')
}

/** false: something was entered since, maybe in another tab, and has not been handed over. */
async function wipeAsOf(deps: Deps, stamp: number, drafts: string): Promise<boolean> {
  let current = false
  await strictly(deps.db, STORES, async (tx) => {
    const meta = tx.objectStore('meta')
    const [now, kept] = await Promise.all([meta.get('stamp'), tx.objectStore('drafts').getAll()])
    current = ((now as number | undefined) ?? 0) === stamp && draftsIn(kept) === drafts
    if (current) empty(tx, 'wiped')
  })
  return current
}
