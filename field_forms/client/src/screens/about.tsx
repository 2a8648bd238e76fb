import './later'
import { t } from '../i18n'
import { Card } from '../ui/card'
import type { Tick } from '../types'
import { Page } from '../ui/page'
import { Safety } from '../ui/safety'
import { Ticks } from '../ui/ticks'

export function AboutScreen() {
  return (
    <Page title={t('more.about')}>
      <Card><p>{t('start.what')}</p><p>{t('about.not')}</p></Card>
      <Card title={t('about.safe')}>
        <Safety />
        <p>{t('about.pin')}</p>
      </Card>
      <Card title={t('about.marks')}>
        <ul class="parts">{['here', 'received', 'merged', 'conflict', 'correct'].map((tick) => <li><Legend tick={tick as Tick} /></li>)}</ul>
      </Card>
      <Card title={t('about.licences')}>
        <p>{t('about.code')}</p>
        <p>{t('about.regions')} <span class="link">https://github.com/fityannugroho/idn-area-data</span>, Open Database License 1.0 (ODbL).</p>
        <p>{t('about.libraries')} Preact (MIT), idb (ISC), @hpke/core (MIT).</p>
        <p class="hint">{t('about.version', { version: __VERSION__ })}</p>
      </Card>
    </Page>
  )
}

function Legend({ tick }: { tick: Tick }) {
  return <><Ticks tick={tick} words /> {t(`tick.${tick}.means`)}</>
}
