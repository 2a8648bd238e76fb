import type { ComponentChild } from 'preact'
import { useState } from 'preact/hooks'
import { t } from '../i18n'
import { to } from '../router'
import { saysOf } from '../says'
import type { Derived, Happened, Head, Opened, Phone, Summary } from '../types'
import { Banner } from '../ui/banner'
import { Button, LinkButton } from '../ui/button'
import { Card } from '../ui/card'
import type { Described } from '../ui/describe'
import { useAsked, useBusy } from '../ui/hooks'
import { Sheet } from '../ui/sheet'
import { Ticks } from '../ui/ticks'
import { ago, moment } from '../ui/words'
import { Row } from './search'

// What the pages of all kinds of records show alike.

/** Just saved: it is safe, and what usually comes next. slip: the worker it is for. */
export function Saved({ slip, again }: { slip?: string; again?: string }) {
  return (
    <Banner kind="good" title={t('saved.title')} act={(
      <>
        <LinkButton look="main" icon="plus" href={to('new', [again ?? 'worker'])}>{t(again ? 'saved.again' : 'saved.next')}</LinkButton>
        {slip && <LinkButton icon="print" href={to('slip', [slip])}>{t('worker.slip')}</LinkButton>}
      </>
    )}>{t('saved.text')}</Banner>
  )
}

/**
 * Two values for one field, from two people who did not know of each other. Nobody was wrong, and nothing is lost. Who knows which is
 * right says so: a change that has seen both. Where a desk has spoken, it is the desk's to decide.
 */
export function Conflicts({ phone, opened, said }: { phone: Phone; opened: Opened; said: Described }) {
  const [chosen, choose] = useState<{ field: string; head: Head } | null>(null)
  const [told, tell] = useState<string | null>(null)
  const { device } = phone.who()
  const who = (head: Head) => t(head.by === device ? 'by.me' : isDesk(head) ? 'by.desk' : 'by.others')
  // In full: two masked numbers may look the same.
  const value = (field: string, head: Head) => said.value(field, head.value, true)
  return (
    <>
      {told && <Banner kind="good" title={t('conflict.chosen', { field: told })}>{t('saved.text')}</Banner>}
      {Object.entries(opened.conflicts).map(([field, heads]) => (
        <section class="banner warn conflict">
          <div>
            <strong>{t('conflict.title', { n: heads.length, field: said.field(field) })}</strong>
            <p>{t(heads.some(isDesk) ? 'conflict.desk' : 'conflict.text')}</p>
            <ul class="heads">
              {heads.map((head) => (
                <li>
                  <p><b>{value(field, head)}</b> <small>{who(head)}, {ago(Date.parse(head.at))}</small></p>
                  {!heads.some(isDesk) && <Button onClick={() => choose({ field, head })}>{t('conflict.this')}<span class="unseen">: {value(field, head)}</span></Button>}
                </li>
              ))}
            </ul>
          </div>
        </section>
      ))}
      {chosen && (
        <Decide phone={phone} opened={opened} {...chosen} title={said.field(chosen.field)} value={value(chosen.field, chosen.head)} onClose={() => choose(null)}
          onDone={() => (choose(null), tell(said.field(chosen.field)))} />
      )}
    </>
  )
}

function isDesk(head: Head): boolean {
  return head.by.startsWith('hq')
}

function Decide({ phone, opened, field, head, title, value, onClose, onDone }: {
  phone: Phone
  opened: Opened
  field: string
  head: Head
  title: string
  value: ComponentChild
  onClose: () => void
  onDone: () => void
}) {
  const [busy, run] = useBusy()
  const [error, fail] = useState<string | null>(null)
  const save = () => phone.save(opened.kind, opened.record, opened.village, { [field]: head.value }, { form: 'chosen@1', opened }).then(onDone, (it) => fail(saysOf(it)))
  return (
    <Sheet title={t('conflict.sure', { field: title })} onClose={onClose} acts={(
      <>
        <Button look="main" busy={busy} onClick={() => run(save)}>{t('conflict.yes')}</Button>
        <Button onClick={onClose}>{t('conflict.no')}</Button>
      </>
    )}>
      <p class="chosen">{value}</p>
      <p>{t('conflict.ask')}</p>
      {error && <p class="error" role="alert">{error}</p>}
    </Sheet>
  )
}

export function Warnings({ derived }: { derived: Derived }) {
  if (!derived.warnings?.length) return null
  return <Banner kind="warn" title={t('worker.check')}>{derived.warnings.map((one) => <span class="line">{one.text}</span>)}</Banner>
}

/** Contributions, claims and visits that belong to a worker. */
export function Related({ phone, record }: { phone: Phone; record: string }) {
  const about: Summary[] = phone.about(record).slice().sort((a, b) => b.at - a.at)
  if (!about.length) return null
  return (
    <Card title={t('worker.related')}>
      <ul class="rows">{about.map((one) => <Row key={one.record} one={one} phone={phone} whose={false} />)}</ul>
    </Card>
  )
}

/** Newest first: who, when, and what became what. */
export function History({ phone, record, said }: { phone: Phone; record: string; said: Described }) {
  const happened = useAsked(phone, () => phone.history(record), [record])
  if (!happened?.length) return null
  return (
    <Card title={t('history.title')}>
      <ol class="history">{happened.slice().sort((a, b) => Date.parse(b.at) - Date.parse(a.at)).map((one) => <Event one={one} said={said} />)}</ol>
    </Card>
  )
}

function Event({ one, said }: { one: Happened; said: Described }) {
  const fields = Object.entries(one.fields)
  const isFirst = fields.length > 0 && fields.every(([, { before }]) => before === undefined)
  return (
    <li>
      <p><strong>{t(`by.${one.by}`)}</strong> · <time dateTime={one.at} title={moment(one.at)}>{ago(Date.parse(one.at))}</time> {one.tick && <Ticks tick={one.tick} words />}</p>
      {Object.entries(one.errors ?? {}).map(([field, says]) => <p class="error">{said.field(field)}: {says.join(' ')}</p>)}
      {isFirst && one.by === 'me' && fields.length > 3
        ? <details><summary>{t('history.first', { n: fields.length })}</summary><Changes fields={fields} said={said} /></details>
        : <Changes fields={fields} said={said} />}
    </li>
  )
}

function Changes({ fields, said }: { fields: [string, { before?: import('../types').Json; after: import('../types').Json }][]; said: Described }) {
  return (
    <dl class="changes">
      {fields.map(([field, { before, after }]) => (
        <div>
          <dt>{said.field(field)}</dt>
          <dd>
            {before !== undefined && before !== null && <><span class="unseen">{t('history.from')}</span><del>{said.value(field, before)}</del> <span aria-hidden="true">→</span> <span class="unseen">{t('history.to')}</span></>}
            <ins>{said.value(field, after)}</ins>
          </dd>
        </div>
      ))}
    </dl>
  )
}
