// Weeks in a village, drawn from a seed: officers who register and edit the same people, lines that break in every way, phones that are
// switched off, a server that is restored. In the end all phones hold what the server has, and what was entered is there once.
import { expect, it } from 'vitest'
import * as copies from '../src/copies'
import { unlock } from '../src/phone'
import { NUR, PIN, sorted, Village, type Fate, type Handset } from './village'

const FATES: Fate[] = ['never sent', 'answer lost', 'cut reply', 'portal', 'redirect']

function chances(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 3266489917) >>> 0
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32
  }
}

async function held(handset: Handset): Promise<{ [record: string]: string }> {
  handset.take()
  return handset.phone.deps.disk.look(async (page) => {
    const found: { [record: string]: string } = {}
    for (const row of await page.all('records')) {
      const copy = await copies.get(page, row.record)
      if (copy) found[row.record] = sorted([copy.kind, copy.village, copy.fields, copy.seen, copy.conflicts])
    }
    return found
  })
}

async function week(seed: number): Promise<void> {
  const chance = chances(seed)
  const one = <T>(list: T[]): T => list[Math.floor(chance() * list.length)]!
  const village = new Village()
  const phones = [await village.phone('Siti'), await village.phone('Budi'), await village.phone('Tuti')]
  /** What is the truth of each entry: every saved change has its own note, which must stand in some change of the server's log. */
  const entered: string[] = []
  const backups = [village.server.backup()]
  let restored = false

  const acts: (() => Promise<void>)[] = [
    async () => {
      const note = `catatan ${entered.push('') - 1}`
      entered[entered.length - 1] = note
      await one(phones).save(null, { ...NUR, notes: note, nik: chance() < 0.15 ? '12' : NUR.nik! })
    },
    async () => {
      const phone = one(phones)
      const known = phone.records()
      if (!known.length) return
      const note = `catatan ${entered.length}`
      entered.push(note)
      phone.take()
      const field = one(['full_name', 'phone', 'address'])
      const opened = chance() < 0.5 ? await phone.phone.open(one(known)) : null
      if (chance() < 0.3) await sync(phone) // something is told while the form is open
      const record = opened?.record ?? one(phone.records().length ? phone.records() : known)
      if (!opened && !phone.phone.summary(record)) return void entered.pop()
      await phone.phone.save('worker', record, '', { [field]: `${field} ${entered.length}`, notes: note }, { form: 'worker@1', opened })
    },
    () => sync(one(phones)),
    () => sync(one(phones)),
    async () => {
      const phone = one(phones)
      phone.take()
      phone.phone.lock()
      phone.phone = await unlock(PIN)
    },
    async () => void village.server.hold.add(`${one(phones).device}-${1 + Math.floor(chance() * 6)}`),
    async () => village.server.hold.forEach((record) => village.server.release(record)),
    async () => {
      if (chance() < 0.3) backups.push(village.server.backup())
      else if (chance() < 0.3 && !restored) {
        restored = true
        village.server.restore(one(backups))
      }
    },
  ]

  async function sync(phone: Handset): Promise<void> {
    while (chance() < 0.4 && village.fates.length < 4) village.fates.push(chance() < 0.3 ? 'good' : one(FATES))
    await phone.sync()
  }

  for (let step = 0; step < 60; step++) await one(acts)()
  village.fates = []
  village.server.hold.forEach((record) => village.server.release(record))
  for (const phone of [...phones, ...phones]) {
    for (let tries = 0; tries < 5 && (await phone.sync()) !== 'idle'; tries++);
    expect(phone.phone.syncState().phase).toBe('idle')
  }

  const { log } = village.server.state
  const sent = Object.values<{ sent: { fields: { notes?: string } } }>(log).map((entry) => entry.sent.fields.notes)
  expect([...sent].sort()).toEqual([...entered].sort()) // each entry is there, and once
  const truth: { [record: string]: string } = {}
  for (const record of new Set(Object.values<{ sent: { record: string } }>(log).map((entry) => entry.sent.record))) {
    const shown = village.server.show(record)
    if (shown) truth[record] = sorted([shown.kind, shown.village, shown.fields, shown.seen, shown.conflicts])
  }
  for (const phone of phones) {
    expect(await held(phone)).toEqual(truth)
    expect(Object.keys(await phone.counts()).filter((status) => status === 'unanswered' || status === 'received')).toEqual([])
    const listed = new Set([...Object.keys(truth), ...(await quarantined(phone))])
    expect(new Set(phone.records().filter((record) => record in truth))).toEqual(new Set([...listed].filter((record) => record in truth)))
    // The list, drawn change by change, says what a list drawn anew would say.
    const before = phone.phone.search('', { most: 1000 }).map(({ at: _, ...known }) => known).sort((a, b) => (a.record < b.record ? -1 : 1))
    const { summarise } = await import('../src/outbox')
    await phone.phone.deps.disk.edit(async (page) => summarise(page, [...(await page.recordsChangedHere()), ...Object.keys(truth)], 1))
    expect(phone.phone.search('', { most: 1000 }).map(({ at: _, ...known }) => known).sort((a, b) => (a.record < b.record ? -1 : 1))).toEqual(before)
  }
  phones.forEach((phone) => phone.phone.lock())
}

async function quarantined(phone: Handset): Promise<string[]> {
  return (await phone.phone.deps.db.getAll('changes')).filter((row) => row.status === 'quarantined').map((row) => row.record)
}

const SEEDS = 12
for (let seed = 1; seed <= SEEDS; seed++) it(`a village agrees in the end, and nothing that was entered is lost or doubled (seed ${seed})`, () => week(seed), 60_000)
