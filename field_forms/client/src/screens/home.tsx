import { useEffect, useReducer } from 'preact/hooks'
import { Attention, WARN_DAYS, WARN_DAYS_DEFAULT } from '../attention'
import { canInstall, install, onInstall } from '../install'
import { label, t } from '../i18n'
import type { OpenPhone } from '../phone'
import { to } from '../router'
import type { Draft, Phone } from '../types'
import { Banner } from '../ui/banner'
import { Button, LinkButton } from '../ui/button'
import { useAsked, useHeard } from '../ui/hooks'
import { Icon, type IconName } from '../ui/icon'
import { Page } from '../ui/page'
import { ago, num } from '../ui/words'

/** Forms that have their own place; another one that staff publishes is found under `Lainnya` by its title. */
const PLACED = new Set(['worker', 'worker_update', 'contribution', 'visit', 'claim'])
const SHOWN_DRAFTS = 2

export function HomeScreen({ phone, lock }: { phone: OpenPhone; lock: () => void }) {
  useHeard(phone)
  const { officer, villages } = phone.who()
  const known = useAsked(phone, () => look(phone))
  const side = (
    <>
      <button type="button" class="round" onClick={lock} aria-label={t('lock.now')}><Icon name="lock" /></button>
      <a class="round" href={to('settings')} aria-label={t('settings.title')}><Icon name="gear" /></a>
    </>
  )
  return (
    <Page title={t('app.name')} home={<img class="logo" src="icon.svg" alt="" width={40} height={40} />} side={side} class="home">
      <p class="who"><strong>{officer.name}</strong> · {villages.map((one) => one.name).join(', ')}</p>
      <Attention phone={phone} sync={phone.syncState()} counts={known?.counts} storage={known?.storage} warnDays={known?.warnDays ?? WARN_DAYS_DEFAULT} />
      <ToCorrect n={(known?.counts.to_correct ?? 0) + (known?.counts.conflicts ?? 0)} bad={!!known?.counts.to_correct} />
      {known && <Unfinished drafts={known.drafts} />}
      <nav class="tiles" aria-label={t('home.do')}>
        <Tile big icon="plus" href={to('new', ['worker'])}>{t('home.register')}</Tile>
        <Tile icon="search" href={to('search')}>{t('home.search')}</Tile>
        <Tile icon="coin" href={to('new', ['contribution'])}>{t('home.contribution')}</Tile>
        <Tile icon="visit" href={to('new', ['visit'])}>{t('home.visit')}</Tile>
        <Tile icon="claim" href={to('new', ['claim'])}>{t('home.claim')}</Tile>
        <Tile icon="book" href={to('cash')}>{t('home.cash')}</Tile>
        <Tile icon="file" href={to('waiting')}>{t('home.waiting')}</Tile>
      </nav>
      <dl class="today">
        <div><dt>{t('home.today')}</dt><dd>{known ? num(known.counts.today) : '…'}</dd></div>
        <div><dt>{t('home.unsent')}</dt><dd>{known ? num(known.counts.waiting) : '…'}</dd></div>
        <div><dt>{t('home.records')}</dt><dd>{known ? num(known.counts.records) : '…'}</dd></div>
      </dl>
      <More others={known?.others ?? []} />
      <Install />
    </Page>
  )
}

async function look(phone: Phone) {
  const [counts, drafts, storage, warnDays, forms] = await Promise.all([
    phone.counts(), phone.drafts(), phone.storage(), phone.get<number>(WARN_DAYS), phone.forms().catch(() => []),
  ])
  return {
    counts, storage, warnDays,
    drafts: drafts.sort((a, b) => b.saved - a.saved).slice(0, SHOWN_DRAFTS).map((draft) => ({ ...draft, title: label(forms.find((form) => draft.form.startsWith(`${form.name}@`))?.title) })),
    others: forms.filter((form) => form.does === 'create' && !PLACED.has(form.name)),
  }
}

function Tile({ big, icon, href, children }: { big?: boolean; icon: IconName; href: string; children: string }) {
  return (
    <a class={`tile${big ? ' big' : ''}`} href={href}>
      <Icon name={icon} />
      <span>{children}</span>
    </a>
  )
}

function ToCorrect({ n, bad }: { n: number; bad: boolean }) {
  if (!n) return null
  return (
    <a class={`count ${bad ? 'bad' : 'warn'}`} href={to('tasks')}>
      <b>{num(n)}</b>
      <span>{t(bad ? 'home.correct' : 'home.conflicts', { n })}</span>
      <Icon name="next" />
    </a>
  )
}

/** What was begun and not finished, whatever the reason: the screen went dark, the battery died, somebody called. */
function Unfinished({ drafts }: { drafts: (Draft & { title: string })[] }) {
  if (!drafts.length) return null
  return (
    <ul class="unfinished">
      {drafts.map((draft) => (
        <li>
          <LinkButton wide icon="edit" href={to('form', [draft.id])}>
            {t('home.continue', { what: [draft.title, nameIn(draft)].filter(Boolean).join(' · ') })} <small>{ago(draft.saved)}</small>
          </LinkButton>
        </li>
      ))}
      <li><a class="textlink" href={to('drafts')}>{t('home.drafts')}</a></li>
    </ul>
  )
}

/** The name that was typed, wherever the form asks for it: in a group or not. */
export function nameIn(draft: Draft): string {
  const find = (answers: object): string => {
    for (const [question, answer] of Object.entries(answers)) {
      if (question === 'full_name' && typeof answer === 'string') return answer
      const inside = answer && typeof answer === 'object' && !Array.isArray(answer) ? find(answer) : ''
      if (inside) return inside
    }
    return ''
  }
  return find(draft.answers) || String(draft.opened?.fields.full_name ?? '')
}

function More({ others }: { others: { name: string; title: { [language: string]: string } }[] }) {
  return (
    <details class="more">
      <summary><Icon name="more" /> {t('home.more')}</summary>
      <ul>
        {others.map((form) => <li><a href={to('new', [form.name])}>{label(form.title)}</a></li>)}
        {['tasks', 'drafts', 'list', 'practice', 'handover', 'moving', 'about'].map((screen) => <li><a href={to(screen)}>{t(`more.${screen}`)}</a></li>)}
      </ul>
    </details>
  )
}

/** On the home screen the browser keeps what the app stores; it offers that when it thinks it well. */
function Install() {
  const [, again] = useReducer((n: number) => n + 1, 0)
  useEffect(() => onInstall(() => again(undefined as never)), [])
  if (!canInstall()) return null
  return <Banner kind="info" title={t('install.title')} act={<Button onClick={() => void install()}>{t('install.go')}</Button>}>{t('install.text')}</Banner>
}
