import './later'
import { useEffect, useRef, useState } from 'preact/hooks'
import { t } from '../i18n'
import { replace, to } from '../router'
import type { Phone, Summary } from '../types'
import { LinkButton } from '../ui/button'
import { Empty } from '../ui/empty'
import { useHeard } from '../ui/hooks'
import { Icon } from '../ui/icon'
import { Page } from '../ui/page'
import { Ticks } from '../ui/ticks'
import { inWords, masked, num } from '../ui/words'

const PAGE = 20 // twice what a phone shows: each key draws them anew
const KINDS = ['worker', 'contribution', 'claim', 'visit', 'eligible']

/** What was typed stays while the screen does, and is written nowhere: a name or a NIK has no business in an address. */
let last = { text: '', village: '' }

export function SearchScreen({ phone, query }: { phone: Phone; query: { [name: string]: string } }) {
  useHeard(phone)
  const kind = query.kind ?? 'worker'
  const [text, setText] = useState(last.text)
  const [village, setVillage] = useState(last.village)
  const [most, setMost] = useState(PAGE)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => void (text || field.current!.focus()), [])
  last = { text, village }
  const { villages } = phone.who()
  const found = phone.search(text.trim(), { kind: kind === 'all' ? undefined : kind, village: village || undefined, most: most + 1 })
  const shown = found.slice(0, most)
  const says = found.length > most ? t('search.many', { n: num(most) }) : t('search.found', { n: found.length })
  return (
    <Page title={t('search.title')} focus={!!text}>
      <form class="searching" role="search" onSubmit={(event) => (event.preventDefault(), field.current!.blur())}>
        <label for="search" class="unseen">{t('search.label')}</label>
        <input id="search" ref={field} type="search" autocomplete="off" autocorrect="off" spellcheck={false} enterkeyhint="search" value={text} placeholder={t('search.label')} onInput={(event) => (setText(event.currentTarget.value), setMost(PAGE))} />
        <div class="filters">
          <label><span class="unseen">{t('search.kind')}</span>
            <select value={kind} onChange={(event) => replace(to('search', [], { kind: event.currentTarget.value }))}>
              {['all', ...KINDS].map((one) => <option value={one}>{t(`kind.${one}`)}</option>)}
            </select>
          </label>
          {villages.length > 1 && (
            <label><span class="unseen">{t('search.village')}</span>
              <select value={village} onChange={(event) => setVillage(event.currentTarget.value)}>
                <option value="">{t('search.villages')}</option>
                {villages.map((one) => <option value={one.code}>{one.name}</option>)}
              </select>
            </label>
          )}
        </div>
      </form>
      <p class="found" role="status">{says}</p>
      <ul class="rows">{shown.map((one) => <Row key={one.record} one={one} phone={phone} villages={villages.length > 1} />)}</ul>
      {found.length > most && <button type="button" class="button plain wide" onClick={() => setMost(most + PAGE)}>{t('search.more')}</button>}
      {!found.length && (
        <Empty act={kind === 'worker' && <LinkButton look="main" icon="plus" href={to('new', ['worker'])}>{t('home.register')}</LinkButton>}>{t(text ? 'search.none' : 'search.nothing')}</Empty>
      )}
    </Page>
  )
}

/** One line of a list: who, where, and how far it has come. */
export function Row({ one, phone, villages, whose = true }: { one: Summary; phone: Phone; villages?: boolean; whose?: boolean }) {
  const village = villages ? phone.who().villages.find((it) => it.code === one.village)?.name : ''
  const more = [one.kind === 'worker' ? masked(one.nik) : t(`kind.${one.kind}`), whose && one.worker && phone.summary(one.worker)?.name, village, one.state && t(`state.${one.state}`)].filter(Boolean)
  return (
    <li>
      <a class="row" href={to(one.kind === 'worker' ? 'worker' : 'record', [one.record])}>
        <span>
          <strong>{inWords(one.name) || t('nameless')}</strong>
          <small>{more.join(' · ')}</small>
        </span>
        <Ticks tick={one.tick} />
        <Icon name="next" />
      </a>
    </li>
  )
}
