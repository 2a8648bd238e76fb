// What a phone and the server promise each other.
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { HOURS, KAMAN, NUR, PIN, TERATAK, Village } from './village'

vi.setConfig({ testTimeout: 60_000 }) // other work may share the machine

let village: Village
beforeEach(() => void (village = new Village()))

describe('syncing', () => {
  it('sends fifty forms and takes in fifty in one request', async () => {
    const [siti, budi] = [await village.phone('Siti'), await village.phone('Budi')]
    for (const phone of [siti, budi]) for (let n = 0; n < 50; n++) await phone.save(null, { ...NUR, full_name: `Warga ${n}` })
    await budi.sync()
    const before = village.server.asked.length
    expect(await siti.sync()).toBe('idle')
    expect(village.server.asked.length).toBe(before + 1)
    expect(siti.records().length).toBe(100)
    expect(await siti.counts()).toEqual({ merged: 50 })
    expect(siti.phone.syncState()).toMatchObject({ sent: 50, to_send: 50, received: 100 }) // a new phone is told everything
  })

  it('costs under 300 bytes when there is nothing new', async () => {
    const siti = await village.phone()
    await siti.save(null, NUR)
    await siti.sync()
    await siti.sync()
    village.server.sizes = []
    await siti.sync()
    expect(village.server.asked[village.server.asked.length - 1]!.changes).toEqual([])
    expect(village.server.sizes[0]).toBeLessThan(300)
  })

  it('shows on both phones what two officers edited, and the conflict to both', async () => {
    const [siti, budi] = [await village.phone('Siti'), await village.phone('Budi')]
    const record = await siti.save(null, NUR)
    await siti.sync()
    await budi.sync()
    await siti.save(record, { full_name: 'Nur Hayati binti Ahmad' })
    await budi.save(record, { full_name: 'Nurhayati', phone: '+6281250002222' })
    for (const phone of [siti, budi, siti]) await phone.sync()
    const [one, other] = [await siti.open(record), await budi.open(record)]
    expect(one).toEqual(other)
    expect(one!.phone).toBe('+6281250002222')
    for (const phone of [siti, budi]) {
      phone.take()
      const opened = (await phone.phone.open(record))!
      expect(new Set(opened.conflicts.full_name!.map((head) => head.value))).toEqual(new Set(['Nur Hayati binti Ahmad', 'Nurhayati']))
      expect(phone.phone.summary(record)!.tick).toBe('conflict')
      expect((await phone.phone.tasks()).map((task) => [task.why, task.record, task.fields])).toEqual([['conflict', record, ['full_name']]])
      expect((await phone.phone.counts()).conflicts).toBe(1)
    }
  })

  it('lets an officer who looked at both say which value is right, also when it is the one that is shown', async () => {
    const [siti, budi] = [await village.phone('Siti'), await village.phone('Budi')]
    const record = await siti.save(null, NUR)
    await siti.sync()
    await budi.sync()
    await siti.save(record, { full_name: 'Nur Hayati binti Ahmad' })
    await budi.save(record, { full_name: 'Nurhayati' })
    for (const phone of [siti, budi, siti]) await phone.sync()
    const opened = (await budi.phone.open(record))!
    const shown = String(opened.fields.full_name)
    expect(await budi.phone.save('worker', record, KAMAN, { full_name: shown }, { form: 'chosen@1', opened })).not.toBeNull()
    expect((await budi.phone.open(record))!.conflicts).toEqual({})
    expect(await budi.phone.tasks()).toEqual([])
    for (const phone of [budi, siti]) await phone.sync()
    for (const phone of [siti, budi]) {
      phone.take()
      expect((await phone.phone.open(record))!.conflicts).toEqual({})
      expect(phone.phone.summary(record)!.tick).toBe('merged')
    }
    expect((await siti.open(record))!.full_name).toBe(shown)
  })

  it('settles no conflict by a form that was opened before there was one', async () => {
    const [siti, budi] = [await village.phone('Siti'), await village.phone('Budi')]
    const record = await siti.save(null, NUR)
    await siti.sync()
    await budi.sync()
    const opened = (await budi.phone.open(record))!
    await siti.save(record, { full_name: 'Nur Hayati binti Ahmad' })
    await siti.sync()
    await budi.phone.save('worker', record, KAMAN, { full_name: 'Nurhayati' }, { form: 'worker@1', opened })
    await budi.sync()
    await budi.sync()
    expect(Object.keys((await budi.phone.open(record))!.conflicts)).toEqual(['full_name'])
  })

  it('shows a contribution with its worker also after he was joined to another record', async () => {
    const [siti, budi] = [await village.phone('Siti'), await village.phone('Budi')]
    const one = await siti.save(null, NUR)
    await siti.sync()
    const two = await budi.save(null, { ...NUR, nik: '6402115207909003' })
    const paid = (await budi.phone.save('contribution', null, KAMAN, { worker: two, months: ['2026-11'] }, { form: 'contribution@1' }))!.record
    await budi.sync()
    await siti.sync()
    village.server.link(one, two)
    for (const phone of [siti, budi]) {
      await phone.sync()
      phone.take()
      await vi.waitFor(() => expect(phone.phone.summary(two)?.record).toBe(phone.phone.summary(one)!.record))
      for (const id of [one, two]) expect(phone.phone.about(id).map((known) => known.record)).toEqual([paid])
    }
  })

  it('sends only what differs, with what the copy was made of', async () => {
    const [siti, budi] = [await village.phone('Siti'), await village.phone('Budi')]
    const record = await siti.save(null, NUR)
    await siti.sync()
    await budi.sync()
    await budi.save(record, { ...NUR, phone: '+6281250002222' })
    await budi.sync()
    const sent = village.server.asked[village.server.asked.length - 1]!.changes[0]
    expect(sent.fields).toEqual({ phone: '+6281250002222' })
    expect(sent.seen).toEqual({ [siti.device]: 1 })
    expect(await budi.phone.save('worker', record, KAMAN, { phone: '+6281250002222' }, { form: 'worker@1' })).toBeNull()
  })

  for (const fate of ['never sent', 'answer lost', 'cut reply', 'portal', 'redirect'] as const) {
    it(`merges a form once when the line breaks by: ${fate}`, async () => {
      const siti = await village.phone()
      const record = await siti.save(null, NUR)
      village.fates = [fate]
      const phase = await siti.sync()
      expect(phase).toBe(fate === 'portal' || fate === 'redirect' ? 'portal' : 'waiting')
      expect(siti.phone.syncState().next).toBeGreaterThan(Date.now())
      expect(siti.phone.summary(record)!.tick).toBe('here')
      expect(await siti.sync()).toBe('idle')
      expect(await siti.counts()).toEqual({ merged: 1 })
      expect(Object.keys(village.server.state.log)).toHaveLength(1)
      expect(siti.phone.summary(record)!.tick).toBe('merged')
    })
  }

  it('takes smaller batches on a broken line and larger ones again', async () => {
    const siti = await village.phone()
    for (let n = 0; n < 120; n++) await siti.save(null, { ...NUR, full_name: `Warga ${n}` })
    village.fates = ['never sent']
    await siti.sync()
    village.fates = ['never sent']
    await siti.sync()
    await siti.sync()
    expect(village.server.asked.map((asked) => asked.changes.length)).toEqual([7, 14, 28, 56, 15])
    expect(await siti.counts()).toEqual({ merged: 120 })
  })

  it('keeps within the limits that the server named', async () => {
    Object.assign(village.server, { maxChanges: 5, maxBytes: 8000 })
    const siti = await village.phone()
    for (let n = 0; n < 12; n++) await siti.save(null, { full_name: `Warga ${n}`, notes: 'x'.repeat(900) })
    await siti.sync()
    expect(Math.max(...village.server.asked.map((asked) => asked.changes.length))).toBeLessThanOrEqual(5)
    expect(await siti.counts()).toEqual({ merged: 12 })
  })

  it('sends less at a time after 413, and reports one that is too large alone without losing it', async () => {
    const siti = await village.phone()
    const records: string[] = []
    for (const notes of ['a', 'b', 'y'.repeat(30_000), 'c']) records.push(await siti.save(null, { full_name: 'Warga', notes }))
    village.server.maxBytes = 20_000
    expect(await siti.sync()).toBe('idle')
    expect(village.server.state.devices[siti.device].acked).toBe(4)
    expect(Object.keys(village.server.state.log)).toHaveLength(3)
    expect((await siti.open(records[2]!))!.notes).toBe('y'.repeat(30_000))
    const [task] = await siti.phone.tasks()
    expect([task!.why, task!.record]).toEqual(['correct', records[2]])
    await siti.phone.correct(task!.seq!, { notes: 'pendek' }, { form: 'worker@1' })
    expect(await siti.sync()).toBe('idle')
    expect(village.server.show(records[2]!)!.fields).toEqual({ full_name: 'Warga', notes: 'pendek' })
    expect(await siti.phone.tasks()).toEqual([])
  })

  it('gives a busy server the time that it asks for', async () => {
    const siti = await village.phone()
    village.server.busy = [{ status: 429, retryAfter: '40' }]
    await siti.sync()
    expect(siti.phone.syncState().next! - Date.now()).toBeGreaterThan(39_000)
    expect(siti.phone.syncState().phase).toBe('waiting')
  })

  it('misses nothing when what is told comes in parts', async () => {
    const [siti, budi] = [await village.phone('Siti'), await village.phone('Budi')]
    for (let n = 0; n < 40; n++) await siti.save(null, { ...NUR, full_name: `Warga ${n}` })
    await siti.sync()
    budi.take()
    await budi.phone.deps.disk.edit((page) => page.putMe({ pace: { changes: 200, pull: 4096 } }))
    await budi.sync()
    expect(budi.phone.syncState().received).toBe(40)
    expect(village.server.asked.length).toBeGreaterThan(2)
    expect(budi.records()).toEqual(siti.records())
  })

  it('tells the officer of bad data, and his correction repeats the rest', async () => {
    const siti = await village.phone()
    const wrong = await siti.save(null, { ...NUR, nik: '123' })
    const good = await siti.save(null, NUR)
    await siti.sync()
    const [task] = await siti.phone.tasks()
    expect(task).toMatchObject({ why: 'correct', record: wrong, fields: ['nik'], says: ['Harus 16 angka.'], seq: 1, name: 'Nur Hayati' })
    expect(siti.phone.summary(good)!.tick).toBe('merged')
    const saved = await siti.phone.correct(1, { nik: NUR.nik! }, { form: 'worker@1' })
    expect(saved!.record).toBe(wrong)
    await siti.sync()
    expect(await siti.open(wrong)).toEqual(NUR)
    expect(await siti.phone.tasks()).toEqual([])
    expect(siti.phone.summary(wrong)!.tick).toBe('merged')
  })

  it('shows what was only received meanwhile, with its tick, and merges it later', async () => {
    const siti = await village.phone()
    village.server.hold.add(`${siti.device}-1`)
    const record = await siti.save(null, NUR)
    expect(siti.phone.summary(record)!.tick).toBe('here')
    await siti.sync()
    expect(siti.phone.summary(record)!.tick).toBe('received')
    expect(await siti.open(record)).toEqual(NUR)
    village.server.release(record)
    await siti.sync()
    expect(siti.phone.summary(record)!.tick).toBe('merged')
    expect((await siti.phone.open(record))!.version).toBe(1)
  })

  it('lets a worker who moved leave the old village and appear in the new one', async () => {
    const [siti, budi, tuti] = [await village.phone('Siti'), await village.phone('Budi'), await village.phone('Tuti', [TERATAK])]
    const record = await siti.save(null, NUR)
    for (const phone of [siti, budi]) await phone.sync()
    await budi.save(record, { village: TERATAK })
    for (const phone of [budi, siti, tuti]) await phone.sync()
    expect([await siti.open(record), await budi.open(record)]).toEqual([undefined, undefined])
    expect([siti.records(), budi.records(), tuti.records()]).toEqual([[], [], [record]])
  })

  it('understands an alias, and an edit of it is of the joined record', async () => {
    const [siti, budi] = [await village.phone('Siti'), await village.phone('Budi')]
    const one = await siti.save(null, NUR)
    const two = await budi.save(null, { ...NUR, notes: 'didaftar dua kali' })
    for (const phone of [siti, budi, siti]) await phone.sync()
    village.server.link(one, two)
    budi.take()
    const draft = await budi.phone.open(two) // opened before the link was told
    await siti.sync()
    await budi.sync()
    const [small, large] = [one, two].sort() as [string, string]
    siti.take()
    expect((await siti.phone.open(large))!.record).toBe(small)
    expect(siti.records()).toEqual([small])
    await siti.save(large, { phone: '+6281250003333' })
    await siti.sync()
    const sent = village.server.asked[village.server.asked.length - 1]!.changes[0]
    expect([sent.record, sent.seen.hq1]).toEqual([small, 1])
    await budi.save(two, { email: 'nur@contoh.id' }, { opened: draft })
    await budi.sync()
    expect(village.server.asked[village.server.asked.length - 1]!.changes[0].record).toBe(two)
    await siti.sync()
    expect((await siti.open(two))!.email).toBe('nur@contoh.id')
    expect((await budi.open(one))!.email).toBe('nur@contoh.id')
  })

  it('deletes a village that was taken away once the own changes there are acknowledged', async () => {
    const siti = await village.phone('Siti', [KAMAN, TERATAK])
    const record = await siti.save(null, NUR, { village: TERATAK })
    await siti.sync()
    await siti.save(record, { phone: '+6281250009999' })
    village.server.state.devices[siti.device].villages = [KAMAN]
    await siti.sync()
    expect(siti.phone.who().villages).toEqual([{ code: KAMAN, name: `Desa ${KAMAN}` }])
    expect(await siti.open(record)).toBeUndefined()
    expect(siti.records()).toEqual([])
    expect(village.server.state.log[`${siti.device} 2`].sent.fields).toEqual({ phone: '+6281250009999' })
  })
})

describe('restores, twins and strangers', () => {
  it('refills a restored server', async () => {
    const [siti, budi] = [await village.phone('Siti'), await village.phone('Budi')]
    const first = await siti.save(null, NUR)
    await siti.sync()
    const backup = village.server.backup()
    const later = await siti.save(null, { ...NUR, full_name: 'Siti Rahmah' })
    await siti.save(first, { phone: '+6281250007777' })
    await siti.sync()
    await budi.sync()
    village.server.restore(backup)
    for (const phone of [siti, budi, siti]) expect(await phone.sync()).toBe('idle')
    expect(Object.keys(village.server.state.log).sort()).toEqual([1, 2, 3].map((seq) => `${siti.device} ${seq}`))
    for (const phone of [siti, budi]) {
      expect((await phone.open(first))!.phone).toBe('+6281250007777')
      expect((await phone.open(later))!.full_name).toBe('Siti Rahmah')
    }
    expect(await siti.counts()).toEqual({ merged: 3 })
  })

  it('still shows what it entered while the restored server has not merged it again', async () => {
    const siti = await village.phone()
    const record = await siti.save(null, NUR)
    await siti.sync()
    const backup = village.server.backup()
    await siti.save(record, { phone: '+6281250007777' })
    await siti.sync()
    village.server.restore(backup)
    village.server.hold.add(record)
    expect(await siti.sync()).toBe('idle')
    expect(await siti.counts()).toEqual({ merged: 1, received: 1 })
    expect((await siti.open(record))!.phone).toBe('+6281250007777')
    expect(siti.phone.summary(record)!.tick).toBe('received')
  })

  it('refills a server that was set back without a new epoch', async () => {
    const siti = await village.phone()
    await siti.save(null, NUR)
    await siti.sync()
    const backup = village.server.backup()
    await siti.save(null, NUR)
    await siti.sync()
    village.server.state = backup
    await siti.sync()
    expect(Object.keys(village.server.state.log)).toHaveLength(2)
    expect(await siti.counts()).toEqual({ merged: 2 })
  })

  it('hides a copy that a restored server does not know, until its maker comes back', async () => {
    const [siti, budi] = [await village.phone('Siti'), await village.phone('Budi')]
    const backup = village.server.backup()
    const record = await siti.save(null, NUR)
    await siti.sync()
    await budi.sync()
    village.server.restore(backup)
    await budi.sync()
    expect(budi.records()).toEqual([])
    await siti.sync()
    await budi.sync()
    expect(budi.records()).toEqual([record])
  })

  it('gets its id back when it was enrolled after the backup, and sends all it has', async () => {
    const backup = village.server.backup()
    const siti = await village.phone()
    const old = siti.device
    await siti.save(null, NUR)
    await siti.sync()
    await siti.save(null, NUR)
    village.server.restore(backup)
    expect(await siti.sync()).toBe('needs-code')
    await siti.save(null, NUR) // he works on meanwhile
    await siti.phone.enrolAgain(village.server.code('Siti'))
    expect(await siti.sync()).toBe('idle')
    expect(siti.device).toBe(old)
    expect(Object.keys(village.server.state.log).sort()).toEqual([1, 2, 3].map((seq) => `${old} ${seq}`))
  })

  it('drops changes after thirty days by the server’s clock, and owns up when they are asked for', async () => {
    const backup = village.server.backup()
    const siti = await village.phone()
    for (let n = 0; n < 2; n++) await siti.save(null, NUR)
    await siti.sync()
    const now = Date.now()
    village.server.now = () => now + 31 * 24 * HOURS
    await siti.sync()
    expect(await siti.counts()).toEqual({})
    expect(siti.records()).toHaveLength(2)
    await siti.save(null, NUR)
    village.server.restore(backup)
    expect(await siti.sync()).toBe('needs-code')
    await siti.phone.enrolAgain(village.server.code('Siti'))
    await siti.sync()
    expect(village.server.asked[village.server.asked.length - 1]!.lost_to).toBe(2)
    expect(Object.keys(village.server.state.log)).toEqual([`${siti.device} 3`])
  })

  it('drops nothing when its own clock leaps by years', async () => {
    const siti = await village.phone()
    for (const year of [2061, 1971]) {
      village.clock = () => Date.UTC(year, 0)
      await siti.save(null, NUR)
      expect(await siti.sync()).toBe('idle')
      await siti.sync()
    }
    expect(await siti.counts()).toEqual({ merged: 2 })
  })

  it('enrols again when it has a twin, and both keep what they entered', async () => {
    const siti = await village.phone()
    const shared = await siti.save(null, NUR)
    await siti.sync()
    const twin = await siti.twin()
    await siti.save(null, { ...NUR, full_name: 'Arbain' })
    await siti.save(shared, { phone: '+6281250001234' })
    await siti.sync()
    const made = await twin.save(null, { ...NUR, full_name: 'Masitah' })
    const open = await twin.phone.open(made) // a form that is open while all this happens
    await twin.save(null, { worker: made, extra: { who: [made] }, amount: 16800 }, { kind: 'contribution' })
    await twin.save(shared, { email: 'nur@contoh.id' })
    const old = siti.device
    expect(await twin.sync()).toBe('idle')
    const now = twin.device
    expect(now).not.toBe(old)
    expect(await twin.counts()).toEqual({ merged: 4 })
    const [one, two, three] = [1, 2, 3].map((seq) => village.server.state.log[`${now} ${seq}`].sent)
    expect([one.record, one.seen]).toEqual([`${now}-2`, {}])
    expect([two.fields.worker, two.fields.extra]).toEqual([`${now}-2`, { who: [`${now}-2`] }])
    expect([three.record, three.seen]).toEqual([shared, { [old]: 1 }])
    await siti.sync()
    for (const phone of [siti, twin]) {
      expect((await phone.open(`${old}-2`))!.full_name).toBe('Arbain')
      expect((await phone.open(`${now}-2`))!.full_name).toBe('Masitah')
      expect(await phone.open(shared)).toMatchObject({ phone: '+6281250001234', email: 'nur@contoh.id' })
      expect(phone.records()).toEqual([`${old}-1`, `${old}-2`, `${now}-2`, `${now}-3`].sort())
    }
    const saved = await twin.save(made, { notes: 'masih Masitah' }, { opened: open })
    expect(saved).toBe(`${now}-2`)
  })

  it('makes no third device when the answer to the second enrolment is lost', async () => {
    const siti = await village.phone()
    const twin = await siti.twin()
    await siti.save(null, { ...NUR, full_name: 'Arbain' })
    await twin.save(null, { ...NUR, full_name: 'Masitah' })
    await siti.sync()
    twin.take()
    village.fates = ['good', 'answer lost']
    await twin.sync()
    expect(await twin.sync()).toBe('idle')
    expect(Object.keys(village.server.state.devices)).toHaveLength(2)
    expect(Object.keys(village.server.state.log)).toHaveLength(2)
  })

  it('finds out by an acked above its own that it was set back to last week', async () => {
    const siti = await village.phone()
    await siti.save(null, NUR)
    await siti.sync()
    const old = siti.device
    const back = await siti.twin()
    for (let n = 0; n < 3; n++) await siti.save(null, NUR)
    await siti.sync()
    await back.sync()
    const now = back.device
    expect(now).not.toBe(old)
    await back.save(`${old}-1`, { notes: 'sesudah dipulihkan' })
    const record = await back.save(null, NUR)
    await back.sync()
    expect(record.startsWith(`${now}-`)).toBe(true)
    expect(village.server.state.log[`${now} 1`].sent.seen).toEqual({ [old]: 1 })
    expect((await back.open(`${old}-1`))!.notes).toBe('sesudah dipulihkan')
  })

  it('makes no second person of what the server already has when it was set back', async () => {
    const siti = await village.phone()
    await siti.save(null, NUR)
    const back = await siti.twin()
    await siti.save(null, NUR)
    await siti.sync()
    await back.sync()
    expect(Object.keys(village.server.state.log)).toHaveLength(2)
    expect(back.records()).toEqual(siti.records())
  })

  it('goes back to where the server stands after a gap', async () => {
    const siti = await village.phone()
    for (let n = 0; n < 3; n++) await siti.save(null, NUR)
    await siti.sync()
    siti.take()
    await siti.phone.deps.disk.edit((page) => page.putMe({ acked: 3 }))
    village.server.state.devices[siti.device].acked = 1
    for (const seq of [2, 3]) delete village.server.state.log[`${siti.device} ${seq}`]
    await siti.save(null, NUR)
    expect(await siti.sync()).toBe('idle')
    expect(Object.keys(village.server.state.log).sort()).toEqual([1, 2, 3, 4].map((seq) => `${siti.device} ${seq}`))
  })

  it('hands over what is unsent when it is revoked, and only then is wiped', async () => {
    const siti = await village.phone()
    await siti.save(null, NUR)
    village.server.revoked.add(siti.device)
    expect(await siti.sync()).toBe('revoked') // the server has told no key: nothing can be sealed, so nothing is wiped
    const requests = village.server.asked.length
    await siti.sync()
    expect(village.server.asked.length).toBe(requests)
    expect((await siti.phone.deps.unsentTexts())!.texts).toHaveLength(1)
    await siti.phone.wipe()
    const { phoneState } = await import('../src/phone')
    expect(await phoneState()).toBe('wiped')
    expect(await siti.bytes()).not.toContain(siti.device)
  })
})

describe('the first start', () => {
  it('costs nothing when the answer to the enrolment is lost and the phone switched off', async () => {
    const stranger = village.stranger()
    const code = village.server.code('Siti')
    village.fates = ['answer lost']
    await expect(stranger.begin(code)).rejects.toThrow()
    const { phoneState } = await import('../src/phone')
    expect(await phoneState()).toBe('new')
    await stranger.begin(code)
    expect(Object.keys(village.server.state.devices)).toEqual([stranger.device])
    expect(await phoneState()).toBe('locked')
    expect(await stranger.sync()).toBe('idle')
  })

  it('says why a wrong code is refused, and takes the right one afterwards under another PIN', async () => {
    const stranger = village.stranger()
    await expect(stranger.begin('AAAA-AAAA')).rejects.toThrow(/enrolment-refused/)
    await stranger.begin(village.server.code('Siti'), '111999')
    stranger.phone.lock()
    const { unlock } = await import('../src/phone')
    expect((await unlock('111999')).who().officer.name).toBe('Siti')
  })

  it('opens with everything where it was after the phone was locked', async () => {
    const siti = await village.phone()
    const record = await siti.save(null, NUR)
    await siti.phone.put('lang', 'en')
    siti.phone.lock()
    const { unlock } = await import('../src/phone')
    siti.phone = await unlock(PIN)
    expect(siti.records()).toEqual([record])
    expect(await siti.phone.get('lang')).toBe('en')
    expect(await siti.phone.counts()).toMatchObject({ today: 1, waiting: 1, records: 1, drafts: 0 })
    expect(await siti.sync()).toBe('idle')
    expect(await siti.phone.counts()).toMatchObject({ today: 1, waiting: 0, oldest: null })
  })
})
