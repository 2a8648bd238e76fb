import { useEffect, useReducer } from 'preact/hooks'
import { formFor, isTouched, titleIn } from '../forms'
import { canInstall, install, onInstall } from '../install'
import { label, t } from '../i18n'
import { lazy } from '../lazy'
import { matters, STOPPED, WARN_DAYS, WARN_DAYS_DEFAULT } from '../matters'
import type { OpenPhone } from '../phone'
import { to } from '../router'
import type { Draft, Owed as Why, Phone } from '../types'
import { Banner } from '../ui/banner'
import { Button, LinkButton } from '../ui/button'
import { useAsked, useHeard } from '../ui/hooks'
import { Icon, type IconName } from '../ui/icon'
import { Page } from '../ui/page'
import { ago, num } from '../ui/words'
import { onUpdate, updateWaits } from '../update'

const Attention = lazy(() => import('../attention').then((it) => it.Attention), false)

/** Kinds that have a tile; whatever else staff publishes is found under `Lainnya` by its title. */
const TILES = ['worker', 'contribution', 'visit', 'claim']

export function HomeScreen({ phone, lock }: { phone: OpenPhone; lock: () => void }) {
  useHeard(phone)
  const { officer, villages } = phone.who()
  useUpdate()
  const known = useAsked(phone, () => look(phone))
  const sync = phone.syncState()
  const what = known && matters(sync.phase, known.counts, known.storage, known.warnDays ?? WARN_DAYS_DEFAULT, updateWaits())
  const side = (
    <>
      <button type="button" class="round" onClick={lock} aria-label={t('lock.now')}><Icon name="lock" /></button>
      <a class="round" href={to('settings')} aria-label={t('settings.title')}><Icon name="gear" /></a>
    </>
  )
  return (
    <Page title={t('app.name')} home={<img class="logo" src="icon.svg" alt="" width={40} height={40} />} side={side} class="home">
      <p class="who"><strong>{officer.name}</strong> · {villages.map((one) => one.name).join(', ')}</p>
      {known && (STOPPED.has(sync.phase) || what!.old || what!.nearly || what!.update) && <Attention sync={sync} {...what!} onAgain={() => void phone.syncNow()} />}
      <ToLookAt n={known?.counts.to_correct} look="bad" says="home.correct" />
      <ToLookAt n={known?.counts.conflicts} look="warn" says="home.conflicts" />
      <Tile big icon="plus" href={to('new', ['worker'])}>{t('home.register')}</Tile>
      {known && <Unfinished drafts={known.drafts} />}
      <nav class="tiles" aria-label={t('home.do')}>
        <Tile icon="search" href={to('search')}>{t('home.search')}</Tile>
        <Tile icon="coin" href={to('new', ['contribution'])}>{t('home.contribution')}</Tile>
        <Tile icon="visit" href={to('new', ['visit'])}>{t('home.visit')}</Tile>
        <Tile icon="claim" href={to('new', ['claim'])}>{t('home.claim')}</Tile>
        <Tile icon="book" href={to('cash')}>{t('home.cash')}</Tile>
        <Tile icon="file" href={to('waiting')}>{t('home.waiting')}</Tile>
      </nav>
      {known && <Owed owed={known.owed} />}
      <dl class="today">
        <div><dt>{t('home.today')}</dt><dd>{known ? num(known.counts.today) : '…'}</dd></div>
        <div><dt>{t('home.unsent')}</dt><dd>{known ? num(known.counts.waiting) : '…'}</dd></div>
        <div><dt>{t('home.records')}</dt><dd>{known ? num(known.counts.records) : '…'}</dd></div>
      </dl>
      {known?.storage.persisted === false && <Banner kind="info" title={t('unsafe.title')} act={<LinkButton href={to('settings')}>{t('unsafe.look')}</LinkButton>}>{t('unsafe.text')}</Banner>}
      <Install />
      <More others={known?.others ?? []} />
    </Page>
  )
}

function useUpdate(): void {
  const [, again] = useReducer((n: number) => n + 1, 0)
  useEffect(() => onUpdate(() => again(undefined as never)), [])
}

async function look(phone: Phone) {
  const [counts, owed, drafts, storage, warnDays, forms] = await Promise.all([
    phone.counts(), phone.owed(), phone.drafts(), phone.storage(), phone.get<number>(WARN_DAYS), phone.forms().catch(() => []),
  ])
  const placed = TILES.map((kind) => formFor(forms, kind, 'create'))
  return {
    counts, owed, storage, warnDays,
    drafts: drafts.filter(isTouched).sort((a, b) => b.saved - a.saved).map((draft) => ({ ...draft, title: label(titleIn(forms, draft.form)) })),
    others: forms.filter((form) => form.does === 'create' && !placed.includes(form)),
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

/** What came back, with a number that is seen from afar. */
function ToLookAt({ n, look, says }: { n: number | undefined; look: string; says: string }) {
  if (!n) return null
  return (
    <a class={`count ${look}`} href={to('tasks')}>
      <b>{num(n)}</b>
      <span>{t(says, { n })}</span>
      <Icon name="next" />
    </a>
  )
}

/** Whom to ask for a contribution, to visit, or to hand his card: each list with its number. */
function Owed({ owed }: { owed: [Why, number][] }) {
  if (!owed.length) return null
  return (
    <nav class="owed" aria-label={t('home.owed')}>
      {owed.map(([why, n]) => (
        <a href={to('tasks', [], { list: why })} key={why}>
          <b>{num(n)}</b> {t(`home.${why}`)}
        </a>
      ))}
    </nav>
  )
}

/** What was begun and not finished, whatever the reason: the screen went dark, the battery died, somebody called. */
function Unfinished({ drafts }: { drafts: (Draft & { title: string })[] }) {
  const [last] = drafts
  if (!last) return null
  return (
    <div class="unfinished">
      <LinkButton wide icon="edit" href={to('form', [last.id])}>
        {t('home.continue', { what: [last.title, nameIn(last)].filter(Boolean).join(' · ') })} <small>{ago(last.saved)}</small>
      </LinkButton>
      {drafts.length > 1 && <a class="textlink" href={to('drafts')}>{t('home.drafts', { n: drafts.length })}</a>}
    </div>
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
