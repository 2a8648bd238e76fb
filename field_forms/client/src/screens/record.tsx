import './later'
import type { ComponentChild } from 'preact'
import { t } from '../i18n'
import { to } from '../router'
import type { Phone } from '../types'
import { LinkButton } from '../ui/button'
import { Card, Facts } from '../ui/card'
import { useDescribed } from '../ui/describe'
import { Empty } from '../ui/empty'
import { useAsked } from '../ui/hooks'
import { Page } from '../ui/page'
import { Ticks } from '../ui/ticks'
import { Conflicts, History, Saved, Warnings } from './known'

/** Any record that is no worker: a contribution, a claim, a visit, the number of eligible workers, or what a later form brings. */
export function RecordScreen({ phone, record, saved }: { phone: Phone; record: string; saved?: string }) {
  const opened = useAsked(phone, () => phone.open(record).then((it) => it ?? ('none' as const)), [record])
  const kind = opened === 'none' ? undefined : opened?.kind
  const said = useDescribed(phone, kind)
  if (opened === 'none') return <Page title={t('gone.title')}><Empty act={<LinkButton href={to('search')}>{t('home.search')}</LinkButton>}>{t('gone.text')}</Empty></Page>
  if (!opened || !said) return <Page title={t('opening')}>{null}</Page>
  const worker = typeof opened.fields.worker === 'string' ? opened.fields.worker : null
  const tick = phone.summary(record)?.tick
  const facts = Object.entries(opened.fields).filter(([name, value]) => name !== 'worker' && value !== null && value !== '')
  return (
    <Page title={t(`kind.${opened.kind}`)} class="columns">
      <div class="main">
        {saved && <Saved again={opened.kind} />}
        <div class="head">
          {worker && <p><a class="textlink" href={to('worker', [worker])}>{phone.summary(worker)?.name ?? t('kind.worker')}</a></p>}
          {tick && <p class="badges"><Ticks tick={tick} words /></p>}
        </div>
        <div class="doing"><LinkButton look="main" icon="edit" href={to('edit', [record])}>{t('worker.edit')}</LinkButton></div>
        <Conflicts phone={phone} opened={opened} said={said} />
        <Warnings derived={opened.derived} />
        <Card><Facts facts={facts.map(([name, value]) => [said.field(name), said.value(name, value)] as [string, ComponentChild])} /></Card>
      </div>
      <div class="aside"><History phone={phone} record={record} said={said} /></div>
    </Page>
  )
}
