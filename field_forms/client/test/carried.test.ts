// What a phone seals and sends beside its data, made for tests/field_forms/test_bundles.py and test_tus_phone.py, which start the server and judge.
import 'fake-indexeddb/auto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { giveUp } from '../src/own'
import { postBundle, sealBundles, sealOutbox, type Bundle } from '../src/bundle'
import { waitingFiles } from '../src/files'
import { sealForServer } from '../src/hpke'
import { around, begin, type OpenPhone } from '../src/phone'
import type { Fields, Json } from '../src/types'

type Plan =
  | { what: 'seal'; device: string; token: string; key: { id: string; public: string }; texts: string[]; maxBytes: number; raw: number[]; out: string }
  | { what: 'outbox'; url: string; code: string; village: string; workers: Fields[]; post: boolean; givenUp?: number[]; out: string }
  | { what: 'photos'; url: string; code: string; village: string; workers: Fields[]; sizes: number[]; out: string }

const given = import.meta.env.VITE_SAMBUNG_PLAN as string | undefined
const plan = given ? (JSON.parse(given) as Plan) : null

function keep(bundles: Bundle[], out: string): void {
  mkdirSync(out, { recursive: true })
  for (const bundle of bundles) writeFileSync(join(out, bundle.name), bundle.bytes)
}

async function phoneOf({ url, code }: { url: string; code: string }): Promise<OpenPhone> {
  Object.assign(around, { base: url, iterations: 1000, auto: false, chance: () => 0.5 })
  return begin(code, '280945', 'Samsung A05')
}

/** A picture as far as its first bytes go, and like no other. */
function photo(size: number, mark: number): Blob {
  const bytes = new Uint8Array(size).map((_, place) => (place * 7 + mark * 31 + (place >> 7)) & 255)
  bytes.set([82, 73, 70, 70, 0, 0, 0, 0, 87, 69, 66, 80])
  return new Blob([bytes], { type: 'image/webp' })
}

describe.skipIf(plan?.what !== 'seal')('a phone', () => {
  it('seals what waits, and its own key', async () => {
    if (plan?.what !== 'seal') return
    keep(await sealBundles(plan, plan.texts, plan.maxBytes), plan.out)
    const wrapped = await sealForServer(plan.key.public, new Uint8Array(plan.raw), 'sambung recovery 1', plan.device)
    writeFileSync(join(plan.out, 'wrapped'), wrapped)
  })
})

describe.skipIf(plan?.what !== 'outbox')('an officer without a line', () => {
  it('makes files of what waits', async () => {
    if (plan?.what !== 'outbox') return
    const phone = await phoneOf(plan)
    for (const fields of plan.workers) await phone.save('worker', null, plan.village, fields, { form: 'worker@1' })
    for (const seq of plan.givenUp ?? []) await phone.deps.disk.edit((page) => giveUp(page, seq))
    const bundles = await sealOutbox(phone.deps)
    keep(bundles, plan.out)
    const acked = plan.post ? await Promise.all(bundles.map((bundle) => postBundle(bundle, 'id', plan.url))) : []
    writeFileSync(join(plan.out, 'told.json'), JSON.stringify({ device: phone.who().device, acked }))
  })
})

describe.skipIf(plan?.what !== 'photos')('an officer on a bad line', () => {
  it('sends the photos of those he registered', async () => {
    if (plan?.what !== 'photos') return
    const phone = await phoneOf(plan)
    const sent: { sha256: string; size: number }[] = []
    for (const [n, fields] of plan.workers.entries()) {
      const value = await phone.keepFile(photo(plan.sizes[n]!, n))
      sent.push(value)
      await phone.save('worker', null, plan.village, { ...fields, photo_ktp: value as unknown as Json }, { form: 'worker@1' })
    }
    let syncs = 0
    for (; syncs < 80 && (syncs === 0 || (await waitingFiles(phone.deps)).files); syncs++) await phone.syncNow()
    expect(await waitingFiles(phone.deps)).toEqual({ files: 0, bytes: 0 })
    mkdirSync(plan.out, { recursive: true })
    writeFileSync(join(plan.out, 'told.json'), JSON.stringify({ device: phone.who().device, sent, syncs, token: phone.deps.token() }))
  }, 200_000)
})
