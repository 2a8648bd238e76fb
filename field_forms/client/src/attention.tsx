import type { ComponentChild } from 'preact'
import { useEffect, useReducer } from 'preact/hooks'
import { t } from './i18n'
import { to } from './router'
import type { Counts, Phone, StorageHealth, SyncState } from './types'
import { Banner } from './ui/banner'
import { Button, LinkButton } from './ui/button'
import { onUpdate, takeUp, updateWaits } from './update'

export const WARN_DAYS = 'warn-days'
export const WARN_DAYS_DEFAULT = 3
const DAY = 86_400_000
const NEARLY_FULL = 50_000_000 // bytes: some days of forms with photos

/** All that the officer should do something about, the worst first. Calm where he can do nothing: no signal is no fault of his. */
export function Attention({ phone, sync, counts, storage, warnDays }: {
  phone: Phone
  sync: SyncState
  counts: Counts | undefined
  storage: StorageHealth | undefined
  warnDays: number
}) {
  const [, again] = useReducer((n: number) => n + 1, 0)
  useEffect(() => onUpdate(() => again(undefined as never)), [])
  const old = counts?.oldest ? Math.floor((Date.now() - counts.oldest) / DAY) : 0
  const handOver = <LinkButton href={to('handover')} icon="file">{t('hand.file')}</LinkButton>
  return (
    <>
      <Troubled sync={sync} handOver={handOver} again={() => void phone.syncNow()} />
      {old >= warnDays && <Banner kind="warn" title={t('old.title', { n: old })} act={handOver}>{t('old.text')}</Banner>}
      {sync.phase !== 'full' && storage?.free != null && storage.free < NEARLY_FULL && <Banner kind="warn" title={t('nearly.title')}>{t('nearly.text')}</Banner>}
      {updateWaits() && <Banner kind="info" title={t('update.title')} act={<Button onClick={() => void takeUp()}>{t('update.now')}</Button>}>{t('update.text')}</Banner>}
    </>
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
  if (phase === 'moved') return <Banner kind="info" title={t('end.moved.title')}>{t('end.moved.text')}</Banner>
  return null
}
