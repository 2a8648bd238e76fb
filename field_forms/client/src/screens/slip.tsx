import { useState } from 'preact/hooks'
import { t } from '../i18n'
import { useRoute } from '../router'
import { picture, type Slip, slipOf } from '../slip'
import type { Phone } from '../types'
import { Banner } from '../ui/banner'
import { Button } from '../ui/button'
import { Facts } from '../ui/card'
import { Empty } from '../ui/empty'
import { useAsked, useBusy } from '../ui/hooks'
import { Page } from '../ui/page'
import { share } from './around'
import { paper, type Paper, printOn, usePaper } from './paper'

/** `#/slip/<record>`: what a worker takes home after registering. */
export function SlipScreen({ phone }: { phone: Phone; go: (where: string) => void }) {
  const record = useRoute().rest[0] ?? ''
  // Wrapped, because "not here" is an answer as well.
  const slip = useAsked(phone, async () => ({ found: await slipOf(phone, record) }), [record])?.found
  return (
    <Page title={t('slip.title')}>
      {slip === undefined && <p role="status">{t('opening')}</p>}
      {slip === null && <Empty>{t('slip.missing')}</Empty>}
      {slip && <Shown slip={slip} />}
    </Page>
  )
}

function Shown({ slip }: { slip: Slip }) {
  const [busy, run] = useBusy()
  const [wrong, setWrong] = useState('')
  const [on, setOn] = useState<Paper>(paper() === 'roll' ? 'roll' : 'a6')
  usePaper(on)
  const send = () =>
    run(async () => {
      setWrong('')
      await picture(slip).then((file) => share(file, t('slip.title')), () => setWrong(t('slip.no_picture')))
    })
  return (
    <>
      <div class="no-print around-acts">
        <p>{t('slip.hint')}</p>
        <Button look="main" wide icon="send" busy={busy} onClick={send}>{t('slip.share')}</Button>
        <div class="around-print">
          <label>
            {t('paper.size')}
            <select value={on} onChange={(event) => setOn(event.currentTarget.value as Paper)}>
              <option value="a6">{t('paper.a6')}</option>
              <option value="roll">{t('paper.roll')}</option>
            </select>
          </label>
          <Button icon="print" onClick={() => printOn(on)}>{t('paper.print')}</Button>
        </div>
        {wrong && <Banner kind="bad" urgent>{wrong}</Banner>}
      </div>
      <article class={`slip paper-${on}`} aria-label={t('slip.title')}>
        <header>
          <strong>{t('slip.title')}</strong>
          <span>{t('app.name')}</span>
        </header>
        <h2>{slip.name}</h2>
        <Facts facts={slip.facts} />
        <p class="slip-warn">
          <strong>{t('slip.no_proof')}</strong> {t('slip.when')}
        </p>
        <p class="slip-ask">{slip.ask}</p>
      </article>
    </>
  )
}
