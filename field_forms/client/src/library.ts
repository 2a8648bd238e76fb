// What the phone has beside the records: forms, rules, what is to be done, names of villages. Fetched after the data, asked for again
// only when it may have changed, and never a reason for the data to wait.

import type { Disk, Page } from './disk'
import type { Line } from './line'
import { deskCorrected } from './outbox'
import type { CompiledForm, Json, Rules, Village } from './types'

const HOUR = 3600 * 1000
/** Milliseconds after which each is asked for again; an officer who presses the button asks for the first two at once. */
const AGAIN: { [what: string]: number } = { forms: 6 * HOUR, worklists: 6 * HOUR, rules: 24 * HOUR, regions: 90 * 24 * HOUR }

export interface Worklists {
  incomplete: { record: string; fields: string[] }[]
  in_arrears: string[]
  lapsed: string[]
  due_soon: string[]
  /** a server of before has neither of these two */
  reactivated?: string[]
  cards?: string[]
  to_correct?: { seq: number; note?: string }[]
  /** quarantined changes that a desk has put right, or that need nothing more */
  corrected?: number[]
}

interface Shelf { etag: string | null; at: number; lang?: string; body: Json }

/** Fetch what may be new. news: the records have changed, so what is to be done has too. Answers whether anything was new. */
export async function refresh(disk: Disk, line: Line, lang: string, { news, pressed }: { news: boolean; pressed: boolean }): Promise<boolean> {
  const now = Date.now()
  let changed = false
  if (await isDue(disk, 'forms', now, pressed)) changed = (await fetchForms(disk, line, now)) || changed
  changed = (await fetchDraftsForms(disk, line)) || changed
  if (await isDue(disk, 'rules', now, false, lang)) changed = (await fetchOne(disk, line, 'rules', '/api/v1/rules?for=phone', now, lang)) || changed
  if (await isDue(disk, 'worklists', now, pressed || news)) {
    changed = (await fetchOne(disk, line, 'worklists', '/api/v1/worklists', now)) || changed
    await disk.edit(async (page) => heedDesk(page, await worklistsHere(page), now))
  }
  const within = (await disk.look((page) => page.me())).villages[0]?.code.slice(0, 2)
  if (within && (await isDue(disk, 'regions', now, false, within))) {
    changed = (await fetchOne(disk, line, 'regions', `/api/v1/regions?within=${within}&depth=3`, now, within)) || changed
  }
  return changed
}

export async function rulesHere(page: Page): Promise<Rules | null> {
  return ((await shelf(page, 'rules'))?.body as unknown as Rules | undefined) ?? null
}

export async function worklistsHere(page: Page): Promise<Worklists | null> {
  return ((await shelf(page, 'worklists'))?.body as unknown as Worklists | undefined) ?? null
}

/** When they were fetched, in milliseconds; 0: never. */
export async function worklistsAt(page: Page): Promise<number> {
  return (await shelf(page, 'worklists'))?.at ?? 0
}

/** All villages of the province once they were fetched; before that the phone's own. */
export async function regionsHere(page: Page): Promise<Village[]> {
  const regions = (await shelf(page, 'regions'))?.body as { regions?: Village[] } | undefined
  const villages = (regions?.regions ?? []).filter((region) => region.code.split('.').length === 4)
  return villages.length ? villages.map(({ code, name }) => ({ code, name })) : (await page.me()).villages
}

/** What a desk has put right is no task here any more; what it takes back is one again. */
async function heedDesk(page: Page, lists: Worklists | null, now: number): Promise<void> {
  if (lists?.corrected?.length || lists?.to_correct?.length) {
    await deskCorrected(page, new Set(lists.corrected), new Set(lists.to_correct?.map((one) => one.seq)), now)
  }
}

async function shelf(page: Page, what: string): Promise<Shelf | null> {
  const row = await page.get('sealed', `library:${what}`)
  return row ? (JSON.parse(await page.text('sealed', row)) as Shelf) : null
}

async function isDue(disk: Disk, what: string, now: number, asked: boolean, lang?: string): Promise<boolean> {
  const held = await disk.look((page) => shelf(page, what))
  // A clock that was set back makes an age below nothing: as good as old.
  return !held || asked || now - held.at > AGAIN[what]! || now < held.at || (lang !== undefined && held.lang !== lang)
}

async function fetchOne(disk: Disk, line: Line, what: string, path: string, now: number, lang?: string): Promise<boolean> {
  const held = await disk.look((page) => shelf(page, what))
  const reply = await line.get(path, held?.lang === lang ? held?.etag : null)
  if (reply.status !== 200 && reply.status !== 304) return false // this server has none: the data has come all the same
  const body = reply.status === 304 ? held!.body : reply.answer
  const fresh: Shelf = { etag: reply.etag ?? held?.etag ?? null, at: now, body, ...(lang === undefined ? {} : { lang }) }
  await disk.edit(async (page) => page.put('sealed', { key: `library:${what}`, box: JSON.stringify(fresh) }))
  return reply.status === 200
}

interface Newest { name: string; version: number; kind?: string; does?: string }

/** What an officer does first comes first: on a slow line the others take a minute more. */
function firstThingsFirst(a: Newest, b: Newest): number {
  return rank(a) - rank(b)
}

function rank({ kind, does }: Newest): number {
  return (kind === 'worker' ? 0 : 2) + (does === 'create' ? 0 : 1)
}

async function fetchForms(disk: Disk, line: Line, now: number): Promise<boolean> {
  const held = await disk.look((page) => shelf(page, 'forms'))
  const reply = await line.get('/api/v1/forms', held?.etag)
  if (reply.status !== 200 && reply.status !== 304) return false
  const list = (reply.status === 304 ? held!.body : reply.answer.forms) as Json[] | undefined
  if (!Array.isArray(list)) return false
  const newest = list as unknown as Newest[]
  for (const { name, version } of [...newest].sort(firstThingsFirst)) await fetchForm(disk, line, name, version, 1)
  await disk.edit(async (page) => {
    const shelved: Shelf = { etag: reply.etag ?? held?.etag ?? null, at: now, body: list }
    page.put('sealed', { key: 'library:forms', box: JSON.stringify(shelved) })
    await sortForms(page, newest)
  })
  return reply.status === 200
}

/** The newest of each name is offered; an older one stays while a draft was begun with it. */
async function sortForms(page: Page, newest: Newest[]): Promise<void> {
  const drafted = new Set((await page.all('drafts')).map((row) => row.form))
  for (const row of await page.all('forms')) {
    const current = newest.some(({ name, version }) => row.name === name && row.version === version)
    // What was published over is replaced only once its successor has arrived.
    const successor = newest.find(({ name }) => row.name === name)
    const keep = current || drafted.has(row.key) || (successor !== undefined && !(await page.get('forms', `${successor.name}@${successor.version}`)))
    if (!keep) page.delete('forms', row.key)
    else if (row.newest !== (current ? 1 : 0) && (current || drafted.has(row.key))) page.put('forms', { ...row, newest: current ? 1 : 0 })
  }
}

/** newest: it is offered as soon as it is here, in the place of the one before. */
async function fetchForm(disk: Disk, line: Line, name: string, version: number, newest: 0 | 1 = 0): Promise<boolean> {
  const key = `${name}@${version}`
  if (await disk.db.get('forms', key)) return false
  const reply = await line.get(`/api/v1/forms/${encodeURIComponent(name)}@${version}`)
  const form = reply.answer as unknown as CompiledForm
  if (reply.status !== 200 || !isForm(form)) return false // one that this app can't render is not offered
  await disk.edit(async (page) => {
    if (newest) for (const row of await page.all('forms')) if (row.name === name && row.newest) page.put('forms', { ...row, newest: 0 })
    page.put('forms', { key, name, version, etag: reply.etag ?? '', newest, form })
  })
  return true
}

/** A draft that came with a move from another phone, or was begun long ago, needs its own version. */
async function fetchDraftsForms(disk: Disk, line: Line): Promise<boolean> {
  let any = false
  for (const row of await disk.look((page) => page.all('drafts'))) {
    const [name, version] = row.form.split('@')
    if (name && /^\d+$/.test(version ?? '')) any = (await fetchForm(disk, line, name, Number(version))) || any
  }
  return any
}

function isForm(form: CompiledForm): boolean {
  return typeof form.name === 'string' && typeof form.version === 'number' && typeof form.kind === 'string' && Array.isArray(form.questions)
}

