// The phone becomes another device, because it had a twin or was set back (protocol section 3, promise 4). Rare, and only with a line: a part
// of its own.

import * as copies from './copies'
import type { Page } from './disk'
import * as own from './own'
import type { Change, Fields } from './types'

export async function becomeAnother(page: Page, device: string, now: number): Promise<void> {
  const me = await page.me()
  const first = me.forked_from ?? me.acked + 1
  const life = me.life + 1
  await own.acknowledge(page, first - 1, now)
  const fresh = await adopt(page, device, life, first)
  page.put('formers', { device: me.device, up_to: first - 1 })
  await page.putMe({ life, cursors: {} })
  await copies.doubt(page)
  // Under the old ids of what we carry over stands, if anything, what the twin made: it is told again.
  for (const old of Object.keys(fresh)) page.delete('records', old)
}

/**
 * Carry what begins at `first` over to a new device id (protocol section 3, promise 4): counted again from 1; `seen` names the
 * former self up to `first - 1`; records that these changes make get new ids, also where others refer to them. Answers old id -> new.
 */
async function adopt(page: Page, device: string, life: number, first: number): Promise<{ [old: string]: string }> {
  const former = (await page.me()).device
  const fresh: { [old: string]: string } = {}
  for (const made of await page.where('created', 'device', former)) {
    if (made.seq >= first && made.record.startsWith(`${former}-`)) fresh[made.record] = device + made.record.slice(former.length)
  }
  const moved = await page.between('changes', [former, first], [former, own.LAST])
  const seqs = new Map(moved.map((row, n) => [row.seq, n + 1]))
  for (const row of moved) page.delete('changes', [former, row.seq])
  for (const row of moved) {
    const was = await page.text('changes', row, 'was')
    const change = underNewId(await own.changeOf(page, row), seqs.get(row.seq)!, fresh, former, first - 1)
    const again = own.insert(page, device, life, change, was, row.creates === 1)
    page.put('changes', { ...again, status: row.status === 'given_up' ? 'given_up' : '', corrected_by: seqs.get(row.corrected_by ?? 0) ?? null, was_seq: row.seq })
  }
  for (const [old, now] of Object.entries(fresh)) {
    const made = (await page.get('created', old))!
    page.delete('created', old)
    page.put('created', { record: now, device, seq: seqs.get(made.seq) ?? 0 })
    page.put('renamed', { old, new: now })
  }
  await page.putMe({ last_seq: moved.length })
  return fresh
}

function underNewId(change: Change, seq: number, fresh: { [old: string]: string }, former: string, upTo: number): Change {
  const moved: Change = { ...change, seq, record: fresh[change.record] ?? change.record, fields: own.referTo(change.fields, fresh) as Fields }
  if (upTo && !(change.record in fresh)) moved.seen = { ...change.seen, [former]: upTo }
  return moved
}
