// What was begun before this phone became another device (protocol section 3, promise 4) speaks of records and changes by the ids and
// seqs of that time. By then the same names may be a twin's, so each is read in the life that it was given in.

import type { DraftRow } from './db'
import type { Page } from './disk'
import { handleOf } from './outbox'
import { referTo } from './own'
import type { Draft, Json } from './types'

/** The same value with the ids that records have by now; `life`: when its ids were given. */
export async function referNow<T extends Json>(page: Page, value: T, life: number | undefined): Promise<T> {
  if (life === undefined || life >= (await page.me()).life) return value
  return referTo(value, await newIds(page)) as T
}

/** Old id -> the one it has now, over as many lives as there were. */
export async function newIds(page: Page): Promise<{ [old: string]: string }> {
  const next = new Map((await page.all('renamed')).map((row) => [row.old, row.new]))
  const now: { [old: string]: string } = {}
  for (const old of next.keys()) {
    let id = old
    for (let steps = 0; next.has(id) && steps < 100; steps++) id = next.get(id)!
    now[old] = id
  }
  return now
}

/** A draft as it would have been begun today. */
export async function toThisLife(page: Page, draft: Draft, life: number | undefined): Promise<Draft> {
  const me = await page.me()
  if (life === undefined || life >= me.life) return draft
  const ids = await newIds(page)
  const { corrects, ...rest } = draft
  // A change that is known no more was corrected long ago: what was written here is then an ordinary form, and none of the others waits for it.
  const handle = corrects === undefined ? undefined : await handleNow(page, corrects, life).catch(() => undefined)
  return {
    ...rest, record: referTo(draft.record, ids) as string | null, answers: referTo(draft.answers as Json, ids) as Draft['answers'],
    ...(handle === undefined ? {} : { corrects: handle }),
  }
}

/** By what a screen names now the change that it named so in that life. */
export async function handleNow(page: Page, handle: number, life: number | undefined): Promise<number> {
  const me = await page.me()
  if (handle <= 0 || life === undefined || life >= me.life) return handle
  const rows = await page.all('changes')
  // What the server had of that self is still known by its seq of then; what it had not was counted anew with each life since.
  const kept = rows.find((row) => row.life === life && row.seq === handle)
  if (kept) return handleOf(kept, me)
  const carried = life === me.life - 1 ? rows.find((row) => row.life === me.life && row.was_seq === handle) : undefined
  if (!carried) throw new RangeError('no such change')
  return carried.seq
}

/** Which drafts there are, and of when: they are written beside all other edits, without a stamp. */
export function draftsIn(rows: DraftRow[]): string {
  return rows.map((draft) => `${draft.id} ${draft.saved}`).sort().join()
}

/** Rows of `sealed` under this are the remains of what could not be opened (`aside.ts`). */
export const ASIDE = 'aside:'

export function asideRange(): IDBKeyRange {
  return IDBKeyRange.bound(ASIDE, `${ASIDE}\uffff`)
}
