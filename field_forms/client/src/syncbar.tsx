import { t } from './i18n'
import { STOPPED } from './matters'
import type { Cost, Counts, Phone, SyncState } from './types'
import { Bar } from './ui/bar'
import { Button } from './ui/button'
import { useAsked, useBusy, useHeard, useTicking } from './ui/hooks'
import { Icon } from './ui/icon'
import { ago, num, size } from './ui/words'

const RUNNING = new Set(['sending', 'receiving', 'files'])

/** Always in sight: what waits, how far the sending is, and the button to send. */
export function SyncBar({ phone }: { phone: Phone }) {
  useHeard(phone)
  useTicking(20_000)
  const [busy, run] = useBusy()
  const asked = useAsked(phone, async () => ({ counts: await phone.counts(), cost: await phone.cost() }))
  const sync = phone.syncState()
  const running = RUNNING.has(sync.phase)
  const [first, second] = words(sync, asked?.counts, asked?.cost)
  return (
    <footer class={`syncbar ${STOPPED.has(sync.phase) ? 'stopped' : sync.phase}`}>
      {running && <Progress sync={sync} />}
      <div>
        <p>
          <strong>{first}</strong>
          <span>{sync.phase === 'offline' && <Icon name="off" />} {second}</span>
        </p>
        <Button look="main" busy={running || busy} onClick={() => run(() => phone.syncNow())}>{t(running ? 'sync.busy' : 'sync.now')}</Button>
      </div>
      {/* Read out when the state changes, not at every record. */}
      <p class="unseen" role="status">{t(`sync.said.${sync.phase}`)}</p>
    </footer>
  )
}

function Progress({ sync }: { sync: SyncState }) {
  return sync.phase === 'sending' ? <Bar label={t('sync.busy')} done={sync.sent} of={sync.to_send} /> : <Bar label={t('sync.busy')} />
}

/** What is so, and what it means. */
export function words(sync: SyncState, counts: Counts | undefined, cost: Cost | undefined): [string, string] {
  const last = sync.last ? t('sync.last', { ago: ago(sync.last) }) : t('sync.never')
  if (sync.phase === 'sending') return [sync.to_send ? t('sync.sending', { n: num(sync.sent), of: num(sync.to_send) }) : t('sync.calling'), bytes(sync)]
  if (sync.phase === 'receiving') return [t('sync.receiving', { n: num(sync.received) }), bytes(sync)]
  if (sync.phase === 'files') return [t('sync.files'), bytes(sync)]
  if (!counts) return ['', last]
  const rows = counts.waiting + counts.waiting_files
  const waits = rows ? t('sync.waits', { n: rows, size: size((cost?.bytes ?? 0) + (cost?.file_bytes ?? 0)) }) : t('sync.all')
  if (STOPPED.has(sync.phase)) return [waits, t(`sync.short.${sync.phase}`)]
  if (sync.phase === 'offline') return [waits, rows ? t('sync.offline.safe') : t('sync.offline')]
  if (sync.phase === 'waiting' && sync.next) return [waits, t('sync.again', { n: Math.max(1, Math.ceil((sync.next - Date.now()) / 60_000)) })]
  return [waits, last]
}

function bytes(sync: SyncState): string {
  return t('sync.bytes', { up: size(sync.bytes_up), down: size(sync.bytes_down) })
}
