import 'fake-indexeddb/auto'
import { describe, expect, it } from 'vitest'
import { openDb } from '../src/db'
import { Disk } from '../src/disk'
import { LineLost, type Line } from '../src/line'
import { refresh } from '../src/library'
import type { CompiledForm } from '../src/types'
import { makeVault } from '../src/vault'

const LISTED = [
  { name: 'claim', version: 1, kind: 'claim', does: 'create' },
  { name: 'worker_update', version: 2, kind: 'worker', does: 'edit' },
  { name: 'worker', version: 3, kind: 'worker', does: 'create' },
]
const form = ({ name, version, kind, does }: (typeof LISTED)[number]): CompiledForm =>
  ({ name, version, kind, does, title: { id: name, en: name }, languages: ['id', 'en'], questions: [], choices: {}, dynamic: [] }) as CompiledForm

/** A server of which so many answers get through; asked: what was asked for. */
function lineOf(answers: number, asked: string[]): Line {
  return {
    async get(path: string) {
      asked.push(path)
      if (asked.length > answers) throw new LineLost('cut')
      const found = LISTED.find((one) => path.endsWith(`/${one.name}@${one.version}`))
      if (path === '/api/v1/forms') return { status: 200, answer: { forms: LISTED }, etag: 'W/"1"' }
      return found ? { status: 200, answer: form(found), etag: 'W/"2"' } : { status: 404, answer: {}, etag: null }
    },
  } as unknown as Line
}

async function newDisk(name: string): Promise<Disk> {
  const db = await openDb(name)
  return new Disk(db, await makeVault(db, '481516', 10))
}

const offered = async (disk: Disk) => (await disk.db.getAll('forms')).filter((row) => row.newest).map((row) => row.key)

describe('the forms of a phone that was enrolled a moment ago', () => {
  it('come with the registration first, which is offered though the line breaks after it', async () => {
    const [disk, asked] = [await newDisk('first'), [] as string[]]
    await expect(refresh(disk, lineOf(2, asked), 'id', { news: true, pressed: false })).rejects.toThrow(LineLost)
    expect(asked.slice(0, 2)).toEqual(['/api/v1/forms', '/api/v1/forms/worker@3'])
    expect(await offered(disk)).toEqual(['worker@3'])
  })

  it('are offered in one version each, the newest that has arrived', async () => {
    const [disk, asked] = [await newDisk('newer'), [] as string[]]
    await disk.edit(async (page) => page.put('forms', { key: 'worker@2', name: 'worker', version: 2, etag: '', newest: 1, form: form({ ...LISTED[2]!, version: 2 }) }))
    await refresh(disk, lineOf(2, asked), 'id', { news: true, pressed: false }).catch(() => {})
    expect(await offered(disk)).toEqual(['worker@3'])
    await refresh(disk, lineOf(99, []), 'id', { news: true, pressed: true })
    expect((await offered(disk)).sort()).toEqual(['claim@1', 'worker@3', 'worker_update@2'])
    expect((await disk.db.getAllKeys('forms')).sort()).toEqual(['claim@1', 'worker@3', 'worker_update@2'])
  })
})
