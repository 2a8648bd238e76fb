// A sealed row that can't be opened any more: storage goes bad on cheap phones. It is set aside as it lies, the rest goes on, and what can't be
// had again from the server or from other rows is told to the officer; the operator sees how many there are.

import en from './aside.en.json'
import id from './aside.id.json'
import { ASIDE } from './born'
import type { ChangeRow, Key, Row, Store } from './db'
import { SECRETS, type Disk, type Page } from './disk'
import { addWords, t } from './i18n'
import * as outbox from './outbox'
import { chunkOf } from './summary'
import type { Change, Notice } from './types'

addWords('id', id)
addWords('en', en)

/** where: as `whereOf` says it. Answers whether whoever met that row may go on without it. */
export async function setAside(disk: Disk, where: string): Promise<boolean> {
  const [store = '', ...more] = where.split('|')
  const part = more.pop() ?? ''
  const name = more.join('|')
  if (!(store in SECRETS) || where === 'sealed|me|box' || name.startsWith(ASIDE)) return false
  await disk.look((page) => page.me()) // where not even that opens, this is another phone's storage and none of ours to mend
  return disk.edit((page) => move(page, store as Store, keyOf(store as Store, name), part, where))
}

function keyOf(store: Store, name: string): Key<Store> {
  if (store === 'summary' || store === 'notices') return Number(name)
  if (store !== 'changes') return name
  const at = name.lastIndexOf(',')
  return [name.slice(0, at), Number(name.slice(at + 1))]
}

async function move(page: Page, store: Store, key: Key<Store>, part: string, where: string): Promise<boolean> {
  const row = (await page.get(store, key as never)) as Row<Store> | undefined
  const box = (row as unknown as { [part: string]: Uint8Array } | undefined)?.[part]
  if (!row || !box || (await opensAfterAll(page, store, row, part))) return true // another tab was quicker, or the phone was short of memory
  page.put('sealed', { key: ASIDE + where, box })
  if (store === 'changes') return mendChange(page, row as ChangeRow, part)
  page.delete(store, key as never)
  if (store === 'summary') await drawAnew(page, key as number)
  if (store === 'records') await haveToldAnew(page)
  if (store === 'drafts' || store === 'notices') await say(page, t(`aside.${store}`))
  if (store === 'files' && (row as Row<'files'>).state === 'new') await say(page, t('aside.files'))
  return true
}

/** Nothing is given up on one failure: a phone with no memory to spare can't open what is whole either. */
async function opensAfterAll(page: Page, store: Store, row: Row<Store>, part: string): Promise<boolean> {
  for (let tries = 0; tries < 3; tries++) {
    const opens = await page.text(store, row as never, part).then(() => true, () => false)
    if (opens) return true
    await new Promise((done) => setTimeout(done, 100))
  }
  return false
}

/** What the change held is gone; its seq must not be used for anything else, and the server is told that it never comes (`lost_to`). */
async function mendChange(page: Page, row: ChangeRow, part: string): Promise<boolean> {
  if (part !== 'body') {
    page.put('changes', { ...row, ...(part === 'was' ? { was: '{}' } : { result: null }) })
    return true
  }
  const { seq, record, kind, village, device } = row
  const at = new Date(row.at).toISOString()
  const body = JSON.stringify({ seq, kind, record, village, at, form: '', fields: {} } satisfies Change)
  page.put('changes', { ...row, body, status: 'given_up', worked: 1, corrected_by: seq })
  const me = await page.me()
  if (device === me.device && seq > me.acked) await say(page, t('aside.changes', { when: new Date(row.at).toLocaleString() }), row.creates ? undefined : record)
  await outbox.summarise(page, [record], row.at)
  return true
}

/** The server has it: without cursors it tells all of the villages once more. */
async function haveToldAnew(page: Page): Promise<void> {
  const { device } = (await page.me()).cursors
  await page.putMe({ cursors: device === undefined ? {} : { device } })
}

async function drawAnew(page: Page, chunk: number): Promise<void> {
  const ids = new Set([...(await page.all('records')).map((row) => row.record), ...(await page.recordsChangedHere())])
  page.put('summary', { chunk, rev: page.stamp, box: '[]' })
  await outbox.summarise(page, [...ids].filter((id) => chunkOf(id) === chunk), Date.now())
}

/** Among the notices of the office, under a number that the office never gives. */
async function say(page: Page, text: string, record?: string): Promise<void> {
  const least = Math.min(0, ...(await page.all('notices')).map((row) => row.id)) - 1
  const notice: Notice = { id: least, text, at: new Date().toISOString(), ...(record ? { record } : {}) }
  page.put('notices', { id: least, box: JSON.stringify(notice) })
}
