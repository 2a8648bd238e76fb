import { beforeEach, describe, expect, it, vi } from 'vitest'
import { filesIn, forgetFiles, KEPT_AFTER_SENT, keepFile, readFile, refusedFiles, sendFiles, waitingFiles } from '../src/files'
import { LineLost } from '../src/line'
import type { Deps } from '../src/phone'
import type { Draft, FileValue, Json } from '../src/types'
import { type Handset, NUR, Village } from './village'

vi.setConfig({ testTimeout: 60_000 }) // a busy machine is no failure

/** The tus half of a server; `fate` of each call. */
class Uploads {
  got = new Map<string, { sha256: string; size: number; at: number }>()
  order: string[] = []
  bytes = 0
  fate: (n: number) => 'ok' | 'cut' | number = () => 'ok'
  private n = 0

  ask: Deps['line']['ask'] = async (path, init) => {
    const fate = this.fate(this.n++)
    if (fate === 'cut') throw new LineLost('cut')
    if (typeof fate === 'number') return said(fate)
    if (init.method === 'POST') {
      const sha256 = atob(/sha256 ([^,]+)/.exec(init.headers['Upload-Metadata']!)![1]!)
      const url = `/api/v1/files/${this.got.size}`
      this.got.set(url, { sha256, size: Number(init.headers['Upload-Length']), at: 0 })
      this.order.push(sha256)
      return said(201, { Location: url, 'Upload-Offset': '0' })
    }
    const upload = this.got.get(path)
    if (!upload) return said(404)
    if (init.method === 'PATCH') {
      this.bytes += (init.body as Uint8Array).length
      upload.at += (init.body as Uint8Array).length
    }
    return said(204, { 'Upload-Offset': String(upload.at) })
  }
}

function said(status: number, headers: Record<string, string> = {}): Response {
  return { status, ok: status < 300, headers: new Headers({ 'Tus-Resumable': '1.0.0', ...headers }), json: async () => ({ type: 'x', detail: 'Terlalu besar.' }) } as Response
}

function photo(size: number, mark = 1): Blob {
  return new Blob([new Uint8Array(size).fill(mark)], { type: 'image/webp' })
}

let officer: Handset
let uploads: Uploads
let deps: Deps

beforeEach(async () => {
  const village = new Village()
  officer = await village.phone()
  uploads = new Uploads()
  deps = { ...officer.phone.deps, line: Object.assign(Object.create(officer.phone.deps.line), { ask: uploads.ask }) }
})

/** A registration that names these photos, saved and acknowledged. */
async function registered(...photos: FileValue[]): Promise<void> {
  await officer.save(null, { ...NUR, photo_ktp: photos[0] as unknown as Json, 'extra.more': photos.slice(1) as unknown as Json })
  await officer.sync()
}

describe('a photo on the phone', () => {
  it('is kept sealed, once, and comes back as it was', async () => {
    const first = await keepFile(deps, photo(1000, 65))
    expect(await keepFile(deps, photo(1000, 65))).toEqual(first)
    expect(first).toEqual({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/), size: 1000, type: 'image/webp' })
    expect(await deps.db.count('files')).toBe(1)
    expect(await officer.bytes()).not.toContain('A'.repeat(50))
    const back = (await readFile(deps, first.sha256))!
    expect(back.type).toBe('image/webp')
    expect(new Uint8Array(await back.arrayBuffer())).toEqual(new Uint8Array(1000).fill(65))
    expect(await readFile(deps, 'f'.repeat(64))).toBeNull()
  })

  it('waits only when a saved change names it: what a draft holds may be taken anew', async () => {
    const named = await keepFile(deps, photo(3000, 1))
    await keepFile(deps, photo(5000, 2))
    expect(await waitingFiles(deps)).toEqual({ files: 0, bytes: 0 })
    await registered(named)
    expect(await waitingFiles(deps)).toEqual({ files: 1, bytes: 3000 })
  })

  it('does not go before the change that names it', async () => {
    const named = await keepFile(deps, photo(3000))
    await officer.save(null, { ...NUR, photo_ktp: named as unknown as Json })
    expect(await sendFiles(deps, [])).toEqual({ sent: 0, left: 1 })
    await officer.sync()
    expect(await sendFiles(deps, [])).toEqual({ sent: 1, left: 0 })
  })
})

describe('photos on their way', () => {
  it('go smallest first, each once, and say how far they are', async () => {
    const [large, small, middle] = [await keepFile(deps, photo(90_000, 1)), await keepFile(deps, photo(2000, 2)), await keepFile(deps, photo(30_000, 3))]
    await registered(large, small, middle)
    const far: number[] = []
    expect(await sendFiles(deps, [`sha256:${large.sha256}`], ({ bytes, of }) => (far.push(bytes), expect(of).toBe(122_000)))).toEqual({ sent: 3, left: 0 })
    expect(uploads.order).toEqual([small.sha256, middle.sha256, large.sha256])
    expect(far).toEqual([...far].sort((a, b) => a - b))
    expect(far[far.length - 1]).toBe(122_000)
    expect(await sendFiles(deps, [])).toEqual({ sent: 0, left: 0 })
    expect(uploads.order).toHaveLength(3)
  })

  it('go on after a dead battery where they were, with what was sent not sent again', async () => {
    const value = await keepFile(deps, photo(200_000))
    await registered(value)
    uploads.fate = (n) => (n >= 4 ? 'cut' : 'ok')
    await expect(sendFiles(deps, [])).rejects.toBeInstanceOf(LineLost)
    const before = uploads.bytes
    expect(before).toBeGreaterThan(0)
    uploads.fate = () => 'ok'
    expect(await sendFiles(deps, [])).toEqual({ sent: 1, left: 0 })
    expect(uploads.got.size).toBe(1)
    expect(uploads.bytes).toBe(200_000)
  }, 20_000)

  it('are not held up by one that the server refuses, whose reason is kept for the officer', async () => {
    const [bad, good] = [await keepFile(deps, photo(1000, 1)), await keepFile(deps, photo(2000, 2))]
    await registered(bad, good)
    uploads.fate = (n) => (n === 0 ? 413 : 'ok')
    expect(await sendFiles(deps, [])).toEqual({ sent: 1, left: 0 })
    expect(await refusedFiles(deps)).toEqual([{ sha256: bad.sha256, says: 'Terlalu besar.' }])
    expect(await sendFiles(deps, [`sha256:${bad.sha256}`])).toEqual({ sent: 0, left: 0 })
  })

  it('are sent again to a server that was restored and has lost them', async () => {
    const value = await keepFile(deps, photo(1000))
    await registered(value)
    await sendFiles(deps, [])
    expect(await sendFiles(deps, [`sha256:${value.sha256}`])).toEqual({ sent: 1, left: 0 })
    expect(uploads.order).toEqual([value.sha256, value.sha256])
  })

  it('that the server wants and this phone never had are passed over', async () => {
    expect(await sendFiles(deps, [`sha256:${'0'.repeat(64)}`])).toEqual({ sent: 0, left: 0 })
    expect(uploads.order).toEqual([])
  })
})

describe('room on the phone', () => {
  it('is made again from what was sent long ago and from what nothing names, never from what a draft or an unsent change needs', async () => {
    const [sent, waits, drafted, nothing] = await Promise.all([1, 2, 3, 4].map((mark) => keepFile(deps, photo(1000, mark))))
    await registered(sent!)
    await sendFiles(deps, [])
    await officer.save(null, { ...NUR, nik: '6402115207909002', photo_ktp: waits as unknown as Json })
    await waitingFiles(deps)
    const draft: Draft = { id: 'd', form: 'worker@1', kind: 'worker', record: null, village: '', opened: null, answers: {}, begun: 1, saved: 1, files: { photo: drafted! } }
    await officer.phone.keepDraft(draft)
    expect(await forgetFiles(deps, Date.now() + KEPT_AFTER_SENT - 60_000)).toBe(1)
    expect(await readFile(deps, nothing!.sha256)).toBeNull()
    expect(await forgetFiles(deps, Date.now() + KEPT_AFTER_SENT + 60_000)).toBe(1)
    expect(await readFile(deps, sent!.sha256)).toBeNull()
    for (const kept of [waits, drafted]) expect(await readFile(deps, kept!.sha256)).not.toBeNull()
  })
})

it('finds every file of a change, however deep', () => {
  const one = { sha256: 'a', size: 1, type: 'image/png' }
  expect(filesIn({ photo: one, heirs: [{ name: 'x', photo: one }], n: 3, none: null })).toEqual([one, one])
})
