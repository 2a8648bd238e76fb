import { useMemo, useState } from 'preact/hooks'
import { PROGRAMS } from '../contribution'
import { known, t } from '../i18n'
import type { Fields, Phone, Summary, Village } from '../types'
import { Bar } from '../ui/bar'
import { Button } from '../ui/button'
import { Empty } from '../ui/empty'
import { useAsked } from '../ui/hooks'
import { Page } from '../ui/page'
import { day, masked } from '../ui/words'
import { today } from '../words/dates'
import { allOf, eachOf, namesOf } from './around'
import { printOn, usePaper } from './paper'

const COLUMNS = ['nik', 'born', 'rt', 'occupation', 'programs', 'funding', 'state', 'tick', 'sign', 'note'] as const
type Column = (typeof COLUMNS)[number]
const USUAL: Column[] = ['nik', 'occupation', 'programs', 'state', 'sign']
const CHOSEN = 'list.columns'

interface Row { summary: Summary; fields: Fields }
type Names = (field: string, value: Fields[string] | undefined) => string

/** `#/list`: the workers of a village on paper, for the office wall's folder or a round from house to house. */
export function ListScreen({ phone }: { phone: Phone; go: (where: string) => void }) {
  const { villages } = phone.who()
  const [village, setVillage] = useState(villages[0]?.code ?? '')
  const [order, setOrder] = useState<'name' | 'rt'>('name')
  const [columns, setColumns] = useState<Column[] | null>(null)
  const [sideways, setSideways] = useState(false)
  const [far, setFar] = useState<[number, number]>([0, 0])
  usePaper(sideways ? 'a4-wide' : 'a4')
  const usual = useAsked(phone, async () => (await phone.get<string[]>(CHOSEN)) ?? USUAL)
  const names = useAsked(phone, async () => ({ of: await namesOf(phone, 'worker') }))?.of
  const rows = useAsked(phone, () => rowsOf(phone, village, (done, of) => setFar([done, of])), [village])
  const sorted = useMemo(() => rows && [...rows].sort(order === 'rt' ? byRt : byName), [rows, order])
  const shown = (columns ?? usual ?? USUAL).filter((one): one is Column => (COLUMNS as readonly string[]).includes(one))
  const toggle = (column: Column) => {
    const next = COLUMNS.filter((one) => (one === column ? !shown.includes(one) : shown.includes(one)))
    setColumns(next)
    void phone.put(CHOSEN, next).catch(() => undefined) // a full phone forgets the choice, nothing else
  }
  const here = villages.find((one) => one.code === village)
  return (
    <Page title={t('list.title')} class="wide">
      <div class="around-pick no-print">
        <p>{t('list.hint')}</p>
        {villages.length > 1 && <Choice label={t('list.village')} value={village} onChange={setVillage} choices={villages.map((one) => [one.code, one.name])} />}
        <Choice label={t('list.order')} value={order} onChange={(value) => setOrder(value as 'name' | 'rt')} choices={[['name', t('list.by_name')], ['rt', t('list.by_rt')]]} />
        <fieldset class="around-checks">
          <legend>{t('list.columns')}</legend>
          {COLUMNS.map((column) => (
            <label class="around-check">
              <input type="checkbox" checked={shown.includes(column)} onChange={() => toggle(column)} />
              <span>{t(`list.${column}`)}</span>
            </label>
          ))}
        </fieldset>
        <label class="around-check">
          <input type="checkbox" checked={sideways} onChange={(event) => setSideways(event.currentTarget.checked)} />
          <span>{t('list.sideways')}</span>
        </label>
        <Button look="main" wide icon="print" disabled={!sorted?.length} onClick={() => printOn(sideways ? 'a4-wide' : 'a4')}>{t('paper.print')}</Button>
      </div>
      {!sorted && (
        <div class="no-print" role="status">
          <p>{t('list.reading', { n: far[0], all: far[1] || '…' })}</p>
          <Bar done={far[0]} of={far[1]} label={t('list.title')} />
        </div>
      )}
      {sorted && !sorted.length && <Empty>{t('list.empty')}</Empty>}
      {sorted && sorted.length > 0 && names && <Table phone={phone} village={here} rows={sorted} columns={shown} names={names} />}
    </Page>
  )
}

function Table({ phone, village, rows, columns, names }: {
  phone: Phone
  village: Village | undefined
  rows: Row[]
  columns: Column[]
  names: Names
}) {
  return (
    <section class="list" aria-label={t('list.title')}>
      <h2>{village?.name}</h2>
      <p>
        {t('list.count', { n: rows.length })} · <span class="list-code">{village?.code}</span>
      </p>
      <div class="list-scroll" tabIndex={0} role="group" aria-label={t('list.title')}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t('list.no')}</th>
              <th scope="col">{t('list.name')}</th>
              {columns.map((column) => <th scope="col" class={`list-${column}`}>{t(`list.${column}`)}</th>)}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, n) => (
              <tr key={row.summary.record}>
                <td>{n + 1}</td>
                <th scope="row">{row.summary.name}</th>
                {columns.map((column) => <td class={`list-${column}`}>{cell(column, row, names)}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="list-foot">{t('list.made', { day: day(today()), officer: phone.who().officer.name })}</p>
      <p class="list-foot">
        <strong>{t('list.secret')}</strong>
      </p>
    </section>
  )
}

function cell(column: Column, { summary, fields }: Row, names: Names): string {
  switch (column) {
    case 'nik': return summary.nik && masked(summary.nik)
    case 'born': return summary.born.slice(0, 4)
    case 'rt': return [fields.rt, fields.rw].filter(Boolean).join('/')
    case 'occupation': return fields.occupation === 'other' ? String(fields.occupation_text ?? '') : names('occupation', fields.occupation)
    case 'programs': return PROGRAMS.filter((program) => Array.isArray(fields.programs) && fields.programs.includes(program)).join(' ')
    case 'funding': return names('funding', fields.funding)
    case 'state': return state(summary.state || String(fields.status ?? ''))
    case 'tick': return t(`list.${summary.tick}`)
    default: return '' // to be filled in by hand
  }
}

/** A state that this version has no word for is shown as it came. */
const state = (code: string) => (known(`list.state.${code}`) ? t(`list.state.${code}`) : code)

function Choice({ label, value, choices, onChange }: { label: string; value: string; choices: [string, string][]; onChange: (value: string) => void }) {
  return (
    <label>
      {label}
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {choices.map(([code, name]) => <option value={code}>{name}</option>)}
      </select>
    </label>
  )
}

async function rowsOf(phone: Phone, village: string, far: (done: number, of: number) => void): Promise<Row[]> {
  const all = allOf(phone, 'worker', village)
  return eachOf(all, async (summary) => ({ summary, fields: (await phone.open(summary.record))?.fields ?? {} }), (done) => far(done, all.length))
}

const byName = (a: Row, b: Row) => a.summary.name.localeCompare(b.summary.name, 'id')
/** `03` and `3` are one RT; who has none comes last. */
const rtOf = (row: Row) => (row.fields.rt ? String(row.fields.rt).replace(/^0+/, '') : '\uffff')
const byRt = (a: Row, b: Row) => rtOf(a).localeCompare(rtOf(b), 'id', { numeric: true }) || byName(a, b)
