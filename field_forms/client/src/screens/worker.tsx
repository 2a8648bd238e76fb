import './later'
import { useState } from 'preact/hooks'
import { t } from '../i18n'
import { to } from '../router'
import type { Derived, Opened, Phone } from '../types'
import { Banner } from '../ui/banner'
import { Button, LinkButton } from '../ui/button'
import { Card, Facts } from '../ui/card'
import { SECRET, useDescribed, type Described } from '../ui/describe'
import { Empty } from '../ui/empty'
import { useAsked } from '../ui/hooks'
import { Page } from '../ui/page'
import { Ticks } from '../ui/ticks'
import { day, masked, month, num } from '../ui/words'
import { Conflicts, History, Related, Saved, Warnings } from './known'

// What belongs together on the page. What the server or a form knows besides stands under `other`.
const GROUPS: { [group: string]: string[] } = {
  person: ['nik', 'nik_reason', 'kk_number', 'full_name', 'birth_place', 'birth_date', 'sex', 'mother_name', 'kpj'],
  home: ['phone', 'email', 'address', 'rt', 'rw', 'village', 'postcode'],
  work: ['occupation', 'occupation_text', 'second_occupation', 'segment', 'work_place', 'work_village', 'monthly_income'],
  programs: ['programs', 'card_given_on', 'payment_months', 'funding', 'vulnerable', 'dtsen_decile', 'dtsen_at'],
  heirs: ['heirs'],
  consent: ['consent', 'signature', 'photo_ktp', 'photo_person', 'gps'],
}
const GROUPED = new Set(Object.values(GROUPS).flat())
const MONTHS_SHOWN = 12

export function WorkerScreen({ phone, record, saved }: { phone: Phone; record: string; saved?: string }) {
  const opened = useAsked(phone, () => phone.open(record).then((it) => it ?? ('none' as const)), [record])
  const said = useDescribed(phone, 'worker')
  const [secrets, setSecrets] = useState(false)
  if (opened === undefined || !said) return <Page title={phone.summary(record)?.name || t('kind.worker')}>{null}</Page>
  if (opened === 'none') return <Page title={t('gone.title')}><Empty act={<LinkButton href={to('search')}>{t('home.search')}</LinkButton>}>{t('gone.text')}</Empty></Page>

  const { fields, derived } = opened
  const has = (name: string) => fields[name] !== undefined && fields[name] !== null && fields[name] !== ''
  // Every worker begins as proposed, and the badge says so.
  const other = Object.keys(fields).filter((name) => !GROUPED.has(name) && !(name === 'status' && fields[name] === 'proposed'))
  const facts = (names: string[]) => names.filter(has).map((name) => [said.field(name), said.value(name, fields[name], secrets)] as [string, preact.ComponentChild])
  const groups = [...Object.entries(GROUPS), ['other', other] as const].map(([group, names]) => [group, facts([...names])] as const)
  return (
    <Page title={String(fields.full_name ?? t('nameless'))} class="columns">
      <div class="main">
        {saved && <Saved slip={record} />}
        <Head phone={phone} opened={opened} />
        <div class="doing">
          <LinkButton look="main" icon="edit" href={to('edit', [record])}>{t('worker.edit')}</LinkButton>
          <LinkButton icon="coin" href={to('new', ['contribution', record])}>{t('home.contribution')}</LinkButton>
          <LinkButton icon="claim" href={to('new', ['claim', record])}>{t('home.claim')}</LinkButton>
          <LinkButton icon="print" href={to('slip', [record])}>{t('worker.slip')}</LinkButton>
        </div>
        <Conflicts phone={phone} opened={opened} said={said} />
        <Missing opened={opened} said={said} />
        <Warnings derived={derived} />
        <Coverage derived={derived} said={said} />
        {groups.map(([group, known]) => known.length > 0 && (
          <Card title={t(`group.${group}`)}>
            <Facts facts={known} />
            {group === 'person' && [...SECRET].some(has) && <Button look="quiet" aria-pressed={secrets} onClick={() => setSecrets(!secrets)}>{t(secrets ? 'worker.hide' : 'worker.show')}</Button>}
          </Card>
        ))}
      </div>
      <div class="aside">
        <Related phone={phone} record={record} />
        <History phone={phone} record={record} said={said} />
      </div>
    </Page>
  )
}

function Head({ phone, opened }: { phone: Phone; opened: Opened }) {
  const summary = phone.summary(opened.record)
  const village = phone.who().villages.find((it) => it.code === opened.village)?.name ?? opened.village
  const state = opened.derived.state ?? 'proposed'
  return (
    <div class="head">
      <p>{[masked(String(opened.fields.nik ?? '')), village].filter(Boolean).join(' · ')}</p>
      <p class="badges"><span class={`badge ${state}`}>{t(`state.${state}`)}</span> {summary && <Ticks tick={summary.tick} words />}</p>
    </div>
  )
}

function Missing({ opened, said }: { opened: Opened; said: Described }) {
  const lacks = opened.derived.incomplete ?? []
  if (!lacks.length) return null
  return (
    <Banner kind="warn" title={t('worker.missing')} act={<LinkButton href={to('edit', [opened.record], { at: lacks[0]! })}>{t('worker.fill')}</LinkButton>}>
      {lacks.map((name) => said.field(name)).join(', ')}
    </Banner>
  )
}

interface Cover { since?: string; covered?: string[]; unconfirmed?: string[]; arrears?: number; payers?: string[]; not_counted?: string }

/** What the server worked out; nothing is reckoned here. A month that is paid for stands apart until the insurer confirmed it. */
function Coverage({ derived, said }: { derived: Derived; said: Described }) {
  const { since, covered = [], unconfirmed = [], arrears, payers, not_counted } = derived as Cover
  if (!derived.state) return <Card title={t('cover.title')}><p>{t('cover.unknown')}</p></Card>
  const facts: [string, preact.ComponentChild][] = [[t('cover.state'), t(`state.${derived.state}`)]]
  if (since) facts.push([t('cover.since'), day(since)])
  if (arrears) facts.push([t('cover.arrears'), t('cover.months', { n: num(arrears) })])
  if (payers?.length) facts.push([t('cover.payers'), said.value('funding', payers)])
  if (not_counted) facts.push([t('cover.not_counted'), t(`cover.not.${not_counted}`)])
  return (
    <Card title={t('cover.title')}>
      <Facts facts={facts} />
      <Months title={t('cover.covered')} months={covered} look="good" />
      <Months title={t('cover.unconfirmed')} months={unconfirmed} look="warn" />
    </Card>
  )
}

function Months({ title, months, look }: { title: string; months: string[]; look: string }) {
  if (!months.length) return null
  const shown = months.slice(-MONTHS_SHOWN)
  return (
    <>
      <h3>{title}</h3>
      <ul class="months">
        {months.length > shown.length && <li>{t('cover.earlier', { n: months.length - shown.length })}</li>}
        {shown.map((one) => <li class={look}>{month(one)}</li>)}
      </ul>
    </>
  )
}
