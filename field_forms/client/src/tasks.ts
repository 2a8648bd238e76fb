// What the officer finds to do, each once: what is to be corrected first, then what waits for a person, then what is lacking or due.

import * as copies from './copies'
import type { ChangeRow } from './db'
import type { Page } from './disk'
import { worklistsAt, worklistsHere } from './library'
import { handleOf } from './outbox'
import * as own from './own'
import type { Index, Known } from './summary'
import type { Json, Notice, Owed, Task } from './types'

/** Setting that holds the ids of notices that the officer has put away. */
export const HEARD = 'heard'
/** The field that holds the day on which a worker got his card. */
export const CARD = 'card_given_on'

export async function tasksOf(page: Page, index: Index): Promise<Task[]> {
  const notices = await noticesHere(page)
  const notes = await notesOf(page, notices)
  const correct = await Promise.all((await own.toCorrect(page)).map((row) => correctTask(page, row, index, notes)))
  const busy = new Set(correct.map((task) => task.record))
  const conflicts = await conflictTasks(page, index)
  const lacking = await incompleteTasks(page, index, busy)
  return [...correct, ...conflicts, ...lacking, ...(await noticeTasks(page, index, notices, busy)), ...(await worklistTasks(page, index))]
}

/** What an operator wrote: by the seq of the change, and by the record, whichever has come. */
async function notesOf(page: Page, notices: Notice[]): Promise<Map<number | string, string>> {
  const notes = new Map<number | string, string>()
  for (const notice of notices) if (notice.why === 'returned' && notice.record) notes.set(await copies.resolve(page, notice.record), notice.text)
  for (const { seq, note } of (await worklistsHere(page))?.to_correct ?? []) if (note) notes.set(seq, note)
  return notes
}

async function correctTask(page: Page, row: ChangeRow, index: Index, notes: Map<number | string, string>): Promise<Task> {
  const change = await own.changeOf(page, row)
  const errors = (await own.resultOf(page, row))?.errors ?? {}
  const record = await copies.resolve(page, row.record)
  const name = index.get(record)?.name || (typeof change.fields.full_name === 'string' ? change.fields.full_name : '')
  const fields = Object.keys(errors)
  const note = notes.get(row.device === (await page.me()).device ? row.seq : 0) ?? notes.get(record)
  return {
    id: `correct:${row.device}:${row.seq}`, why: 'correct', record, kind: row.kind, name, fields: fields.length ? fields : Object.keys(change.fields),
    says: Object.values(errors).flat(), seq: handleOf(row, await page.me()), at: change.at,
    ...(note ? { note } : {}),
  }
}

/** Records in which a value of this phone's stands against another's. */
async function conflictTasks(page: Page, index: Index): Promise<Task[]> {
  const tasks: Task[] = []
  for (const known of index.filter((one) => one.tick === 'conflict')) {
    const opened = await copies.open(page, known.record)
    const fields = Object.keys(opened?.conflicts ?? {})
    if (!opened || !fields.length) continue
    const says = fields.map((field) => opened.conflicts[field]!.map((head) => spoken(head.value)).join(' / '))
    tasks.push(taskOf('conflict', known, fields, says, opened.conflicts[fields[0]!]![0]?.at))
  }
  return tasks
}

async function incompleteTasks(page: Page, index: Index, busy: Set<string>): Promise<Task[]> {
  const tasks: Task[] = []
  for (const known of index.filter((one) => one.lacks && !busy.has(one.record))) {
    const opened = await copies.open(page, known.record)
    // What was filled in here since is lacking no more, although the server has not said so yet.
    const fields = (opened?.derived.incomplete ?? []).filter((field) => (opened!.fields[field] ?? null) === null)
    if (fields.length) tasks.push(taskOf('incomplete', known, fields, []))
  }
  return tasks
}

/** Those that the officer has not put away, the oldest first. */
async function noticesHere(page: Page): Promise<Notice[]> {
  const setting = await page.get('sealed', `setting:${HEARD}`)
  const heard = new Set(setting ? (JSON.parse(await page.text('sealed', setting)) as Json[]) : [])
  const rows = (await page.all('notices')).filter((row) => !heard.has(row.id))
  return Promise.all(rows.map(async (row) => JSON.parse(await page.text('notices', row)) as Notice))
}

/** busy: records with something to correct, where what the operator wrote stands already. */
async function noticeTasks(page: Page, index: Index, notices: Notice[], busy: Set<string>): Promise<Task[]> {
  const tasks: Task[] = []
  for (const notice of [...notices].reverse()) {
    const record = notice.record ? await copies.resolve(page, notice.record) : ''
    const returned = notice.why === 'returned' && record !== ''
    if (returned && (busy.has(record) || (await wroteSince(page, record, notice.at)))) continue
    const known = record ? index.get(record) : undefined
    const { id, text, at } = notice
    const why = returned && known ? 'returned' : 'notice'
    tasks.push({ id: `notice:${id}`, why, record, kind: known?.kind ?? '', name: known?.name ?? '', fields: [], says: [text], at })
  }
  return tasks
}

/** He has looked at it again. */
async function wroteSince(page: Page, record: string, at: string): Promise<boolean> {
  return (await own.ofRecords(page, await copies.idsOf(page, record))).some((row) => row.at > Date.parse(at))
}

async function worklistTasks(page: Page, index: Index): Promise<Task[]> {
  return (await owedBy(page, index)).map(([why, known]) => taskOf(why, known, [], []))
}

/** Milliseconds that the server may take until its lists know what it was sent. */
const RECKONED_MS = 3600 * 1000

/**
 * What is owed, list by list, the worst first; a worker is asked for his contribution in one of them. Who has paid here since, or got his
 * card, is told no more, although the server has not reckoned with it yet.
 */
export async function owedBy(page: Page, index: Index): Promise<[Owed, Known][]> {
  const lists = await worklistsHere(page)
  const done = new Set(index.filter((one) => one.kind === 'contribution' && one.tick !== 'merged').map((one) => one.worker))
  const found: [Owed, Known][] = []
  for (const why of ['lapsed', 'in_arrears', 'due_soon'] as const) {
    for (const record of lists?.[why] ?? []) {
      const known = done.has(record) ? undefined : index.get(record)
      if (known) found.push([why, known])
      done.add(record)
    }
  }
  const fetched = await worklistsAt(page)
  for (const record of lists?.cards ?? []) {
    const known = index.get(record)
    const isNewer = known && (known.tick !== 'merged' || known.at > fetched - RECKONED_MS)
    if (known && !(isNewer && (await copies.open(page, record))?.fields[CARD])) found.push(['card', known])
  }
  for (const record of lists?.reactivated ?? []) {
    const known = index.get(record)
    if (known) found.push(['reactivated', known])
  }
  return found
}

function taskOf(why: Task['why'], known: Known, fields: string[], says: string[], at?: string): Task {
  const { record, kind, name } = known
  return { id: `${why}:${record}`, why, record, kind, name, fields, says, at: at ?? new Date(known.at).toISOString() }
}

function spoken(value: Json): string {
  return typeof value === 'string' ? value : value === null ? '–' : JSON.stringify(value)
}
