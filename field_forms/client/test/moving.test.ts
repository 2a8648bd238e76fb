import { describe, expect, it, vi } from 'vitest'
import { openDb } from '../src/db'
import { arrive, confirmMoved, leave, movedAway, Occupied, takeBack } from '../src/moving'
import { BadParcel, newCode } from '../src/parcel'
import { around, phoneState, unlock } from '../src/phone'
import type { Draft } from '../src/types'
import { type Handset, NUR, PIN, Village } from './village'

vi.setConfig({ testTimeout: 60_000 }) // a busy machine is no failure

const NEW_PIN = '731964'
const PHOTO = new Blob([new Uint8Array([82, 73, 70, 70, 1, 2, 3])], { type: 'image/webp' })

function draft(id: string): Draft {
  return {
    id, form: 'worker@1', kind: 'worker', record: null, village: '64.02.11.2005', opened: null, answers: { full_name: 'Bonar Cont' }, begun: 1, saved: 2, files: {},
  }
}

/** An officer with a record that was sent, one that was not, a draft, and a photo. */
async function worked(village: Village): Promise<Handset> {
  const old = await village.phone()
  await old.save(null, NUR)
  await old.sync()
  const photo = await old.phone.keepFile(PHOTO)
  await old.save(null, { ...NUR, nik: '6402115207909002', full_name: 'Siti Andaian', photo_person: photo as never })
  await old.phone.keepDraft(draft('d1'))
  await old.phone.put('language', 'en')
  return old
}

async function left(old: Handset): Promise<{ file: File; code: string }> {
  const code = newCode()
  old.take()
  await leave(old.phone.deps, code)
  return { file: (await movedAway(old.phone.deps.db))!.file!, code }
}

async function arriveOn(fresh: Handset, file: Blob, code: string): Promise<void> {
  fresh.take()
  const db = await openDb(around.name)
  try {
    await arrive(db, file, code, NEW_PIN)
  } finally {
    db.close()
  }
  fresh.phone = await unlock(NEW_PIN)
}

describe('a phone moves into another', () => {
  it('and goes on there as the same device: what was not sent, drafts, photos, settings, the count of changes', async () => {
    const village = new Village()
    const old = await worked(village)
    const { file, code } = await left(old)
    const fresh = village.stranger()
    await arriveOn(fresh, file, code)
    expect(fresh.device).toBe(old.device)
    expect(fresh.records()).toHaveLength(2)
    expect(await fresh.phone.drafts()).toEqual([draft('d1')])
    expect(await fresh.phone.get('language')).toBe('en')
    const row = (await fresh.phone.deps.db.getAll('files'))[0]!
    expect(new Uint8Array(await (await fresh.phone.file(row.sha256))!.arrayBuffer())).toEqual(new Uint8Array(await PHOTO.arrayBuffer()))
    expect((await fresh.phone.counts()).waiting_files).toBe(1)
    await fresh.save(null, { ...NUR, nik: '6402115207909003', full_name: 'Wening Umpama' })
    await fresh.sync()
    const seqs = Object.keys(village.server.state.log).map((key) => key.split(' '))
    expect(seqs).toEqual([[old.device, '1'], [old.device, '2'], [old.device, '3']])
  })

  it('and the old one writes nothing more, is locked for good, and says so after a restart', async () => {
    const village = new Village()
    const old = await worked(village)
    await left(old)
    await expect(old.save(null, { ...NUR, full_name: 'Terlambat' })).rejects.toThrow()
    expect(await phoneState()).toBe('moved')
  })

  it('and what was saved in another tab while the file was being made is in it, and so is a draft', async () => {
    for (const meddle of [(old: Handset) => old.save(null, { ...NUR, full_name: 'Sempat' }), (old: Handset) => old.phone.keepDraft(draft('d2'))]) {
      const village = new Village()
      const old = await worked(village)
      const { deps } = old.phone
      let meddled = false
      const look: typeof deps.disk.look = async (work) => {
        const made = await deps.disk.look(work)
        if (!meddled) await meddle(old)
        meddled = true
        return made
      }
      const code = newCode()
      await leave({ ...deps, disk: Object.assign(Object.create(deps.disk), { look }) }, code)
      const fresh = village.stranger()
      await arriveOn(fresh, (await movedAway(deps.db))!.file!, code)
      expect(fresh.records().length + (await fresh.phone.drafts()).length).toBe(4)
    }
  })

  it('and the new one can be opened by the old PIN no more, nor read on its disk', async () => {
    const village = new Village()
    const { file, code } = await left(await worked(village))
    const fresh = village.stranger()
    await arriveOn(fresh, file, code)
    await expect(unlock(PIN)).rejects.toThrow()
    expect(await fresh.bytes()).not.toContain('Siti Andaian')
  })

  it('and after the officer has seen it work, nothing stays on the old one', async () => {
    const village = new Village()
    const old = await worked(village)
    await left(old)
    const db = await openDb(around.name)
    await confirmMoved(db)
    expect(await db.count('changes')).toBe(0)
    expect(await db.getAllKeys('meta')).toEqual(['state'])
    expect(await phoneState()).toBe('moved')
  })

  it('or does not: with its PIN the old one goes on where it stopped', async () => {
    const village = new Village()
    const old = await worked(village)
    await left(old)
    const db = await openDb(around.name)
    await expect(takeBack(db, '000000')).rejects.toThrow()
    await takeBack(db, PIN)
    expect(await phoneState()).toBe('locked')
    old.phone = await unlock(PIN)
    await old.save(null, { ...NUR, nik: '6402115207909004', full_name: 'Dirga Contoh' })
    await old.sync()
    expect(Object.keys(village.server.state.log)).toHaveLength(3)
  })
})

describe('a file that is not as it was made', () => {
  it('changes nothing on the new phone: not one byte', async () => {
    const village = new Village()
    const { file, code } = await left(await worked(village))
    const bytes = new Uint8Array(await file.arrayBuffer())
    const cases: [string, Blob, string][] = [
      ['cut', new Blob([bytes.slice(0, -20) as BlobPart]), code],
      ['altered', new Blob([bytes.map((byte, n) => (n === bytes.length - 30 ? byte ^ 1 : byte)) as BlobPart]), code],
      ['wrong code', file, newCode()],
      ['no such file', new Blob(['foto']), code],
    ]
    for (const [what, blob, typed] of cases) {
      const fresh = village.stranger()
      await expect(arriveOn(fresh, blob, typed), what).rejects.toBeInstanceOf(BadParcel)
      fresh.take()
      const db = await openDb(around.name)
      expect(await db.getAllKeys('meta'), what).toEqual([])
      expect(await phoneState(), what).toBe('new')
    }
  })

  it('is not laid over the work of another officer', async () => {
    const village = new Village()
    const { file, code } = await left(await worked(village))
    const other = await village.phone('Rudi')
    await other.save(null, { ...NUR, full_name: 'Milik Rudi' })
    other.take()
    const db = await openDb(around.name)
    await expect(arrive(db, file, code, NEW_PIN)).rejects.toBeInstanceOf(Occupied)
    expect(other.records()).toHaveLength(1)
  })
})

describe('two phones that go on as one', () => {
  it('are found by the server, and neither loses what was entered on it', async () => {
    const village = new Village()
    const old = await worked(village)
    const { file, code } = await left(old)
    const fresh = village.stranger()
    await arriveOn(fresh, file, code)
    old.take()
    await takeBack(await openDb(around.name), PIN)
    old.phone = await unlock(PIN)
    await old.save(null, { ...NUR, nik: '6402115207909005', full_name: 'Di HP Lama' })
    await fresh.save(null, { ...NUR, nik: '6402115207909006', full_name: 'Di HP Baru' })
    await old.sync()
    for (let turn = 0; turn < 4; turn++) await fresh.sync()
    const names = Object.values<{ sent: { fields: { full_name: string } } }>(village.server.state.log).map((entry) => entry.sent.fields.full_name)
    expect(names).toContain('Di HP Lama')
    expect(names).toContain('Di HP Baru')
    expect(fresh.device).not.toBe(old.device)
  })
})
