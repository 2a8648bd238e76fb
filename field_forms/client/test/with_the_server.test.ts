// Phones of one village against the real server, through a line that is really cut. Run by tests/field_forms/test_phone_with_the_server.py,
// which starts the server, gives the codes and compares what every phone holds in the end.
import 'fake-indexeddb/auto'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { IDBFactory } from 'fake-indexeddb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as copies from '../src/copies'
import { around, begin, phoneState, recover, recoveryId, unlock, type OpenPhone } from '../src/phone'
import type { Fields } from '../src/types'

interface Plan {
  port: number
  codes: string[]
  village: string
  seed: number
  out: string
  /** how the operator's command is typed */
  sambung: string[]
  environment: { [name: string]: string }
}

const given = import.meta.env.VITE_SAMBUNG_PLAN as string | undefined
const plan: Plan = given ? (JSON.parse(given) as Plan) : { port: 0, codes: [], village: '', seed: 1, out: '', sambung: [], environment: {} }
const LOSSES = 0.2

/** The same chances for the same seed. */
function chances(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/** Carries bytes both ways, and now and then only half of them, and then none. */
class Line {
  lossy = false
  cuts = 0
  private readonly server: Server
  constructor(port: number, private readonly chance: () => number) {
    this.server = createServer((near) => {
      const far = createConnection(port, '127.0.0.1')
      this.carry(near, far)
      this.carry(far, near)
    })
  }

  private carry(from: Socket, to: Socket): void {
    from.on('data', (bytes: Uint8Array) => {
      if (!this.lossy || this.chance() > LOSSES) return void to.write(bytes)
      this.cuts++
      to.write(bytes.subarray(0, Math.floor(bytes.length * this.chance())), () => {
        from.destroy()
        to.destroy()
      })
    })
    from.on('close', () => to.destroy())
    from.on('error', () => to.destroy())
  }

  listen(): Promise<number> {
    return new Promise((resolve) => this.server.listen(0, '127.0.0.1', () => resolve((this.server.address() as { port: number }).port)))
  }

  close(): void {
    this.server.close()
  }
}

class Handset {
  readonly factory = new IDBFactory()
  phone!: OpenPhone
  constructor(readonly name: string) {}

  take(): void {
    globalThis.indexedDB = this.factory
    around.name = this.name
  }

  /** Types the code until it comes through. */
  async begin(code: string): Promise<void> {
    this.take()
    for (let tries = 1; ; tries++) {
      const phone = await begin(code, '280945', this.name).catch((error: unknown) => (tries < 40 ? null : Promise.reject(error)))
      if (!phone) continue
      this.phone = phone
      return
    }
  }

  async save(record: string | null, fields: Fields): Promise<string | null> {
    this.take()
    return (await this.phone.save('worker', record, plan.village, fields, { form: 'worker@1' }))?.record ?? null
  }

  /** Presses the button until it comes through. */
  async sync(): Promise<number> {
    this.take()
    for (let tries = 1; tries < 80; tries++) {
      await this.phone.syncNow()
      const { phase } = this.phone.syncState()
      if (phase === 'idle') return tries
      expect(['waiting', 'portal']).toContain(phase)
    }
    throw new Error('the line never held')
  }

  /** What it holds, for the one who compares. */
  async held(): Promise<unknown> {
    this.take()
    const { deps } = this.phone
    const records: { [record: string]: unknown } = {}
    await deps.disk.look(async (page) => {
      for (const row of await page.all('records')) {
        const copy = await copies.get(page, row.record)
        if (copy) records[row.record] = { kind: copy.kind, village: copy.village, fields: copy.fields, seen: copy.seen, conflicts: copy.conflicts }
      }
    })
    const changes = (await deps.db.getAll('changes')).map(({ seq, record, status }) => ({ seq, record, status }))
    return { device: deps.device(), records, changes, listed: this.phone.search('', { most: 10_000 }).map((known) => known.record).sort() }
  }
}

/** A command of the operator's. */
function sambung(...words: string[]): string {
  const [program, ...rest] = plan.sambung
  return execFileSync(program!, [...rest, ...words], { env: plan.environment, encoding: 'utf8', timeout: 60_000 })
}

function worker(n: number): Fields {
  return {
    nik: `640211520790${9001 + n}`, full_name: `Warga ${n}`, birth_date: '1990-07-12', sex: 'female', occupation: 'farmer', programs: ['JKK', 'JKM'],
    consent: { version: '1', at: '2026-11-20T08:11:12.003Z', method: 'oral', purposes: ['registration'] },
  }
}

describe.skipIf(!given)('phones of one village and the real server', () => {
  const chance = chances(plan.seed)
  const line = new Line(plan.port, chance)
  const phones = plan.codes.map((_, n) => new Handset(`phone-${n}`))

  beforeAll(async () => {
    Object.assign(around, { base: `http://127.0.0.1:${await line.listen()}`, iterations: 1000, auto: false, chance })
  })
  afterAll(() => line.close())

  it('agree in the end, whatever the line did', async () => {
    line.lossy = true
    for (const [n, handset] of phones.entries()) await handset.begin(plan.codes[n]!)
    const people: string[] = []
    for (const [n, handset] of phones.entries()) for (let i = 0; i < 12; i++) people.push((await handset.save(null, worker(n * 20 + i)))!)
    for (const handset of [...phones, ...phones]) await handset.sync()
    // Two write different names of one person, and neither knows of the other: this one differs whatever chance has in store.
    await phones[0]!.save(people[people.length - 1]!, { full_name: 'Satu Nama' })
    await phones[1]!.save(people[people.length - 1]!, { full_name: 'Lain Nama' })
    for (let round = 0; round < 3; round++) {
      // All of them out of reach, at the same people.
      for (const handset of phones) {
        for (const record of people.slice(round * 4, round * 4 + 10)) {
          if (chance() < 0.4) await handset.save(record, { phone: `+62812500${10000 + Math.floor(chance() * 89999)}` })
          if (chance() < 0.2) await handset.save(record, { full_name: `Warga ${Math.floor(chance() * 5)}` })
          if (chance() < 0.1) await handset.save(record, { nik: '12' }) // to be corrected
        }
      }
      for (const handset of phones) if (chance() < 0.7) await handset.sync()
    }
    for (const handset of [...phones, ...phones]) await handset.sync()
    line.lossy = false
    for (const handset of phones) await handset.sync()
    expect(line.cuts).toBeGreaterThan(5)
    writeFileSync(plan.out, JSON.stringify({ cuts: line.cuts, phones: await Promise.all(phones.map((handset) => handset.held())) }))
  }, 240_000)

  it('open again for an officer who forgot his PIN, by a code of the operator', async () => {
    const handset = phones[0]!
    await handset.begin(plan.codes[0]!)
    await handset.save(null, worker(0))
    await handset.sync()
    await handset.save(null, worker(1))
    const device = handset.phone.who().device
    const before = await handset.held()
    handset.phone.lock()
    expect(await recoveryId()).toBe(device)
    await expect(recover('0000-0000', '555777')).rejects.toThrow(/403/)
    const { code } = JSON.parse(sambung('recover', device, '--json')) as { code: string }
    handset.phone = await recover(code, '555777')
    expect(await handset.held()).toEqual(before)
    await handset.save(null, worker(90))
    await handset.sync()
    handset.phone.lock()
    handset.phone = await unlock('555777')
    expect(await handset.phone.counts()).toMatchObject({ waiting: 0 })
  }, 60_000)

  it('hand over what is unsent when they are revoked, and are wiped', async () => {
    const handset = phones[1]!
    await handset.begin(plan.codes[1]!)
    const { device } = handset.phone.who()
    await handset.save(null, worker(91))
    sambung('revoke', device)
    await handset.phone.syncNow()
    expect(handset.phone.syncState().phase).toBe('revoked')
    expect(await phoneState()).toBe('wiped')
    expect(await handset.phone.deps.db.count('changes')).toBe(0)
  }, 60_000)
})
