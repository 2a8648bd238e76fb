// A small registration as the compiler writes it, and a phone's lists: for the tests of what fills forms in.
import type { Env } from '../src/form/model'
import type { Choice, CompiledForm } from '../src/types'

const both = (id: string, en = id) => ({ id, en })
const choice = (value: string, id: string, more: { [column: string]: string } = {}): Choice => ({ value, label: both(id), ...more })

export function registration(): CompiledForm {
  return {
    name: 'worker', version: 3, kind: 'worker', does: 'create', title: both('Pendaftaran pekerja', 'Worker registration'), languages: ['id', 'en'],
    questions: ([
      {
        type: 'group', name: 'who', field: null, label: both('Siapa', 'Who'), appearance: ['field-list'], nodes: [
          { type: 'text', name: 'nik', field: 'nik', label: both('NIK'), appearance: ['nik'], required: ['=', ['ref', 1, ['nik_reason']], ['str', '']] },
          { type: 'text', name: 'nik_reason', field: 'nik_reason', label: both('Mengapa'), relevant: ['not-used'] as never },
          { type: 'text', name: 'full_name', field: 'full_name', label: both('Nama lengkap', 'Full name'), required: true,
            constraint: ['<=', ['call', 'string-length', ['self']], ['num', 100]], constraint_says: both('Paling panjang 100 huruf.', 'At most 100 letters.') },
          { type: 'date', name: 'birth_date', field: 'birth_date', label: both('Tanggal lahir', 'Birth date'), required: true,
            constraint: ['<=', ['self'], ['call', 'today']] },
          { type: 'calculate', name: 'age', field: null, calculate: ['call', 'int', ['div', ['-', ['call', 'today'], ['ref', 1, ['birth_date']]], ['num', 365.25]]] },
          { type: 'select_one', name: 'sex', field: 'sex', label: both('Jenis kelamin', 'Sex'), list: 'sex', required: true },
        ],
      },
      {
        type: 'group', name: 'work', field: null, label: both('Pekerjaan', 'Work'), appearance: ['field-list'], nodes: [
          { type: 'select_one', name: 'occupation', field: 'occupation', label: both('Pekerjaan utama', 'Main occupation'), list: 'occupations', required: true, appearance: ['autocomplete'] },
          { type: 'text', name: 'occupation_text', field: 'occupation_text', label: both('Pekerjaan apa'), relevant: ['=', ['ref', 1, ['occupation']], ['str', 'other']], required: true },
          { type: 'integer', name: 'monthly_income', field: 'monthly_income', label: both('Penghasilan sebulan', 'Monthly income'), appearance: ['rupiah'], constraint: ['>=', ['self'], ['num', 0]] },
          { type: 'select_multiple', name: 'programs', field: 'programs', label: both('Program'), list: 'programs', required: true, default: ['str', 'JKK JKM'],
            constraint: ['and', ['call', 'selected', ['self'], ['str', 'JKK']], ['call', 'selected', ['self'], ['str', 'JKM']]] },
          { type: 'select_one', name: 'funding', field: 'funding', label: both('Dibayar oleh', 'Paid by'), list: 'funding', default: ['str', 'self'] },
          { type: 'select_one', name: 'payment_months', field: 'payment_months', label: both('Berapa bulan', 'How many months'), list: 'months', default: ['str', '1'] },
          { type: 'note', name: 'price', field: null, label: both('Iuran', 'Contribution'), appearance: ['contribution'], relevant: ['call', 'selected', ['ref', 1, ['programs']], ['str', 'JKK']] },
        ],
      },
      {
        type: 'repeat', name: 'heirs', field: 'heirs', label: both('Ahli waris', 'Heirs'), most: 3, nodes: [
          { type: 'text', name: 'heir_name', field: 'name', label: both('Nama'), required: true },
          { type: 'select_one', name: 'relation', field: 'relation', label: both('Hubungan'), list: 'relation', required: true },
          { type: 'calculate', name: 'number', field: null, calculate: ['call', 'position', ['ref', 1, []]] },
        ],
      },
      { type: 'calculate', name: 'how_many', field: null, calculate: ['call', 'count', ['ref', 0, ['heirs']]] },
      { type: 'select_one', name: 'district', field: null, label: both('Kecamatan'), list: 'districts' },
      { type: 'select_one', name: 'village', field: 'village', label: both('Desa'), list: 'villages', filter: ['=', ['col', 'district'], ['ref', 1, ['district']]] },
      {
        type: 'group', name: 'consent', field: 'consent', label: both('Persetujuan', 'Consent'), appearance: ['field-list'], nodes: [
          { type: 'note', name: 'consent_text', field: null, label: both('Saya setuju.', 'I agree.'), appearance: ['consent'] },
          { type: 'select_one', name: 'method', field: 'method', label: both('Cara'), list: 'method', required: true },
          { type: 'image', name: 'signature', field: 'signature', label: both('Tanda tangan'), appearance: ['signature'], relevant: ['!=', ['ref', 1, ['method']], ['str', 'oral']] },
          { type: 'calculate', name: 'consent_at', field: 'at', calculate: ['call', 'once', ['call', 'now']] },
        ],
      },
    ] as CompiledForm['questions']).map(withoutMarks),
    choices: {
      sex: [choice('male', 'Laki-laki'), choice('female', 'Perempuan')],
      programs: [choice('JKK', 'JKK'), choice('JKM', 'JKM'), choice('JHT', 'JHT')],
      funding: [choice('self', 'Pekerja sendiri'), choice('apbdes', 'APBDes')],
      months: ['1', '2', '3', '6', '12'].map((value) => choice(value, `${value} bulan`)),
      relation: [choice('spouse', 'Suami atau istri'), choice('child', 'Anak')],
      method: [choice('signature', 'Tanda tangan'), choice('oral', 'Lisan')],
      districts: [choice('64.02.01', 'Muara Muntai'), choice('64.02.02', 'Loa Kulu')],
      occupations: [
        choice('farmer', 'Petani', { group: 'Pertanian', sector: 'other', words: 'tani, sawah, bahuma' }),
        choice('rubber_tapper', 'Penyadap karet', { group: 'Pertanian', sector: 'other', words: 'penderes, penoreh, noreh' }),
        choice('boat_operator', 'Pengemudi ketinting atau longboat', { group: 'Angkutan', sector: 'transport', words: 'ketinting, ces, perahu' }),
        choice('trader', 'Pedagang', { group: 'Dagang', sector: 'other', words: 'dagang, jualan' }),
        choice('masseur', 'Tukang pijat', { group: 'Jasa', sector: 'other', words: 'urut' }),
        choice('builder', 'Tukang bangunan', { group: 'Bangunan', sector: 'other', words: 'tukang batu' }),
        choice('carpenter', 'Tukang kayu', { group: 'Bangunan', sector: 'other', words: 'mebel' }),
        choice('other', 'Tidak ada di daftar', { group: 'Lainnya', sector: 'other', words: 'lain' }),
      ],
    },
    dynamic: ['villages'],
  }
}

/** The reason is asked for where the NIK is odd; written apart, because it is long. */
function withoutMarks(node: CompiledForm['questions'][0]): CompiledForm['questions'][0] {
  const odd = node.nodes?.find((kid) => kid.name === 'nik_reason')
  if (odd) odd.relevant = ['and', ['!=', ['ref', 1, ['nik']], ['str', '']], ['call', 'not', ['call', 'regex', ['ref', 1, ['nik']], ['str', '[0-9]{16}']]]]
  return node
}

export const villages: Choice[] = [
  { value: '64.02.01.2001', label: both('Perian'), district: '64.02.01' },
  { value: '64.02.01.2002', label: both('Muara Leka'), district: '64.02.01' },
  { value: '64.02.02.2001', label: both('Loh Sumber'), district: '64.02.02' },
]

export function env(more: Partial<Env> = {}): Env {
  return { rows: (list) => (list === 'villages' ? villages : []), today: () => '2026-11-22', now: () => '2026-11-22T08:15:00.000+08:00', lang: () => 'id', ...more }
}
