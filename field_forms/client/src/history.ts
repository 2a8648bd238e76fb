// What happened to a record, as far as this phone knows: own changes with what became of them, and what others changed in it,
// noticed when it was told anew.

import * as copies from './copies'
import type { ChangeRow } from './db'
import type { Page } from './disk'
import type { Me } from './me'
import { canonical, handleOf } from './outbox'
import * as own from './own'
import type { Fields, Happened, Opened, Seen, Tick } from './types'

const MOST_NOTED = 50

/** Compare what the officer saw with what he sees now; our own changes lie on top of both. */
export async function noteSeenChange(page: Page, before: Opened, after: Opened | null, at: string): Promise<void> {
  if (!after) return
  const fields: Happened['fields'] = {}
  for (const name of new Set([...Object.keys(before.fields), ...Object.keys(after.fields)])) {
    const [was, is] = [before.fields[name] ?? null, after.fields[name] ?? null]
    if (canonical(was) !== canonical(is)) fields[name] = { before: was, after: is }
  }
  if (!Object.keys(fields).length) return
  const row = await page.get('history', after.record)
  const noted = row ? (JSON.parse(await page.text('history', row)) as Happened[]) : []
  noted.push({ at, by: whoWas(before.seen, after.seen), fields })
  page.put('history', { record: after.record, box: JSON.stringify(noted.slice(-MOST_NOTED)) })
}

function whoWas(before: Seen, after: Seen): 'others' | 'desk' {
  const rose = Object.keys(after).filter((device) => (after[device] ?? 0) > (before[device] ?? 0))
  return rose.length > 0 && rose.every((device) => device.startsWith('hq')) ? 'desk' : 'others'
}

/** Newest first. */
export async function historyOf(page: Page, asked: string): Promise<Happened[]> {
  const record = await copies.resolve(page, asked)
  const ids = await copies.idsOf(page, record)
  const me = await page.me()
  const waits = (await copies.open(page, record))?.conflicts ?? {}
  const happened = await Promise.all((await own.ofRecords(page, ids)).map((row) => ownOne(page, row, me, waits)))
  for (const id of ids) {
    const row = await page.get('history', id)
    if (row) happened.push(...(JSON.parse(await page.text('history', row)) as Happened[]))
  }
  return happened.sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : (b.seq ?? 0) - (a.seq ?? 0)))
}

/** waits: what differs in the record now. */
async function ownOne(page: Page, row: ChangeRow, me: Me, waits: Opened['conflicts']): Promise<Happened> {
  const change = await own.changeOf(page, row)
  const was = JSON.parse(await page.text('changes', row, 'was')) as Fields
  const result = await own.resultOf(page, row)
  const fields: Happened['fields'] = {}
  for (const [name, after] of Object.entries(change.fields)) fields[name] = name in was ? { before: was[name]!, after } : { after }
  const one: Happened = { at: change.at, seq: handleOf(row, me), by: 'me', form: change.form, tick: settled(tickOfChange(row, me), change.fields, waits), fields }
  return result?.errors ? { ...one, errors: result.errors } : one
}

/** Of what once differed the phone is told no more when somebody has decided: the record alone says it. */
function settled(tick: Tick, fields: Fields, waits: Opened['conflicts']): Tick {
  return tick === 'conflict' && !Object.keys(fields).some((name) => name in waits) ? 'merged' : tick
}

function tickOfChange(row: ChangeRow, me: Me): Tick {
  if (row.status === 'quarantined' || row.status === 'given_up') return row.corrected_by === null ? 'correct' : 'received'
  if (row.status === 'merged' || row.status === 'conflict') return row.status
  return row.status === 'received' || row.life < me.life || row.seq <= me.acked ? 'received' : 'here'
}
