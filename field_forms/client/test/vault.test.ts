// The seal on all that tells of a person, and the PIN before it.
import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from '@hpke/core'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { fromBase64url, toBase64url } from '../src/base64'
import { openDb, type Db } from '../src/db'
import { whereOf } from '../src/disk'
import { changePin, phoneState, recover, recoveryId, unlock, waits } from '../src/phone'
import { makeVault, openVault, recoveryOf, Tampered, waitOf, WrongPin } from '../src/vault'
import { KAMAN, NUR, PIN, Village } from './village'

vi.setConfig({ testTimeout: 60_000 }) // other work may share the machine

const FAST = 1000
let db: Db
beforeEach(async () => {
  globalThis.indexedDB = new IDBFactory()
  db = await openDb()
})

let awake = 0 // milliseconds since the app was loaded: long enough, except where it is the matter

async function tries(pin: string, at: number, later = 1e6): Promise<number | 'open'> {
  try {
    awake += later
    await openVault(db, pin, () => at, () => awake)
    return 'open'
  } catch (error) {
    expect(error).toBeInstanceOf(WrongPin)
    return (error as WrongPin).wait
  }
}

describe('the PIN', () => {
  it('delays after the third wrong one, longer every time, up to a quarter of an hour, and never erases', async () => {
    await makeVault(db, PIN, FAST)
    let now = 1_000_000
    expect([await tries('000000', now), await tries('000001', now)]).toEqual([0, 0])
    const waited: number[] = []
    for (let n = 0; n < 10; n++) {
      const wait = await tries('000002', now)
      waited.push(wait as number)
      now += (wait as number) * 1000
    }
    expect(waited).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 900, 900])
    expect(await tries(PIN, now)).toBe('open')
    expect(await tries('000000', now)).toBe(0)
  })

  it('does not even look at a right one before the time is over', async () => {
    await makeVault(db, PIN, FAST)
    for (let n = 0; n < 3; n++) await tries('000000', 50_000)
    expect(await tries(PIN, 52_000)).toBe(3)
    expect(await waitOf(db, 52_000, awake + 1e6)).toBe(3)
    expect(await tries(PIN, 55_000)).toBe('open')
  })

  it('opens a phone whose disk is full, and wrong ones are counted there too', async () => {
    await makeVault(db, PIN, FAST)
    const beside = new Map<string, string>()
    vi.stubGlobal('localStorage', {
      getItem: (key: string) => beside.get(key) ?? null, setItem: (key: string, text: string) => beside.set(key, text), removeItem: (key: string) => beside.delete(key),
    })
    const full = () => {
      throw new DOMException('no room', 'QuotaExceededError')
    }
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(full)
    try {
      expect([await tries('000000', 1000), await tries('000001', 1000), await tries('000002', 1000)]).toEqual([0, 0, 5])
      expect(await tries(PIN, 2000)).toBe(4)
      expect(await tries(PIN, 7000)).toBe('open')
      expect(beside.size).toBe(0)
    } finally {
      vi.restoreAllMocks()
      vi.unstubAllGlobals()
    }
  })

  it('is not to be got around by closing the app or setting the clock back, nor does a clock set back lock the officer out', async () => {
    await makeVault(db, PIN, FAST)
    for (let n = 0; n < 3; n++) await tries('000000', 1_000_000)
    db.close()
    db = await openDb()
    expect(await tries(PIN, 1_001_000)).toBe(4)
    expect(await tries(PIN, 1_000)).toBe(5)
    expect(await tries(PIN, 3_000)).toBe(3)
    expect(await tries(PIN, 6_000)).toBe('open')
  })

  it('is not much sooner looked at because the clock was set forward', async () => {
    await makeVault(db, PIN, FAST)
    for (let n = 0; n < 3; n++) await tries('000000', 1_000_000)
    const years = 2e12
    expect(await tries(PIN, years, 1000)).toBe(4)
    expect(await tries(PIN, years, 3000)).toBe(1)
    let at = years
    for (let n = 0; n < 7; n++) await tries('000000', (at += 1e7), 60_000) // to the longest wait
    expect(await waitOf(db, at + 1e7, awake)).toBe(60)
    expect(await waitOf(db, at + 1e7, awake + 61_000)).toBe(0)
    expect(await tries(PIN, at + 1e7, 61_000)).toBe('open')
  })

  it('typed right in one tab while a wrong one is tried in another is simply open', async () => {
    await makeVault(db, PIN, FAST)
    const [wrong, right] = await Promise.all([tries('000000', 1_000_000), tries(PIN, 1_000_000)])
    expect([wrong, right]).toEqual([0, 'open'])
  })

  it('counts a try that was cut off in the middle', async () => {
    await makeVault(db, PIN, FAST)
    const cutOff = Array.from({ length: 3 }, () => tries('000000', 9_000).catch(() => 0))
    await Promise.all(cutOff)
    expect(await waitOf(db, 9_000, awake + 1e6)).toBe(5)
  })

  it('must have six digits', async () => {
    for (const pin of ['', '12345', '12345a', '１２３４５６']) await expect(makeVault(db, pin, FAST)).rejects.toThrow(RangeError)
  })

  it('can be changed with the old one, and then the old one opens nothing', async () => {
    const siti = await new Village().phone()
    const record = await siti.save(null, NUR)
    await expect(changePin('000000', '111999')).rejects.toBeInstanceOf(WrongPin)
    await changePin(PIN, '111999')
    siti.phone.lock()
    await expect(unlock(PIN)).rejects.toBeInstanceOf(WrongPin)
    const phone = await unlock('111999')
    expect((await phone.open(record))!.fields).toEqual(NUR)
    expect(await waits()).toBe(0)
  })

  it('is no use to who has a copy of the database without the secret of this phone', async () => {
    await makeVault(db, PIN, FAST)
    await db.put('meta', await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign']), 'secret')
    expect(await tries(PIN, 1)).toBe(0)
  })
})

describe('what is sealed', () => {
  it('opens only in the place that it was sealed for, and unaltered', async () => {
    const vault = await makeVault(db, PIN, FAST)
    const box = await vault.seal(whereOf('records', 'k7f3q2-1'), 'Nur Hayati')
    expect(await vault.text(whereOf('records', 'k7f3q2-1'), box)).toBe('Nur Hayati')
    await expect(vault.open(whereOf('records', 'k7f3q2-2'), box)).rejects.toBeInstanceOf(Tampered)
    await expect(vault.open(whereOf('drafts', 'k7f3q2-1'), box)).rejects.toBeInstanceOf(Tampered)
    box[20]! ^= 1
    await expect(vault.open(whereOf('records', 'k7f3q2-1'), box)).rejects.toBeInstanceOf(Tampered)
  })

  it('never looks the same twice', async () => {
    const vault = await makeVault(db, PIN, FAST)
    const [one, other] = [await vault.seal('x', 'Nur'), await vault.seal('x', 'Nur')]
    expect(toBase64url(one)).not.toBe(toBase64url(other))
  })

  it('is everything that tells of a person: no name, NIK, phone number, village name, token or error lies open anywhere', async () => {
    const village = new Village()
    village.server.derived = { state: 'active', warnings: [{ field: 'nik', text: 'PERINGATAN-TENTANG-NIK' }] }
    const siti = await village.phone('Siti Aminah')
    const budi = await village.phone('Budi')
    const record = await siti.save(null, NUR)
    await siti.save(null, { ...NUR, nik: '640211999' })
    await siti.sync()
    await budi.sync()
    await budi.save(record, { full_name: 'Nurhayati Rahasia' })
    await budi.sync()
    await siti.sync()
    village.server.state.devices[siti.device].events.push({ id: 1, record, text: 'Tolong periksa Nur', at: '2026-11-22T00:00:00.000Z' })
    await siti.sync()
    await siti.phone.put('last', 'Nur Hayati')
    await siti.phone.keepDraft({
      id: 'x', form: 'worker@1', kind: 'worker', record, village: KAMAN!, opened: await siti.phone.open(record), answers: { full_name: 'Masitah' },
      begun: 1, saved: 2, files: {},
    })
    await siti.phone.keepFile(new Blob(['TANDA-TANGAN'], { type: 'image/webp' }))
    const bytes = await siti.bytes()
    const { token } = (await siti.phone.deps.disk.look((page) => page.me()))
    const secrets = ['Nur', 'Hayati', 'Rahasia', '6402115', '640211999', '+62812', '1990', 'Siti', 'Aminah', 'Desa ', 'Masitah', 'TANDA', 'Harus 16', 'periksa', 'PERINGATAN', PIN, token]
    expect(secrets.filter((secret) => bytes.includes(secret))).toEqual([])
    expect(bytes).toContain(record) // it does look at what lies there
  })
})

describe('a forgotten PIN', () => {
  async function withServerKey(village: Village) {
    const suite = new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() })
    const pair = await suite.kem.generateKeyPair()
    village.server.serverKey = { id: '1', public: toBase64url(new Uint8Array(await suite.kem.serializePublicKey(pair.publicKey))) }
    village.server.more['/recover'] = () => ({ status: 404, answer: {} })
    /** What the operator's side does with what the phone sends. */
    return async (sent: { device: string; wrapped: string }) => {
      const wrapped = fromBase64url(sent.wrapped)
      const text = (words: string) => new TextEncoder().encode(words)
      const reader = await suite.createRecipientContext({ recipientKey: pair.privateKey, enc: wrapped.slice(0, 65), info: text('sambung recovery 1') })
      return toBase64url(new Uint8Array(await reader.open(wrapped.slice(65), text(sent.device))))
    }
  }

  it('costs a call to the operator, never the forms', async () => {
    const village = new Village()
    const unwrap = await withServerKey(village)
    const siti = await village.phone()
    const record = await siti.save(null, NUR)
    expect(await siti.sync()).toBe('idle')
    siti.phone.lock()
    for (let n = 0; n < 4; n++) await unlock('000000').catch(() => {})
    expect(await recoveryId()).toBe(siti.device)
    const kept = (await recoveryOf(await openDb(siti.name)))!
    const key = await unwrap(kept)
    let asked: { [name: string]: unknown } = {}
    village.server.more['/recover'] = (body) => ((asked = body), { status: 200, answer: { key } })
    const phone = await recover('7k4q 9wxb', '555777')
    expect(asked).toEqual({ device: siti.device, code: '7K4Q-9WXB', key_id: '1', wrapped: kept.wrapped })
    expect((await phone.open(record))!.fields).toEqual(NUR)
    phone.lock()
    expect(await waits()).toBe(0)
    ;(await unlock('555777')).lock()
    await expect(unlock(PIN)).rejects.toBeInstanceOf(WrongPin)
  })

  it('takes no other phone’s key, and is then as it was', async () => {
    const village = new Village()
    await withServerKey(village)
    const siti = await village.phone()
    await siti.sync()
    siti.phone.lock()
    village.server.more['/recover'] = () => ({ status: 200, answer: { key: toBase64url(new Uint8Array(32)) } })
    await expect(recover('7K4Q-9WXB', '555777')).rejects.toBeInstanceOf(Tampered)
    ;(await unlock(PIN)).lock()
  })

  it('is wrapped anew when the server’s key is another', async () => {
    const village = new Village()
    await withServerKey(village)
    const siti = await village.phone()
    await siti.sync()
    const before = await recoveryOf(siti.phone.deps.db)
    await siti.sync()
    expect(await recoveryOf(siti.phone.deps.db)).toEqual(before)
    await siti.phone.deps.disk.edit((page) => page.putMe({ server_key: { id: '2', public: village.server.serverKey.public } }))
    await siti.sync()
    expect((await recoveryOf(siti.phone.deps.db))!.key_id).toBe('2')
  })

  it('is said to have no way back on a phone that never synced', async () => {
    const siti = await new Village().phone()
    expect(await recoveryId()).toBeNull()
    expect(await phoneState()).toBe('locked')
    siti.phone.lock()
  })
})
