import './screens/later'
import type { ComponentChild } from 'preact'
import { useState } from 'preact/hooks'
import { t } from './i18n'
import type { Matters } from './matters'
import { to } from './router'
import type { SyncState } from './types'
import { Banner } from './ui/banner'
import { Button, LinkButton } from './ui/button'
import { useBusy } from './ui/hooks'
import { takeUp } from './update'

/** All that the officer should do something about, the worst first. Calm where he can do nothing: no signal is no fault of his. */
export function Attention({ sync, old, nearly, update, onAgain }: Matters & { sync: SyncState; onAgain: () => void }) {
  const handOver = <LinkButton href={to('handover')} icon="file">{t('hand.file')}</LinkButton>
  return (
    <>
      <Troubled sync={sync} handOver={handOver} again={onAgain} />
      {old > 0 && <Banner kind="warn" title={t('old.title', { n: old })} act={handOver}>{t('old.text')}</Banner>}
      {nearly && <Banner kind="warn" title={t('nearly.title')}>{t('nearly.text')}</Banner>}
      {update && <Newer />}
    </>
  )
}

const SOON_MS = 5000

/** The app starts anew at once, or else it says what to do: a form is open in another tab, or the browser does not let the old version go yet. */
function Newer() {
  const [busy, run] = useBusy()
  const [held, hold] = useState('')
  const take = async () => {
    if (!(await takeUp())) return hold('update.form')
    await new Promise((later) => setTimeout(later, SOON_MS))
    hold('update.slow')
  }
  return (
    <Banner kind="info" title={t('update.title')} act={<Button busy={busy} onClick={() => run(take)}>{t('update.now')}</Button>}>{t(busy ? 'opening' : held || 'update.text')}</Banner>
  )
}

/** The states of the sync that do not mend themselves, each with what to do. */
function Troubled({ sync, handOver, again }: { sync: SyncState; handOver: ComponentChild; again: () => void }) {
  const { phase, says } = sync
  if (phase === 'portal') return <Banner kind="warn" title={t('portal.title')} act={<Button onClick={again}>{t('again')}</Button>}>{t('portal.text')}</Banner>
  if (phase === 'needs-code') return <Banner kind="bad" urgent title={t('needs.title')} act={<LinkButton look="main" href={to('code')}>{t('needs.go')}</LinkButton>}>{t('needs.text')}</Banner>
  if (phase === 'revoked') return <Banner kind="bad" urgent title={t('revoked.title')} act={handOver}>{t('revoked.text')}</Banner>
  if (phase === 'refused') return <Banner kind="bad" urgent title={t('refused.title')} act={<>{handOver}<Button onClick={again}>{t('again')}</Button></>}>{says ?? t('refused.text')}</Banner>
  if (phase === 'full') return <Banner kind="bad" urgent title={t('full.title')} act={handOver}>{t('full.text')}</Banner>
  return null
}
