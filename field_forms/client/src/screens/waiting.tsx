import './later'
import { t } from '../i18n'
import { to } from '../router'
import { span } from '../says'
import type { OpenPhone } from '../phone'
import type { Summary } from '../types'
import { Banner } from '../ui/banner'
import { LinkButton } from '../ui/button'
import { Card, Facts } from '../ui/card'
import { Empty } from '../ui/empty'
import { useAsked } from '../ui/hooks'
import { Page } from '../ui/page'
import { ago, num, size } from '../ui/words'
import { Row } from './search'

const SLOW = 6000 // bytes a second: what 2G gives on a good day
const MOST = 100

/** What is only here so far, what sending it costs, and the way by hand where no signal comes. */
export function WaitingScreen({ phone }: { phone: OpenPhone }) {
  const known = useAsked(phone, async () => ({ cost: await phone.cost(), counts: await phone.counts(), refused: await refused(phone) }))
  if (!known) return <Page title={t('waiting.title')}>{null}</Page>
  const { cost, counts, refused: no } = known
  const here: Summary[] = phone.search('', { most: Infinity }).filter((one) => one.tick === 'here')
  if (!cost.changes && !cost.files && !no.length) return <Page title={t('waiting.title')}><Empty act={<LinkButton href={to('home')}>{t('tasks.home')}</LinkButton>}>{t('waiting.none')}</Empty></Page>
  return (
    <Page title={t('waiting.title')} class="columns">
      <div class="main">
        {no.length > 0 && (
          <Banner kind="warn" title={t('waiting.refused', { n: no.length })}>
            {[...new Set(no.map((one) => one.says))].map((says) => <p>{t('waiting.refused.text', { says })}</p>)}
          </Banner>
        )}
        <Card title={t('waiting.cost')}>
          <Facts facts={[
            [t('waiting.changes'), `${num(cost.changes)} · ${size(cost.bytes)}`],
            ...(cost.files ? [[t('waiting.files'), `${num(cost.files)} · ${size(cost.file_bytes)}`] as [string, string]] : []),
            [t('waiting.slow'), t('waiting.about', { time: span((cost.bytes + cost.file_bytes) / SLOW) })],
            ...(counts.oldest ? [[t('waiting.oldest'), ago(counts.oldest)] as [string, string]] : []),
          ]} />
        </Card>
        <Banner kind="info" title={t('hand.title')} act={<LinkButton icon="file" href={to('handover')}>{t('hand.file')}</LinkButton>}>{t('hand.text')}</Banner>
      </div>
      <div class="aside">
        <h2>{t('waiting.list', { n: num(here.length) })}</h2>
        <ul class="rows">{here.slice(0, MOST).map((one) => <Row key={one.record} one={one} phone={phone} />)}</ul>
        {here.length > MOST && <p class="hint">{t('search.many', { n: MOST })}</p>}
      </div>
    </Page>
  )
}


/** Photos that the server would not take: there is nothing to wait for. */
async function refused(phone: OpenPhone): Promise<{ says: string }[]> {
  const { deps } = phone
  if (!(await deps.db.count('files'))) return []
  return (await import('../files')).refusedFiles(deps)
}
