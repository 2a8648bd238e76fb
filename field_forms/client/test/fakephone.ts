// A phone that keeps nothing: what screens are looked at and tried with, without a vault, a disk or a server.
import type { OpenPhone } from '../src/phone'
import type { Counts, Draft, Happened, Opened, Summary, SyncState, Task } from '../src/types'

const HOUR = 3_600_000
const VILLAGES = [{ code: '64.02.11.2005', name: 'Muara Kaman Ulu' }, { code: '64.02.11.2006', name: 'Muara Kaman Ilir' }]
const FIRST = ['Nur', 'Siti', 'Rusman', 'Galuh', 'Aminah', 'Dayang', 'Hasan', 'Jumri', 'Laing', 'Bulan']
const SECOND = ['Hayati', 'Rahmah', 'Apui', 'Kumpai', 'Saleh', 'Lian', 'Ibrahim', 'Tekwan', 'Sari', 'Usat']

export function people(n: number): Summary[] {
  return Array.from({ length: n }, (_, i) => ({
    record: `k7f3q2-${i + 1}`, kind: 'worker', village: VILLAGES[i % 2]!.code, name: `${FIRST[i % 10]} ${SECOND[Math.floor(i / 10) % 10]}`,
    nik: `640211520790${String(9001 + (i % 999)).padStart(4, '0')}`, born: '1990-07-12', occupation: 'farmer', worker: '',
    state: ['', 'active', 'in_arrears', 'proposed', 'inactive'][i % 5]!, tick: (['merged', 'here', 'received', 'conflict', 'correct'] as const)[i % 5]!, at: Date.now() - i * HOUR,
  }))
}

export interface Given { people?: number; counts?: Partial<Counts>; sync?: Partial<SyncState>; tasks?: Task[]; drafts?: Draft[]; persisted?: boolean | null; free?: number }

export function fakePhone(given: Given = {}): OpenPhone {
  const all = people(given.people ?? 240)
  const heard = new Set<() => void>()
  const kept = new Map<string, unknown>()
  all.push({ ...all[0]!, record: 'k7f3q2-900', kind: 'contribution', name: 'November 2026 · Rp16.800', nik: '', worker: 'k7f3q2-1', state: '', tick: 'received' })
  const opened = (record: string): Opened => ({
    record, kind: record === 'k7f3q2-900' ? 'contribution' : 'worker', village: VILLAGES[0]!.code, version: 3, seen: {}, waiting: 0,
    fields: record === 'k7f3q2-900' ? { worker: 'k7f3q2-1', months: ['2026-11', '2026-12'], programs: ['JKK', 'JKM'], amount: 33600, funding: 'self', paid_on: '2026-11-20' } : {
      nik: '6402115207909001', full_name: 'Nur Hayati', birth_date: '1990-12-07', sex: 'female', mother_name: 'Rahmah', address: 'Jl. Sungai No. 4', rt: '02', village: VILLAGES[0]!.code,
      phone: '+6281234500000', occupation: 'rubber_tapper', monthly_income: 1500000, programs: ['JKK', 'JKM'], funding: 'self',
      heirs: [{ name: 'Hasan', relation: 'husband', birth_date: '1988-01-02' }, { name: 'Lian', relation: 'child' }],
      consent: { version: '1', at: '2026-11-20T03:00:00.000Z', method: 'thumb', witness: 'Pak RT', purposes: ['registration'] }, signature: { sha256: 'ab', size: 4100, type: 'image/png' }, 'extra.boat': 'ya',
    },
    conflicts: record === 'k7f3q2-4' || record === 'k7f3q2-1' ? { birth_date: [{ value: '1990-12-07', by: 'k7f3q2', at: '2026-11-20T03:00:00.000Z' }, { value: '1990-07-12', by: 'p2m8aa', at: '2026-11-22T03:00:00.000Z' }] } : {},
    derived: { state: 'active', since: '2026-01-01', covered: ['2026-08', '2026-09', '2026-10', '2026-11'], unconfirmed: ['2026-12'], incomplete: ['kk_number'], warnings: [{ field: 'birth_date', text: 'Tanggal lahir berbeda dari NIK.' }], payers: ['self'] },
  })
  const happened: Happened[] = [
    { at: '2026-11-22T03:00:00.000Z', by: 'others', fields: { birth_date: { before: '1990-12-07', after: '1990-07-12' } } },
    { at: '2026-11-21T03:00:00.000Z', by: 'me', seq: 19, form: 'worker_update@1', tick: 'received', fields: { phone: { before: '+6281234599999', after: '+6281234500000' }, rt: { after: '02' } } },
    { at: '2026-11-20T03:00:00.000Z', by: 'me', seq: 4, form: 'worker@3', tick: 'merged', fields: { full_name: { after: 'Nur Hayati' }, nik: { after: '6402115207909001' }, sex: { after: 'female' }, occupation: { after: 'rubber_tapper' } } },
  ]
  const sync: SyncState = { phase: 'idle', sent: 0, to_send: 0, received: 0, bytes_up: 0, bytes_down: 0, last: Date.now() - 3 * 60_000, next: null, says: null, ...given.sync }
  return {
    who: () => ({ device: 'k7f3q2', officer: { id: 12, name: 'Siti Aminah' }, villages: VILLAGES, enrolled: Date.now() - 40 * 24 * HOUR }),
    subscribe: (tell) => (heard.add(tell), () => heard.delete(tell)),
    search(text, where = {}) {
      const words = text.toLowerCase()
      return all.filter((one) => (!where.kind || one.kind === where.kind) && (!where.village || one.village === where.village) && `${one.name} ${one.nik}`.toLowerCase().includes(words)).slice(0, where.most)
    },
    summary: (record) => all.find((one) => one.record === record),
    likely: () => [],
    open: async (record) => (all.some((one) => one.record === record) ? opened(record) : null),
    history: async () => happened,
    about: (worker) => all.filter((one) => one.worker === worker),
    tasks: async () => given.tasks ?? [], owed: async () => [],
    counts: async () => ({ today: 7, waiting: 31, waiting_files: 4, waiting_file_bytes: 180_000, oldest: Date.now() - 26 * HOUR, to_correct: 2, conflicts: 1, drafts: given.drafts?.length ?? 0, records: all.length, ...given.counts }),
    save: async () => null, correct: async () => null, change: async () => null,
    drafts: async () => given.drafts ?? [], keepDraft: async () => {}, dropDraft: async () => {},
    keepFile: async () => ({ sha256: '', size: 0, type: '' }), file: async () => null,
    form: async () => { throw new Error('none') },
    forms: async () => [
      { name: 'worker', version: 3, kind: 'worker', does: 'create', title: { id: 'Pendaftaran pekerja', en: 'Worker registration' } },
      { name: 'eligible', version: 1, kind: 'eligible', does: 'create', title: { id: 'Jumlah pekerja desa', en: 'Eligible workers' } },
    ],
    rules: async () => null, regions: async () => VILLAGES,
    syncState: () => sync, syncNow: async () => {},
    cost: async () => ({ changes: 31, bytes: 3400, files: 4, file_bytes: 180_000 }),
    get: async (name: string) => (kept.get(name) ?? null) as never,
    put: async (name, value) => (kept.set(name, value), heard.forEach((tell) => tell())),
    storage: async () => ({ persisted: given.persisted ?? true, used: 4_200_000, free: given.free ?? 812_000_000 }),
    lock: () => {}, wipe: async () => {}, enrolAgain: async () => {},
    deps: {} as OpenPhone['deps'],
  }
}
