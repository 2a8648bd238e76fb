import { useMemo, useState } from 'preact/hooks'
import { byDay, entriesOf, handIn, monthsOf, sumsOf, type Entry, type Sums } from '../cashbook'
import { t } from '../i18n'
import { saysOf } from '../says'
import type { Phone } from '../types'
import { Banner } from '../ui/banner'
import { Bar } from '../ui/bar'
import { Button, LinkButton } from '../ui/button'
import { Empty } from '../ui/empty'
import { useAsked, useBusy } from '../ui/hooks'
import { Page } from '../ui/page'
import { Sheet } from '../ui/sheet'
import { day, month, rupiah } from '../ui/words'
import { isDay, monthAfter, today } from '../words/dates'
import './around'
import { printOn, usePaper } from './paper'

/** Remembered between days: the money goes to the same treasurer. */
const LAST_TO = 'cash.to'

/** `#/cash`: collected from whom, handed in to whom, the difference. */
export function CashScreen({ phone }: { phone: Phone; go: (where: string) => void }) {
  usePaper('a4')
  const [far, setFar] = useState<[number, number]>([0, 0])
  const book = useAsked(phone, async () => ({ entries: await entriesOf(phone, (done, of) => setFar([done, of])), to: (await phone.get<string>(LAST_TO)) ?? '' }))
  return (
    <Page title={t('cash.title')}>
      {!book && (
        <div class="no-print" role="status">
          <p>{t('cash.reading', { n: far[0], all: far[1] || '…' })}</p>
          <Bar done={far[0]} of={far[1]} label={t('cash.title')} />
        </div>
      )}
      {book && !book.entries.length && <Empty act={<LinkButton look="main" href="#/new/contribution">{t('cash.record')}</LinkButton>}>{t('cash.empty')}</Empty>}
      {book && book.entries.length > 0 && <Book phone={phone} all={book.entries} lastTo={book.to} />}
    </Page>
  )
}

function Book({ phone, all, lastTo }: { phone: Phone; all: Entry[]; lastTo: string }) {
  const [of, setOf] = useState('')
  const [village, setVillage] = useState('')
  const [mine, setMine] = useState(true)
  const [chosen, setChosen] = useState<Set<string>>(new Set())
  const [asking, setAsking] = useState(false)
  const [mending, setMending] = useState(false)
  const [note, setNote] = useState<{ kind: 'good' | 'bad'; says: string } | null>(null)
  const { villages, officer } = phone.who()
  const kept = all.filter((entry) => (!mine || entry.mine) && (!village || entry.opened.village === village))
  const shown = useMemo(() => kept.filter((entry) => !of || entry.paid.startsWith(of)), [all, of, village, mine])
  const open = shown.filter((entry) => !entry.handedOn)
  const picked = open.filter((entry) => chosen.has(entry.record))
  const sum = rupiah(sumsOf(picked).received)
  const pick = (entry: Entry) => {
    const next = new Set(chosen)
    if (!next.delete(entry.record)) next.add(entry.record)
    setChosen(next)
  }
  const undo = async (entry: Entry) => {
    await handIn(phone, [entry], null, '', () => setNote(null)).catch((error) => setNote({ kind: 'bad', says: saysOf(error) }))
  }
  return (
    <div class="cash">
      <div class="around-pick no-print">
        <label>
          {t('cash.month')}
          <select value={of} onChange={(event) => setOf(event.currentTarget.value)}>
            <option value="">{t('cash.all')}</option>
            {monthsOf(all).map((one) => <option value={one}>{month(one)}</option>)}
          </select>
        </label>
        {villages.length > 1 && (
          <label>
            {t('cash.village')}
            <select value={village} onChange={(event) => setVillage(event.currentTarget.value)}>
              <option value="">{t('cash.all_villages')}</option>
              {villages.map((one) => <option value={one.code}>{one.name}</option>)}
            </select>
          </label>
        )}
        <label class="around-check">
          <input type="checkbox" checked={mine} onChange={(event) => setMine(event.currentTarget.checked)} />
          <span>{t('cash.mine')}</span>
        </label>
      </div>
      <p class="print-only cash-head">
        <strong>{t('cash.title')}: {of ? month(of) : t('cash.all')}</strong>
        {village && ` · ${villages.find((one) => one.code === village)?.name}`} · {t('cash.paper', { officer: officer.name, day: day(today()) })}
      </p>
      <Totals sums={sumsOf(shown)} leftAll={of ? sumsOf(kept).left : null} />
      {note && <Banner kind={note.kind} urgent={note.kind === 'bad'}>{note.says}</Banner>}
      <div class="around-row no-print">
        {open.length > 0 && (
          <Button onClick={() => setChosen(picked.length === open.length ? new Set() : new Set(open.map((entry) => entry.record)))}>
            {picked.length === open.length ? t('cash.choose_none') : t('cash.choose_all', { n: open.length })}
          </Button>
        )}
        {shown.some((entry) => entry.handedOn && !entry.confirmed) && (
          <Button aria-pressed={mending} onClick={() => setMending(!mending)}>{t(mending ? 'cash.mended' : 'cash.mend')}</Button>
        )}
        <Button icon="print" onClick={() => printOn('a4')}>{t('paper.print')}</Button>
      </div>
      {!shown.length && <p>{t('cash.none_here')}</p>}
      {byDay(shown).map(([on, entries]) => (
        <section class="cash-day">
          <h2>
            <span>{day(on)}</span> <span>{rupiah(sumsOf(entries).received)}</span>
          </h2>
          <ul>
            {entries.map((entry) => <Line key={entry.record} entry={entry} picked={chosen.has(entry.record)} onPick={() => pick(entry)} onUndo={mending ? () => void undo(entry) : undefined} />)}
          </ul>
        </section>
      ))}
      {picked.length > 0 && (
        <>
          <div class="around-room no-print" />
          <div class="around-bottom no-print">
            <Button look="main" wide onClick={() => setAsking(true)}>{t('cash.mark', { sum })}</Button>
          </div>
        </>
      )}
      {asking && (
        <HandIn
          phone={phone}
          entries={picked}
          lastTo={lastTo}
          onClose={(result) => {
            setAsking(false)
            if (!result) return
            setNote(result)
            setChosen(new Set())
          }}
        />
      )}
    </div>
  )
}

function Totals({ sums, leftAll }: { sums: Sums; leftAll: number | null }) {
  return (
    <>
      <dl class="cash-sums">
        <div>
          <dt>{t('cash.received')}</dt>
          <dd>{rupiah(sums.received)}</dd>
        </div>
        <div>
          <dt>{t('cash.handed')}</dt>
          <dd>{rupiah(sums.handed)}</dd>
        </div>
        <div class={sums.left ? 'cash-left' : ''}>
          <dt>{t('cash.left')}</dt>
          <dd>{rupiah(sums.left)}</dd>
        </div>
      </dl>
      {leftAll !== null && leftAll !== sums.left && <p class="cash-all">{t('cash.left_all', { sum: rupiah(leftAll) })}</p>}
    </>
  )
}

function Line({ entry, picked, onPick, onUndo }: { entry: Entry; picked: boolean; onPick: () => void; onUndo?: () => void }) {
  const name = entry.name || t('cash.unknown')
  const sum = rupiah(entry.amount)
  const about = [
    entry.months.length > 0 && t('cash.for', { months: spanOf(entry.months) }),
    !entry.mine && entry.collectedBy && t('cash.by', { name: entry.collectedBy }),
    entry.receipt && t('cash.receipt', { text: entry.receipt }),
    entry.confirmed && t('cash.confirmed'),
  ].filter(Boolean)
  const body = (
    <>
      <span class="cash-name">{name}</span>
      <span class="cash-sum">{sum}</span>
      <span class="cash-about">{about.join(' · ')}</span>
    </>
  )
  if (!entry.handedOn) {
    return (
      <li>
        <label class={`cash-line${picked ? ' picked' : ''}`}>
          <input type="checkbox" class="no-print" checked={picked} onChange={onPick} aria-label={t('cash.choose', { sum, name })} />
          {body}
          <span class="cash-state print-only">{t('cash.left')}</span>
        </label>
      </li>
    )
  }
  const handed = entry.handedTo ? t('cash.handed_to', { day: day(entry.handedOn), to: entry.handedTo }) : t('cash.handed_on', { day: day(entry.handedOn) })
  return (
    <li>
      <div class="cash-line handed">
        {body}
        <span class="cash-state">✓ {handed}</span>
        {onUndo && !entry.confirmed && (
          <Button look="quiet" class="no-print" aria-label={t('cash.undo_of', { sum, name })} onClick={onUndo}>{t('cash.undo')}</Button>
        )}
      </div>
    </li>
  )
}

function HandIn({ phone, entries, lastTo, onClose }: {
  phone: Phone
  entries: Entry[]
  lastTo: string
  onClose: (note?: { kind: 'good' | 'bad'; says: string }) => void
}) {
  const [to, setTo] = useState(lastTo)
  const [on, setOn] = useState(today())
  const [wrong, setWrong] = useState<'to' | 'on' | null>(null)
  const [busy, run] = useBusy()
  const sum = rupiah(sumsOf(entries).received)
  const mark = () => {
    if (!to.trim()) return setWrong('to')
    if (!isDay(on) || on > today()) return setWrong('on')
    run(async () => {
      let saved = 0
      try {
        await handIn(phone, entries, on, to.trim(), (count) => void (saved = count))
        await phone.put(LAST_TO, to.trim())
        onClose({ kind: 'good', says: t('cash.done', { n: saved }) })
      } catch (error) {
        onClose({ kind: 'bad', says: `${saysOf(error)} ${saved < entries.length ? t('cash.part', { n: saved }) : ''}` })
      }
    })
  }
  return (
    <Sheet
      title={t('cash.sheet', { sum })}
      onClose={() => onClose()}
      acts={
        <>
          <Button look="main" wide busy={busy} onClick={mark}>{t('cash.do')}</Button>
          <Button wide onClick={() => onClose()}>{t('cash.cancel')}</Button>
        </>
      }
    >
      <p>{t('cash.sheet_text', { n: entries.length, sum })}</p>
      <div class="field">
        <label for="cash-to">{t('cash.to')}</label>
        <p class="hint" id="cash-to-hint">{t('cash.to_hint')}</p>
        <input id="cash-to" type="text" autocomplete="off" maxLength={100} value={to} aria-invalid={wrong === 'to' || undefined} aria-describedby="cash-to-hint cash-to-error" onInput={(event) => setTo(event.currentTarget.value)} />
        <p class="error" id="cash-to-error" role="alert">{wrong === 'to' && t('cash.to_wrong')}</p>
      </div>
      <div class="field">
        <label for="cash-on">{t('cash.on')}</label>
        <input id="cash-on" type="date" max={today()} value={on} aria-invalid={wrong === 'on' || undefined} aria-describedby="cash-on-error" onInput={(event) => setOn(event.currentTarget.value)} />
        <p class="error" id="cash-on-error" role="alert">{wrong === 'on' && t('cash.on_wrong')}</p>
      </div>
    </Sheet>
  )
}

/** `November 2026 – Januari 2027`; months with gaps one by one. */
function spanOf(months: string[]): string {
  const [first, last] = [months[0]!, months[months.length - 1]!]
  if (months.length === 1) return month(last)
  return monthAfter(first, months.length - 1) === last ? `${month(first)} – ${month(last)}` : months.map(month).join(', ')
}
