// What goes wrong between tabs, on the disk and around a revoked phone: nothing entered is lost, doubled or altered by it.
import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from '@hpke/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openDB } from 'idb'
import { toBase64url } from '../src/base64'
import { Closed } from '../src/disk'
import { Elsewhere } from '../src/drafts'
import { troubleOf } from '../src/form/keeper'
import { gunzip } from '../src/gzip'
import { leave } from '../src/moving'
import { giveUp } from '../src/own'
import { phoneState, unlock, type OpenPhone } from '../src/phone'
import type { Draft, FileValue, Json } from '../src/types'
import { KAMAN, NUR, PIN, Village, HOURS, type Handset } from './village'

vi.setConfig({ testTimeout: 60_000 }) // other work may share the machine
afterEach(() => vi.restoreAllMocks())

let village: Village
let siti: Handset
beforeEach(async () => {
  village = new Village()
  siti = await village.phone()
})

function draft(id: string, saved: number, more: Partial<Draft> = {}): Draft {
  return { id, form: 'worker@1', kind: 'worker', record: null, village: KAMAN!, opened: null, answers: { full_name: 'Nur' }, begun: 1, saved, files: {}, ...more }
}

async function tab(): Promise<OpenPhone> {
  siti.take()
  return unlock(PIN)
}

const HOW = { form: 'worker@1', draft: 'x' }

describe('one draft in two tabs', () => {
  let other: OpenPhone
  beforeEach(async () => {
    await siti.phone.keepDraft(draft('x', 1, { begun: 0 }))
    other = await tab()
    await other.drafts()
  })
  afterEach(() => other.lock())

  it('becomes one form, however often either tab is told to save it', async () => {
    expect(await siti.phone.save('worker', null, KAMAN!, NUR, HOW)).not.toBeNull()
    await expect(other.save('worker', null, KAMAN!, NUR, HOW)).rejects.toBeInstanceOf(Elsewhere)
    await expect(siti.phone.save('worker', null, KAMAN!, NUR, HOW)).rejects.toBeInstanceOf(Elsewhere)
    expect(await siti.phone.counts()).toMatchObject({ waiting: 1 })
  })

  it('becomes one form when both save in the same moment', async () => {
    const both = await Promise.all([siti.phone, other].map((one) => one.save('worker', null, KAMAN!, NUR, HOW).catch((error: unknown) => error)))
    expect(both.filter((one) => one instanceof Elsewhere)).toHaveLength(1)
    expect(await siti.phone.counts()).toMatchObject({ waiting: 1, drafts: 0 })
  })

  it('does not come back when it was saved, or dropped, in the other', async () => {
    await siti.phone.save('worker', null, KAMAN!, NUR, HOW)
    await expect(other.keepDraft(draft('x', 2, { begun: 0 }))).rejects.toBeInstanceOf(Elsewhere)
    expect(await other.drafts()).toEqual([])
  })

  it('is not written over by the tab that does not know what the other wrote', async () => {
    await siti.phone.keepDraft(draft('x', 2, { answers: { full_name: 'Nur Hayati', phone: '0812' } }))
    await expect(other.keepDraft(draft('x', 3, { answers: { full_name: 'Nurul' } }))).rejects.toBeInstanceOf(Elsewhere)
    await expect(other.save('worker', null, KAMAN!, NUR, HOW)).rejects.toBeInstanceOf(Elsewhere)
    expect((await other.drafts())[0]!.answers).toEqual({ full_name: 'Nur Hayati', phone: '0812' })
    await other.keepDraft(draft('x', 4)) // now that it has read it
    expect(await other.save('worker', null, KAMAN!, NUR, HOW)).not.toBeNull()
  })

  it('comes back when it was cleared away untouched by the other, and somebody types in it after all', async () => {
    await siti.phone.keepDraft(draft('u', 1)) // opened, begun at 1
    await other.drafts()
    await other.dropDraft('u')
    await siti.phone.keepDraft(draft('u', 2))
    expect((await siti.phone.drafts()).map((one) => one.id)).toContain('u')
    await other.drafts()
    await siti.phone.dropDraft('u')
    await expect(other.keepDraft(draft('u', 3))).resolves.toBeUndefined() // what it dropped itself is over
    expect((await other.drafts()).map((one) => one.id)).not.toContain('u')
  })

  it('is not written any more on a phone that was moved away in the other', async () => {
    await leave(siti.phone.deps, '7K4Q 9WXB M2TD 0HZV')
    await expect(other.keepDraft(draft('x', 2))).rejects.toBeInstanceOf(Closed)
    await expect(other.keepDraft(draft('y', 2))).rejects.toBeInstanceOf(Closed)
  })
})

describe('a form that was saved', () => {
  it('is not said to have failed because a screen stumbles over the news', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    siti.phone.subscribe(() => {
      throw new Error('a screen')
    })
    expect(await siti.phone.save('worker', null, KAMAN!, NUR, { form: 'worker@1' })).not.toBeNull()
    expect(await siti.phone.counts()).toMatchObject({ waiting: 1 })
  })

  it('keeps the last words that its form hands in while the phone is being locked', async () => {
    await siti.phone.keepDraft(draft('x', 1))
    siti.phone.lock()
    await new Promise((resolve) => setTimeout(resolve, 100)) // the screen goes a moment after the key
    await siti.phone.keepDraft(draft('x', 2, { answers: { full_name: 'Nur Hayati' } }))
    const phone = await tab()
    expect((await phone.drafts())[0]!.answers).toEqual({ full_name: 'Nur Hayati' })
  })
})

describe('a phone that becomes another device', () => {
  it('lets its drafts go on to speak of the same people and the same change', async () => {
    const twin = await siti.twin()
    for (const name of ['Arbain', 'Bulan', 'Cici']) await siti.save(null, { ...NUR, full_name: name })
    await siti.sync()
    const wrong = await twin.save(null, { full_name: 'Masitah', nik: '12' })
    await twin.save(null, { ...NUR, full_name: 'Dayang' })
    const opened = await twin.phone.open(wrong)
    const kept = draft('pays', 1, { form: 'contribution@1', kind: 'contribution', answers: { worker: wrong, who: [{ worker: wrong }] } as never })
    await twin.phone.keepDraft(kept)
    await twin.phone.keepDraft(draft('edits', 1, { record: wrong, opened }))
    await twin.phone.keepDraft(draft('left', 1, { form: 'contribution@1', kind: 'contribution', answers: { worker: wrong } }))
    expect(await twin.sync()).toBe('idle')
    const now = `${twin.device}-1`
    // One form was open all the while, with the ids of before in it.
    const paid = await twin.phone.save('contribution', null, KAMAN!, { worker: wrong, amount: 16800 }, { form: 'contribution@1', draft: 'pays' })
    const sent = JSON.parse((await twin.phone.deps.unsentTexts())!.texts[0]!) as { seq: number; fields: { worker: string } }
    expect([sent.seq, sent.fields.worker]).toEqual([paid!.seq, now])
    // The others are opened again.
    const drafts = await twin.phone.drafts()
    expect(drafts.find((one) => one.id === 'left')!.answers).toEqual({ worker: now })
    expect(drafts.find((one) => one.id === 'edits')!.record).toBe(now)
    expect((await twin.phone.save('worker', wrong, KAMAN!, { notes: 'x' }, { form: 'worker@1', opened, draft: 'edits' }))!.record).toBe(now)
  })

  it('corrects what was to be corrected, and no other change that has its number by now', async () => {
    await siti.save(null, { full_name: 'Masitah', nik: '12' })
    await siti.sync()
    const twin = await siti.twin()
    await siti.save(null, NUR)
    await siti.sync()
    const [task] = (await twin.phone.tasks()).filter((one) => one.why === 'correct')
    await twin.phone.keepDraft(draft('c', 1, { corrects: task!.seq! }))
    await twin.save(null, { ...NUR, full_name: 'Dayang' })
    await twin.sync()
    const dayang = `${twin.device}-2`
    expect((await twin.open(dayang))!.full_name).toBe('Dayang')
    await twin.phone.correct(task!.seq!, { nik: NUR.nik! }, { form: 'worker@1', draft: 'c' })
    const { texts } = (await twin.phone.deps.unsentTexts())!
    expect(JSON.parse(texts[0]!).fields).toEqual({ full_name: 'Masitah', nik: NUR.nik })
    expect((await twin.phone.tasks()).filter((one) => one.why === 'correct')).toEqual([])
  })

  it('opens its drafts although one corrects what is known no more', async () => {
    const twin = await siti.twin()
    await siti.save(null, NUR)
    await siti.sync()
    await twin.phone.keepDraft(draft('c', 1, { corrects: 40 }))
    await twin.phone.keepDraft(draft('d', 2))
    await twin.save(null, { ...NUR, full_name: 'Dayang' })
    await twin.sync()
    expect((await twin.phone.drafts()).map((one) => [one.id, one.corrects])).toEqual([['d', undefined], ['c', undefined]])
  })

  it('goes on sending the photos of its former self', async () => {
    const { keepFile, waitingFiles } = await import('../src/files')
    for (let n = 0; n < 3; n++) await siti.save(null, NUR)
    const photo = await keepFile(siti.phone.deps, new Blob([new Uint8Array(900)], { type: 'image/webp' }))
    await siti.save(null, { ...NUR, photo_ktp: photo as unknown as Json })
    await siti.sync()
    await waitingFiles(siti.phone.deps) // the line broke before it went
    const twin = await siti.twin()
    await siti.save(null, NUR)
    await siti.sync()
    await twin.save(null, { ...NUR, full_name: 'Dayang' })
    await twin.sync()
    expect(await waitingFiles(twin.phone.deps)).toMatchObject({ files: 1 })
    const book = (await twin.phone.deps.db.get('meta', 'files')) as { device: string; waiting: { [sha256: string]: { seq: number } } }
    expect([book.device, book.waiting[photo.sha256]!.seq]).toEqual([twin.device, 0]) // it goes at once, not when four more forms are acknowledged
  })
})

describe('a row that can’t be opened any more', () => {
  /** The storage turns one bit over in every sealed column of these rows. */
  async function spoil(store: 'changes' | 'records' | 'drafts' | 'summary' | 'notices' | 'history' | 'sealed' | 'files', only: (row: any) => boolean = () => true): Promise<number> {
    const { db } = siti.phone.deps
    let spoilt = 0
    for (const row of await db.getAll(store)) {
      if (!only(row)) continue
      spoilt++
      const fresh = { ...(row as unknown as { [column: string]: unknown }) }
      for (const [name, value] of Object.entries(fresh)) if (value instanceof Uint8Array) fresh[name] = value.map((byte, n) => (n === 20 ? byte ^ 1 : byte))
      await db.put(store, fresh as never)
    }
    return spoilt
  }

  const notices = async (phone: OpenPhone) => (await phone.tasks()).filter((task) => task.why === 'notice')

  async function anew(): Promise<OpenPhone> {
    siti.phone.lock()
    return (siti.phone = await tab())
  }

  it('of the list: the list is drawn again from the records', async () => {
    const records = [await siti.save(null, NUR), await siti.save(null, { ...NUR, full_name: 'Arbain' })]
    await siti.sync()
    records.push(await siti.save(null, { ...NUR, full_name: 'Masitah' }))
    expect(await spoil('summary')).toBeGreaterThan(0)
    await anew()
    expect(siti.records()).toEqual(records.sort())
    expect(siti.phone.search('arbain')).toHaveLength(1)
  })

  it('of a record: the others are synced, and the server tells it once more', async () => {
    const record = await siti.save(null, NUR)
    await siti.sync()
    expect(await spoil('records')).toBe(1)
    await anew()
    await siti.phone.open(record)
    await siti.save(null, { ...NUR, full_name: 'Arbain' })
    expect(await siti.sync()).toBe('idle')
    expect(await siti.open(record)).toEqual(NUR)
    expect(siti.records()).toHaveLength(2)
  })

  it('of a draft: the others open, and the officer is told', async () => {
    await siti.phone.keepDraft(draft('x', 1))
    await siti.phone.keepDraft(draft('y', 2))
    await spoil('drafts', (row) => row.id === 'x')
    await anew()
    expect((await siti.phone.drafts()).map((one) => one.id)).toEqual(['y'])
    expect((await notices(siti.phone)).map((task) => task.says[0])).toEqual([expect.stringContaining('draf')])
  })

  it('of a change that waits: the others are sent, the server hears which is lost, and the officer is told', async () => {
    await siti.save(null, { ...NUR, full_name: 'Arbain' })
    await siti.save(null, { ...NUR, full_name: 'Bulan' })
    await siti.save(null, { ...NUR, full_name: 'Cici' })
    await spoil('changes', (row) => row.seq === 2)
    await anew()
    expect(await siti.sync()).toBe('idle')
    expect(Object.keys(village.server.state.log)).toEqual([1, 3].map((seq) => `${siti.device} ${seq}`))
    expect(village.server.asked.some((asked) => asked.lost_to === 2)).toBe(true)
    expect((await notices(siti.phone)).map((task) => task.says[0])).toEqual([expect.stringContaining('sebelum terkirim')])
    expect(await siti.phone.counts()).toMatchObject({ waiting: 0, to_correct: 0 })
  })

  it('of a change that the server has: nothing is sent in its place, also not to a server that was restored', async () => {
    const backup = village.server.backup()
    const record = await siti.save(null, NUR)
    await siti.save(record, { phone: '+6281250009999' })
    await siti.sync()
    await spoil('changes', (row) => row.seq === 1)
    await anew()
    expect(await siti.phone.history(record)).not.toEqual([])
    expect(await siti.sync()).toBe('idle')
    expect(await notices(siti.phone)).toEqual([])
    village.server.restore({ ...backup, devices: { ...backup.devices, [siti.device]: { ...backup.devices[siti.device], called: true } } })
    expect(await siti.sync()).toBe('idle')
    expect(Object.keys(village.server.state.log)).toEqual([`${siti.device} 2`])
  })

  it('of a message, the history, a setting or what is fetched: no screen stays empty for it', async () => {
    village.server.state.devices[siti.device].events.push({ id: 7, text: 'Tolong foto ulang KTP.', at: '2026-11-22T00:00:00.000Z' })
    village.server.more['/rules'] = () => ({ status: 200, answer: { rules: [], price: {}, sectors: {} } })
    const budi = await village.phone('Budi')
    const record = await siti.save(null, NUR)
    await siti.sync()
    await budi.sync()
    await budi.save(record, { notes: 'x' })
    await budi.sync()
    await siti.sync()
    siti.take()
    await siti.phone.put('days', 3)
    for (const store of ['notices', 'history'] as const) expect(await spoil(store), store).toBe(1)
    await spoil('sealed', (row) => row.key !== 'me')
    await anew()
    expect(await siti.phone.get('days')).toBeNull()
    expect(await siti.phone.rules()).toBeNull()
    expect(await siti.phone.history(record)).toHaveLength(1)
    expect((await notices(siti.phone)).map((task) => task.says[0])).toEqual([expect.stringContaining('pesan dari kantor')])
    expect(await siti.sync()).toBe('idle')
    expect(await siti.phone.rules()).not.toBeNull()
  })

  it('of a photo: the officer is told, and the others go', async () => {
    const { keepFile, readFile, sendFiles } = await import('../src/files')
    const { deps } = siti.phone
    const photo = await keepFile(deps, new Blob([new Uint8Array(900)], { type: 'image/webp' }))
    await siti.save(null, { ...NUR, photo_ktp: photo as unknown as Json })
    await siti.sync()
    await spoil('files')
    expect(await readFile(deps, photo.sha256)).toBeNull()
    expect(await sendFiles(deps, [])).toEqual({ sent: 0, left: 0 })
    expect((await notices(siti.phone)).map((task) => task.says[0])).toEqual([expect.stringContaining('foto')])
  })

  it('goes along to no other phone, and is told to the operator', async () => {
    await siti.phone.keepDraft(draft('x', 1))
    await spoil('drafts')
    await siti.phone.drafts()
    village.clock = () => Date.now() + 48 * HOURS
    await siti.sync()
    expect(village.server.asked[village.server.asked.length - 1]!.status).toMatchObject({ broken: 1 })
    await leave(siti.phone.deps, '7K4Q 9WXB M2TD 0HZV')
    expect(await phoneState()).toBe('moved')
  })

  it('is not given up because the phone was short of memory for a moment', async () => {
    await siti.save(null, NUR)
    const { subtle } = crypto
    const real = subtle.decrypt.bind(subtle)
    let failures = 0
    vi.spyOn(subtle, 'decrypt').mockImplementation(async (...given) => {
      const about = new TextDecoder().decode((given[0] as AesGcmParams).additionalData as Uint8Array)
      if (about.startsWith('changes|') && failures++ < 2) throw new DOMException('no memory', 'OperationError')
      return real(...given)
    })
    expect(await siti.sync()).toBe('idle')
    expect(failures).toBeGreaterThan(2)
    expect(await siti.counts()).toEqual({ merged: 1 })
    expect(await notices(siti.phone)).toEqual([])
  })

  it('never makes one phone mend the storage of another that was begun over it', async () => {
    await siti.phone.put('days', 3)
    await siti.phone.keepDraft(draft('x', 1))
    await spoil('sealed', (row) => row.key === 'me')
    await spoil('drafts')
    await expect(siti.phone.drafts()).rejects.toThrow()
    expect(await siti.phone.deps.db.count('drafts')).toBe(1)
  })
})

describe('a revoked phone', () => {
  let given = 0
  let read: (bytes: Uint8Array) => Promise<{ changes: { seq: number }[]; lost_to?: number }>

  beforeEach(async () => {
    const suite = new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() })
    const { publicKey, privateKey } = await suite.kem.generateKeyPair()
    read = async (bytes) => {
      const [feed, enc] = [bytes.indexOf(10), 65]
      const key = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(siti.phone.deps.token()))
      const psk = { id: new TextEncoder().encode(siti.device).buffer, key }
      const opener = await suite.createRecipientContext({ recipientKey: privateKey, enc: bytes.slice(feed + 1, feed + 1 + enc).buffer, info: new TextEncoder().encode('sambung bundle 1').buffer, psk })
      const plain = await opener.open(bytes.slice(feed + 1 + enc).buffer, bytes.slice(0, feed).buffer)
      return JSON.parse(new TextDecoder().decode(await gunzip(new Uint8Array(plain), 1_000_000)))
    }
    village.server.serverKey = { id: '1', public: toBase64url(new Uint8Array(await suite.kem.serializePublicKey(publicKey))) }
    siti = await village.phone()
    given = 0
  })

  /** The server takes each bundle; `meanwhile` happens while the first is on its way. */
  function taking(meanwhile: () => Promise<unknown> = async () => {}): void {
    vi.stubGlobal('fetch', async (_: string, init: RequestInit) => {
      const bytes = init.body as Uint8Array
      const { last } = JSON.parse(new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(10)))) as { last: number }
      if (!given++) await meanwhile()
      return new Response(JSON.stringify({ acked: last }), { status: 202, headers: { 'Content-Type': 'application/json' } })
    })
  }
  afterEach(() => vi.unstubAllGlobals())

  it('is not wiped with a form that was saved in another tab while it handed over', async () => {
    await siti.save(null, NUR)
    const other = await tab()
    let second = 0
    taking(async () => (second = (await other.save('worker', null, KAMAN!, { ...NUR, full_name: 'Arbain' }, { form: 'worker@1' }))!.seq))
    village.server.revoked.add(siti.device)
    await siti.sync()
    expect(second).toBe(2)
    expect(given).toBe(2) // once more, with the second
    expect(await phoneState()).toBe('wiped')
    other.lock()
  })

  it('hands over what follows on a form that can’t be sent at all', async () => {
    const { sealOutbox } = await import('../src/bundle')
    for (let n = 0; n < 5; n++) await siti.save(null, { ...NUR, full_name: `Warga ${n}` })
    await siti.phone.deps.disk.edit(async (page) => {
      for (const seq of [1, 4]) await giveUp(page, seq)
    })
    const [bundle] = await sealOutbox(siti.phone.deps)
    const { changes, lost_to } = await read(bundle!.bytes)
    expect([changes.map((change) => change.seq), lost_to]).toEqual([[2, 3, 5], 4])
    village.server.revoked.delete(siti.device)
    await siti.sync() // over the line it says the same
    expect(village.server.state.devices[siti.device].acked).toBe(5)
  })

  it('leaves a day to save what was half filled in, and hands that over too', async () => {
    taking()
    await siti.save(null, NUR)
    await siti.phone.keepDraft(draft('x', 2))
    village.server.revoked.add(siti.device)
    expect(await siti.sync()).toBe('revoked')
    expect(await phoneState()).toBe('locked')
    expect(given).toBe(1) // what was finished is safe already
    await siti.save(null, { ...NUR, full_name: 'Arbain' }, { draft: 'x' })
    await siti.sync()
    expect(given).toBe(2)
    expect(await phoneState()).toBe('wiped')
  })

  it('waits for a half-filled form no longer than that, and not at all for one that was only looked at', async () => {
    taking()
    await siti.save(null, NUR)
    await siti.phone.keepDraft(draft('x', 2))
    await siti.phone.keepDraft(draft('y', 1))
    village.server.revoked.add(siti.device)
    await siti.sync()
    expect(await phoneState()).toBe('locked')
    village.clock = () => Date.now() + 25 * HOURS
    await siti.sync()
    expect(await phoneState()).toBe('wiped')
  })
})

describe('a correction', () => {
  it('replaces nothing that another officer wrote after the change that it repeats', async () => {
    const budi = await village.phone('Budi')
    const record = await siti.save(null, NUR)
    await siti.sync()
    await budi.sync()
    await siti.save(record, { nik: '12', full_name: 'Nur Hayati binti Ahmad' })
    await budi.save(record, { full_name: 'Nurhayati' })
    for (const phone of [siti, budi, siti]) await phone.sync()
    const [task] = (await siti.phone.tasks()).filter((one) => one.why === 'correct')
    await siti.phone.correct(task!.seq!, { nik: '6402115207909002' }, { form: 'worker@1' })
    await siti.sync()
    const shown = village.server.show(record)!
    expect(shown.fields.nik).toBe('6402115207909002')
    expect(new Set(shown.conflicts.full_name.map((head: { value: string }) => head.value))).toEqual(new Set(['Nur Hayati binti Ahmad', 'Nurhayati']))
  })
})

describe('a browser that takes the storage away', () => {
  it('for a newer version of the app in another tab: what is typed on in the old one is said not to be kept', async () => {
    await siti.phone.keepDraft(draft('x', 1))
    siti.take()
    const newer = await openDB(siti.name, 2, { upgrade: () => {} })
    const error = await siti.phone.keepDraft(draft('x', 2)).catch((failure: unknown) => failure)
    expect(troubleOf(error)).toBe('cut')
    expect(troubleOf(await siti.phone.save('worker', null, KAMAN!, NUR, HOW).catch((failure: unknown) => failure))).toBe('cut')
    expect((await newer.get('drafts', 'x')).saved).toBe(1)
    newer.close()
    await expect(phoneState()).rejects.toThrow() // the old app by itself opens it no more, and says so
  })

  it('or that has no keys to seal with begins nothing', async () => {
    const { crypto } = globalThis
    vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) })
    await expect(phoneState()).rejects.toThrow()
    vi.unstubAllGlobals()
    expect(await phoneState()).toBe('locked')
  })
})

describe('photos and bad servers', () => {
  it('a photo of an old draft that is saved while others are sent is not taken for one that nobody names', async () => {
    const { forgetFiles, keepFile, sendFiles, readFile } = await import('../src/files')
    const { deps } = siti.phone
    const photo: FileValue = await keepFile(deps, new Blob([new Uint8Array(900)], { type: 'image/webp' }))
    await siti.phone.keepDraft(draft('x', 1, { files: { photo } }))
    await sendFiles(deps, [])
    await siti.save(null, { ...NUR, photo_ktp: photo as unknown as Json }, { draft: 'x' })
    await forgetFiles(deps, Date.now() + 3 * 24 * HOURS)
    expect(await readFile(deps, photo.sha256)).not.toBeNull()
  })

  it('a form is not given up because somebody on the way has no room for it', async () => {
    await siti.save(null, NUR)
    const { fetch } = village.server
    village.server.fetch = async () => new Response('Request Entity Too Large', { status: 413 })
    expect(await siti.sync()).toBe('portal')
    village.server.fetch = fetch
    expect(await siti.sync()).toBe('idle')
    expect(Object.keys(village.server.state.log)).toHaveLength(1)
  })
})
