// What was entered is kept: whatever is full, cut, closed or done twice.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { IDBObjectStore } from 'fake-indexeddb'
import { phoneState, unlock, type OpenPhone } from '../src/phone'
import { PhoneFull, type Draft } from '../src/types'
import { Unsendable } from '../src/outbox'
import { browser, HOURS, KAMAN, NUR, PIN, TERATAK, Village, type Handset } from './village'

vi.setConfig({ testTimeout: 60_000 }) // other work may share the machine

function draft(id: string, saved: number, more: Partial<Draft> = {}): Draft {
  return { id, form: 'worker@1', kind: 'worker', record: null, village: KAMAN!, opened: null, answers: { full_name: 'Nur' }, begun: 1, saved, files: {}, ...more }
}

/** From the n-th write on the disk takes no more of what is written; gives how many writes there were. */
async function withFullDisk<T>(after: number, work: () => Promise<T>, stores?: string[]): Promise<{ result: T | unknown; writes: number }> {
  let writes = 0
  const put = IDBObjectStore.prototype.put
  const spy = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, ...given: Parameters<typeof put>) {
    if ((!stores || stores.includes(this.name)) && writes++ >= after) throw new DOMException('full', 'QuotaExceededError')
    return put.apply(this, given)
  })
  try {
    return { result: await work().catch((error: unknown) => error), writes }
  } finally {
    spy.mockRestore()
  }
}

describe('a full disk', () => {
  it('refuses a save with a clear word, writes no half of it, and takes it when there is room again', async () => {
    const siti = await new Village().phone()
    await siti.phone.keepDraft(draft('x', 1))
    for (let after = 0; ; after++) {
      const { result, writes } = await withFullDisk(after, () => siti.phone.save('worker', null, KAMAN!, NUR, { form: 'worker@1', draft: 'x' }))
      if (writes <= after) break
      expect(result).toBeInstanceOf(PhoneFull)
      expect(siti.records()).toEqual([])
      expect(await siti.phone.counts()).toMatchObject({ waiting: 0, drafts: 1 })
      await siti.phone.keepDraft(draft('x', 2 + after)) // the draft lives on
    }
    expect(await siti.phone.counts()).toMatchObject({ waiting: 1, drafts: 0 })
    expect((await siti.phone.deps.unsentTexts())!.texts[0]).toContain(`"record":"${siti.device}-1"`)
  })

  it('refuses a draft with the same word', async () => {
    const siti = await new Village().phone()
    expect((await withFullDisk(0, () => siti.phone.keepDraft(draft('x', 1)))).result).toBeInstanceOf(PhoneFull)
  })

  it('stops what is told, and neither sending nor anything entered; it goes on when there is room', async () => {
    const village = new Village()
    const [siti, budi] = [await village.phone('Siti'), await village.phone('Budi')]
    for (let n = 0; n < 30; n++) await siti.save(null, { ...NUR, full_name: `Warga ${n}`, notes: 'x'.repeat(400) })
    await siti.sync()
    await budi.save(null, { ...NUR, full_name: 'Budi punya' })
    const { result } = await withFullDisk(0, () => budi.sync(), ['records'])
    expect(result).toBe('full')
    expect(village.server.asked[village.server.asked.length - 1]!.limit).toBe(4096)
    expect(village.server.state.devices[budi.device].acked).toBe(1) // it did arrive
    expect(await budi.phone.counts()).toMatchObject({ records: 1 })
    expect(await budi.sync()).toBe('idle')
    expect(budi.records()).toHaveLength(31)
    expect(await budi.counts()).toEqual({ merged: 1 })
  })

  it('takes in what is told in smaller pieces where those still fit', async () => {
    const village = new Village()
    const [siti, budi] = [await village.phone('Siti'), await village.phone('Budi')]
    for (let n = 0; n < 60; n++) await siti.save(null, { ...NUR, full_name: `Warga ${n}`, notes: 'x'.repeat(4000) })
    await siti.sync()
    let most = 0
    const put = IDBObjectStore.prototype.put
    const spy = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, ...given: Parameters<typeof put>) {
      if (this.name === 'records' && ++most > 35) throw new DOMException('full', 'QuotaExceededError')
      if (this.name === 'meta') most = 0 // each edit begins with its stamp
      return put.apply(this, given)
    })
    const phase = await budi.sync()
    spy.mockRestore()
    expect(phase).toBe('idle')
    expect(budi.records()).toHaveLength(60)
  })
})

describe('a phone that dies', () => {
  beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => {})) // it says so
  afterEach(() => void vi.restoreAllMocks())

  /** Ends all work of the phone at the n-th call of the browser: what was begun does not come to its end. */
  async function dyingAt(n: number, work: () => Promise<unknown>): Promise<boolean> {
    let calls = 0
    let dead = false
    const spies = (['put', 'delete', 'get', 'getAll'] as const).map((name) => {
      const real = IDBObjectStore.prototype[name] as (...given: unknown[]) => IDBRequest
      return vi.spyOn(IDBObjectStore.prototype, name).mockImplementation(function (this: IDBObjectStore, ...given: unknown[]) {
        if (++calls > n) {
          dead = true
          if (this.transaction.mode === 'readwrite') this.transaction.abort()
          throw new DOMException('dead', 'InvalidStateError')
        }
        return real.apply(this, given)
      } as never)
    })
    await work().catch(() => {})
    spies.forEach((spy) => spy.mockRestore())
    return dead
  }

  it('has sent and merged everything once after it was started again, at whichever call it died', async () => {
    for (let n = 1; n < 400; n = n < 60 ? n + 3 : n + 17) {
      const village = new Village()
      const siti = await village.phone()
      const first = await siti.save(null, NUR)
      await siti.sync()
      const saved: string[] = [first]
      const died = await dyingAt(n, async () => {
        saved.push(await siti.save(null, { ...NUR, full_name: 'Masitah' }))
        await siti.save(first, { phone: '+6281250002222' })
        await siti.sync()
        saved.push(await siti.save(null, { ...NUR, full_name: 'Arbain' }))
        await siti.sync()
      })
      siti.phone.lock()
      siti.take()
      siti.phone = await unlock(PIN)
      expect(await siti.sync()).toBe('idle')
      expect(await siti.phone.counts()).toMatchObject({ waiting: 0 })
      for (const record of saved) expect(village.server.show(record), `${n}`).not.toBeNull()
      expect(siti.records(), `${n}`).toEqual([...new Set(Object.values<{ sent: { record: string } }>(village.server.state.log).map((entry) => entry.sent.record))].sort())
      const counts = await siti.counts()
      expect(Object.keys(counts)).toEqual(['merged'])
      siti.phone.lock()
      if (!died) break
    }
  }, 60_000)

  it('has one device, whenever it died in its first minute', async () => {
    const village = new Village()
    for (let n = 1; n < 60; n += 2) {
      const stranger = village.stranger()
      const code = village.server.code('Siti')
      const devices = Object.keys(village.server.state.devices).length
      const died = await dyingAt(n, () => stranger.begin(code))
      if ((await phoneState()) === 'locked') stranger.phone = await unlock(PIN)
      else await stranger.begin(code)
      expect(Object.keys(village.server.state.devices)).toHaveLength(devices + 1)
      expect(await stranger.sync()).toBe('idle')
      stranger.phone.lock()
      if (!died) break
    }
  }, 60_000)
})

async function tab(siti: Handset): Promise<OpenPhone> {
  siti.take()
  return unlock(PIN)
}

describe('two tabs', () => {
  it('never give out one seq twice, and each shows what the other saved', async () => {
    const siti = await new Village().phone()
    const tabs = [siti.phone, await tab(siti), await tab(siti)]
    await Promise.all(tabs.map(async (one, t) => {
      for (let n = 0; n < 10; n++) await one.save('worker', null, KAMAN!, { full_name: `Warga ${t} ${n}` }, { form: 'worker@1' })
    }))
    const seqs = (await siti.phone.deps.db.getAll('changes')).map((row) => row.seq)
    expect(seqs).toEqual(Array.from({ length: 30 }, (_, n) => n + 1))
    await vi.waitFor(() => tabs.forEach((one) => expect(one.search('warga', { most: 100 })).toHaveLength(30)))
    tabs.forEach((one) => one.lock())
  })

  it('never sync at the same time', async () => {
    const village = new Village()
    const siti = await village.phone()
    const other = await tab(siti)
    await siti.save(null, NUR)
    let [now, most] = [0, 0]
    const fetch = village.server.fetch
    village.server.fetch = async (...asked) => {
      most = Math.max(most, ++now)
      await new Promise((resolve) => setTimeout(resolve, 5))
      return fetch(...asked).finally(() => now--)
    }
    await Promise.all([siti.phone.syncNow(), other.syncNow(), siti.phone.syncNow(), other.syncNow()])
    await vi.waitFor(() => expect(other.summary(`${siti.device}-1`)?.tick).toBe('merged'))
    expect(most).toBe(1)
    other.lock()
  })

  it('lets the officer save while the other takes in an answer', async () => {
    const village = new Village()
    const [siti, budi] = [await village.phone('Siti'), await village.phone('Budi')]
    for (let n = 0; n < 100; n++) await siti.save(null, { ...NUR, full_name: `Warga ${n}` })
    await siti.sync()
    budi.take()
    const other = await tab(budi)
    const syncing = budi.phone.syncNow()
    for (let n = 0; n < 10; n++) {
      await other.save('worker', null, KAMAN!, { full_name: `Baru ${n}` }, { form: 'worker@1' })
      await new Promise((resolve) => setTimeout(resolve, 3))
    }
    await syncing
    expect(budi.phone.syncState().phase).toBe('idle')
    await budi.sync()
    expect(Object.keys(village.server.state.log).filter((dot) => dot.startsWith(budi.device))).toHaveLength(10)
    expect(budi.records()).toHaveLength(110)
    other.lock()
  })
})

describe('a browser without locks', () => {
  it('keeps to one sync at a time by a lease, which a dead tab or a clock set back does not hold for ever', async () => {
    const { locks } = browser
    delete browser.locks
    try {
      const village = new Village()
      const siti = await village.phone()
      const other = await tab(siti)
      await siti.save(null, NUR)
      await Promise.all([siti.phone.syncNow(), other.syncNow()])
      expect(village.server.asked).toHaveLength(1)
      await siti.save(null, NUR)
      const { db } = siti.phone.deps
      await db.put('meta', { holder: 'dead', until: Date.now() + 60_000 }, 'lease')
      await siti.sync()
      expect(await siti.phone.counts()).toMatchObject({ waiting: 1 })
      for (const until of [Date.now() - 1, Date.now() + 24 * HOURS]) {
        await db.put('meta', { holder: 'dead', until }, 'lease')
        await siti.sync()
        expect(await siti.phone.counts()).toMatchObject({ waiting: 0 })
        await siti.save(null, NUR)
      }
      other.lock()
    } finally {
      browser.locks = locks
    }
  })
})

describe('drafts', () => {
  it('are there after the phone was off, the last written first', async () => {
    const siti = await new Village().phone()
    await siti.phone.keepDraft(draft('x', 1))
    await siti.phone.keepDraft(draft('y', 2, { practice: true }))
    void siti.phone.keepDraft(draft('x', 3, { answers: { full_name: 'Nur H' } }))
    await siti.phone.keepDraft(draft('x', 4, { answers: { full_name: 'Nur Ha' } }))
    siti.phone.lock()
    const phone = await unlock(PIN)
    expect((await phone.drafts()).map((one) => [one.id, one.answers.full_name])).toEqual([['x', 'Nur Ha'], ['y', 'Nur']])
  })

  it('do not come back when the form still writes a moment after it was saved', async () => {
    const siti = await new Village().phone()
    await siti.phone.keepDraft(draft('x', 1))
    const [, saved] = await Promise.all([
      siti.phone.keepDraft(draft('x', 2)), siti.phone.save('worker', null, KAMAN!, NUR, { form: 'worker@1', draft: 'x' }), siti.phone.keepDraft(draft('x', 3)),
    ])
    await siti.phone.keepDraft(draft('x', 4))
    expect(saved).not.toBeNull()
    expect(await siti.phone.drafts()).toEqual([])
  })
})

describe('what a form holds', () => {
  it('is refused while the form is still open when it could never be sent', async () => {
    const siti = await new Village().phone()
    let deep: never[] = []
    for (let n = 0; n < 60; n++) deep = [deep] as never
    for (const bad of [NaN, { a: [Infinity] }, 'x'.repeat(200_000), deep]) {
      await expect(siti.phone.save('worker', null, KAMAN!, { ...NUR, notes: bad }, { form: 'worker@1' })).rejects.toBeInstanceOf(Unsendable)
    }
    expect(await siti.phone.counts()).toMatchObject({ waiting: 0, records: 0 })
  })

  it('is a change when a field is cleared, and none when an empty one stays empty', async () => {
    const siti = await new Village().phone()
    const record = await siti.save(null, { ...NUR, vulnerable: 1 })
    const save = (fields: { [name: string]: null | boolean }) => siti.phone.save('worker', record, KAMAN!, fields, { form: 'worker@1' })
    expect(await save({ email: null })).toBeNull()
    expect(await save({ phone: null })).not.toBeNull()
    expect(await save({ vulnerable: true })).not.toBeNull() // yes and one are not the same answer
    expect((await siti.open(record))!.phone).toBeNull()
  })

  it('may be a record with a fixed id, which any phone of the village creates', async () => {
    const siti = await new Village().phone()
    const id = `eligible:${KAMAN}:2026-11`
    expect(await siti.save(null, { workers: 640 }, { kind: 'eligible', id })).toBe(id)
    expect(await siti.save(null, { workers: 650 }, { kind: 'eligible', id })).toBe(id)
    expect((await siti.phone.change(2))!.change.fields).toEqual({ workers: 650 })
    expect(siti.phone.summary(id)!.name).toBe('2026-11')
  })

  it('never names this phone itself in what it has seen', async () => {
    const siti = await new Village().phone()
    const record = await siti.save(null, NUR)
    await siti.sync()
    await siti.save(record, { phone: null })
    expect((await siti.phone.change(2))!.change).not.toHaveProperty('seen')
  })

  it('has seen what the copy was made of when it was opened, not what came meanwhile', async () => {
    const village = new Village()
    const [siti, budi] = [await village.phone('Siti'), await village.phone('Budi')]
    const record = await siti.save(null, NUR)
    await siti.sync()
    await budi.sync()
    const opened = await budi.phone.open(record)
    await siti.save(record, { full_name: 'Nur Hayati binti Ahmad' })
    await siti.sync()
    await budi.sync()
    await budi.save(record, { full_name: 'Nurhayati' }, { opened })
    expect((await budi.phone.change(1))!.change.seen).toEqual({ [siti.device]: 1 })
  })
})

describe('history', () => {
  it('tells own changes with what stood before, and what others and the desk changed', async () => {
    const village = new Village()
    const [siti, budi] = [await village.phone('Siti'), await village.phone('Budi')]
    const record = await siti.save(null, NUR)
    await siti.save(record, { phone: '+6281250002222' })
    await siti.sync()
    await budi.sync()
    await budi.save(record, { address: 'Gg. Ulin 2' })
    await budi.sync()
    await siti.sync()
    village.server.desk(record, { full_name: 'Nur Hayati binti Ahmad' })
    await siti.sync()
    const happened = (await siti.phone.history(record)).map(({ by, fields, tick }) => ({ by, fields, tick }))
    expect(happened).toContainEqual({ by: 'me', fields: { phone: { before: NUR.phone, after: '+6281250002222' } }, tick: 'merged' })
    expect(happened).toContainEqual({ by: 'others', fields: { address: { before: null, after: 'Gg. Ulin 2' } }, tick: undefined })
    expect(happened).toContainEqual({ by: 'desk', fields: { full_name: { before: 'Nur Hayati', after: 'Nur Hayati binti Ahmad' } }, tick: undefined })
    expect(happened).toHaveLength(4)
  })

  it('says no more that records differ once somebody has decided', async () => {
    const village = new Village()
    const [siti, budi] = [await village.phone('Siti'), await village.phone('Budi')]
    const record = await siti.save(null, NUR)
    await siti.sync()
    await budi.sync()
    await siti.save(record, { full_name: 'Nurhayati' })
    await budi.save(record, { full_name: 'Nur Hayatin' })
    await siti.sync()
    await budi.sync()
    const mine = async () => (await budi.phone.history(record)).filter((one) => one.by === 'me').map((one) => one.tick)
    expect(await mine()).toEqual(['conflict'])
    village.server.desk(record, { full_name: 'Nurhayati' })
    await budi.sync()
    expect(await mine()).toEqual(['merged'])
  })
})

describe('what there is to do', () => {
  it('is told once each: lacking fields, notices, who has not paid', async () => {
    const village = new Village()
    village.server.derived = { state: 'in_arrears', incomplete: ['consent'] }
    const siti = await village.phone()
    const [one, two] = [await siti.save(null, NUR), await siti.save(null, { ...NUR, full_name: 'Arbain' })]
    const events = village.server.state.devices[siti.device].events
    events.push({ id: 7, record: one, text: 'Tolong foto ulang KTP.', at: '2026-11-22T00:00:00.000Z' })
    village.server.more['/worklists'] = () => ({ status: 200, answer: { lapsed: [two], in_arrears: [one, two], due_soon: [], incomplete: [], conflicts: [], to_correct: [] } })
    await siti.sync()
    const tasks = await siti.phone.tasks()
    expect(tasks.map((task) => `${task.why} ${task.record}`).sort()).toEqual(
      [`in_arrears ${one}`, `incomplete ${one}`, `incomplete ${two}`, `lapsed ${two}`, `notice ${one}`].sort(),
    )
    expect(tasks.find((task) => task.why === 'notice')!.says).toEqual(['Tolong foto ulang KTP.'])
    await siti.phone.put('heard', [7])
    await siti.save(one, { consent: { method: 'oral' } })
    expect((await siti.phone.tasks()).map((task) => `${task.why} ${task.record}`).sort()).toEqual([`in_arrears ${one}`, `incomplete ${two}`, `lapsed ${two}`].sort())
    expect(await siti.phone.owed()).toEqual([['lapsed', 1], ['in_arrears', 1]])
  })

  it('has what the operator wrote, until the officer has looked at the record again', async () => {
    const village = new Village()
    const siti = await village.phone()
    const record = await siti.save(null, NUR)
    await siti.sync()
    village.server.state.devices[siti.device].events.push({ id: 8, record, text: 'Cocokkan dengan KTP.', at: new Date().toISOString(), why: 'returned' })
    await siti.sync()
    expect((await siti.phone.tasks()).map(({ why, record: of, says }) => ({ why, of, says }))).toContainEqual({ why: 'returned', of: record, says: ['Cocokkan dengan KTP.'] })
    await new Promise((resolve) => setTimeout(resolve, 5))
    await siti.save(record, { phone: '+6281250002222' })
    expect((await siti.phone.tasks()).filter((task) => task.why === 'returned')).toEqual([])
  })

  it('is forgotten where a desk has put it right, and comes again when the desk takes that back', async () => {
    const village = new Village()
    const siti = await village.phone()
    const record = await siti.save(null, { ...NUR, nik: '12' })
    let lists: object = { to_correct: [{ seq: 1, record, errors: {}, note: 'Baca lagi NIK-nya.' }], corrected: [] }
    village.server.more['/worklists'] = () => ({ status: 200, answer: { lapsed: [], in_arrears: [], due_soon: [], incomplete: [], conflicts: [], ...lists } })
    const notes = async () => (await siti.phone.tasks()).filter((task) => task.why === 'correct').map((task) => task.note)
    await siti.sync()
    expect(await notes()).toEqual(['Baca lagi NIK-nya.'])
    lists = { to_correct: [], corrected: [1] }
    await siti.sync()
    expect(await notes()).toEqual([])
    lists = { to_correct: [{ seq: 1, record, errors: {} }], corrected: [] }
    await siti.sync()
    expect(await notes()).toEqual([undefined])
  })

  it('asks no more of who has paid here, although the server does not know it yet', async () => {
    const village = new Village()
    const siti = await village.phone()
    const [one, two] = [await siti.save(null, NUR), await siti.save(null, { ...NUR, full_name: 'Arbain' })]
    village.server.more['/worklists'] = () => ({ status: 200, answer: { lapsed: [], in_arrears: [one, two], due_soon: [two], incomplete: [], conflicts: [], to_correct: [] } })
    await siti.sync()
    expect(await siti.phone.owed()).toEqual([['in_arrears', 2]])
    await siti.phone.save('contribution', null, '64.02.11.2005', { worker: one, months: ['2026-11'], amount: 16800 }, { form: 'contribution@1' })
    expect(await siti.phone.owed()).toEqual([['in_arrears', 1]])
    expect((await siti.phone.tasks()).map((task) => `${task.why} ${task.record}`)).toEqual([`in_arrears ${two}`])
    expect((await siti.phone.counts()).records).toBe(2)
  })
})

describe('contributions and cards', () => {
  it('asks each worker once for his contribution, and for his card besides', async () => {
    const village = new Village()
    const siti = await village.phone()
    const [one, two] = [await siti.save(null, NUR), await siti.save(null, { ...NUR, full_name: 'Budi' })]
    await siti.sync()
    village.server.more['/worklists'] = () => ({ status: 200, answer: { lapsed: [], in_arrears: [one], due_soon: [one], reactivated: [two], cards: [one, two], incomplete: [], conflicts: [], to_correct: [] } })
    await siti.sync()
    expect(await siti.phone.owed()).toEqual([['in_arrears', 1], ['card', 2], ['reactivated', 1]])
    expect((await siti.phone.tasks()).map((task) => `${task.why} ${task.record}`)).toEqual([`in_arrears ${one}`, `card ${one}`, `card ${two}`, `reactivated ${two}`])
  })

  it('has no card to hand over to whom it was given, sent or not, though the server still lists him', async () => {
    const village = new Village()
    const siti = await village.phone()
    const one = await siti.save(null, NUR)
    await siti.sync()
    village.server.more['/worklists'] = () => ({ status: 200, answer: { lapsed: [], in_arrears: [], due_soon: [], reactivated: [], cards: [one], incomplete: [], conflicts: [], to_correct: [] } })
    await siti.sync()
    expect(await siti.phone.owed()).toEqual([['card', 1]])
    const opened = (await siti.phone.open(one))!
    await siti.phone.save('worker', one, opened.village, { card_given_on: '2026-11-20' }, { form: 'card@1', opened })
    expect(await siti.phone.owed()).toEqual([])
    await siti.sync()
    expect(await siti.phone.owed()).toEqual([])
  })

  it('is content with a server that knows neither of the two newer lists', async () => {
    const village = new Village()
    const siti = await village.phone()
    const one = await siti.save(null, NUR)
    await siti.sync()
    village.server.more['/worklists'] = () => ({ status: 200, answer: { lapsed: [one], in_arrears: [], due_soon: [], incomplete: [], conflicts: [], to_correct: [] } })
    await siti.sync()
    expect(await siti.phone.owed()).toEqual([['lapsed', 1]])
  })
})

describe('forms, rules and names of villages', () => {
  const form = (version: number) => ({ name: 'worker', version, kind: 'worker', does: 'create', title: { id: 'Pekerja' }, languages: ['id'], questions: [], choices: {}, dynamic: [] })

  it('come after the data, are asked for again by their tag, and an older version stays while a draft uses it', async () => {
    const village = new Village()
    const siti = await village.phone()
    let newest = 3
    const tags: (string | null)[] = []
    village.server.more['/forms/worker@3'] = () => ({ status: 200, answer: form(3) })
    village.server.more['/forms/worker@4'] = () => ({ status: 200, answer: form(4) })
    village.server.more['/forms'] = (_, headers) => {
      tags.push(headers.get('If-None-Match'))
      return tags[tags.length - 1] === `"${newest}"` ? { status: 304, answer: {} } : { status: 200, answer: { forms: [{ name: 'worker', version: newest }] }, etag: `"${newest}"` }
    }
    village.server.more['/rules'] = () => ({ status: 200, answer: { rules: [], price: {}, sectors: { farmer: 'other' } } })
    village.server.more['/regions'] = () => ({ status: 200, answer: { regions: [{ code: '64.02', name: 'Kukar' }, { code: TERATAK, name: 'Teratak' }] } })
    await siti.sync()
    expect((await siti.phone.forms()).map(({ name, version }) => `${name}@${version}`)).toEqual(['worker@3'])
    expect((await siti.phone.rules())!.sectors).toEqual({ farmer: 'other' })
    expect(await siti.phone.regions()).toEqual([{ code: TERATAK, name: 'Teratak' }])
    await siti.phone.keepDraft(draft('x', 1, { form: 'worker@3' }))
    await siti.sync()
    newest = 4
    await siti.sync()
    expect(tags).toEqual([null, '"3"', '"3"'])
    expect((await siti.phone.form('worker')).version).toBe(4)
    expect((await siti.phone.form('worker@3')).version).toBe(3)
    await siti.phone.dropDraft('x')
    newest = 4
    await siti.sync()
    await expect(siti.phone.form('worker@3')).rejects.toThrow()
    expect((await siti.phone.forms()).map((one) => one.version)).toEqual([4])
  })

  it('are no reason for the data to wait when the server has none', async () => {
    const siti = await new Village().phone()
    await siti.save(null, NUR)
    expect(await siti.sync()).toBe('idle')
    expect(await siti.counts()).toEqual({ merged: 1 })
  })
})
