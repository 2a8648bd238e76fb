import './later'
import { useState } from 'preact/hooks'
import { WARN_DAYS, WARN_DAYS_DEFAULT } from '../matters'
import { LOCK_MINUTES, LOCK_MINUTES_DEFAULT } from '../idle'
import { label, t } from '../i18n'
import { changePin, type OpenPhone } from '../phone'
import { to } from '../router'
import { saysOf } from '../says'
import type { Phone, StorageHealth } from '../types'
import { Banner } from '../ui/banner'
import { Button, LinkButton } from '../ui/button'
import { Card, Facts } from '../ui/card'
import { useAsked, useBusy } from '../ui/hooks'
import { Languages } from '../ui/langs'
import { Page } from '../ui/page'
import { PinPad } from '../ui/pinpad'
import { moment, size } from '../ui/words'
import { worksOffline } from '../update'

export function SettingsScreen({ phone, lock }: { phone: OpenPhone; lock: () => void }) {
  const [pin, setPin] = useState<'no' | 'changing' | 'changed'>('no')
  const known = useAsked(phone, async () => ({ storage: await phone.storage(), forms: await phone.forms().catch(() => []) }))
  if (pin === 'changing') return <ChangePin onDone={(changed) => setPin(changed ? 'changed' : 'no')} />
  const { device, officer, villages, enrolled } = phone.who()
  return (
    <Page title={t('settings.title')} class="columns">
      <div class="main">
        <Card title={t('settings.language')}><Languages /></Card>
        <Card title={t('settings.safety')}>
          {pin === 'changed' && <Banner kind="good">{t('settings.pin.changed')}</Banner>}
          <Number phone={phone} name={LOCK_MINUTES} unless={LOCK_MINUTES_DEFAULT} choices={[1, 2, 5, 10, 30]} label={t('settings.lock')} unit="minutes" />
          <div class="acts">
            <Button icon="lock" onClick={lock}>{t('lock.now')}</Button>
            <Button onClick={() => setPin('changing')}>{t('settings.pin')}</Button>
          </div>
        </Card>
        <Card title={t('settings.storage')}>{known && <Storage health={known.storage} />}</Card>
        <Card title={t('settings.sending')}>
          <Number phone={phone} name={WARN_DAYS} unless={WARN_DAYS_DEFAULT} choices={[1, 2, 3, 5, 7, 14]} label={t('settings.warn')} unit="days" />
          <LinkButton href={to('handover')} icon="file">{t('hand.file')}</LinkButton>
        </Card>
      </div>
      <div class="aside">
        <Card title={t('settings.phone')}>
          <Facts facts={[
            [t('settings.officer'), officer.name],
            [t('settings.villages'), villages.map((one) => one.name).join(', ')],
            [t('settings.device'), <code>{device}</code>],
            [t('settings.since'), moment(enrolled)],
            [t('settings.offline'), t(worksOffline() ? 'settings.offline.yes' : 'settings.offline.no')],
            ...(known?.forms ?? []).map((form) => [label(form.title), t('settings.version', { n: form.version })] as [string, string]),
          ]} />
        </Card>
        <ul class="links">
          {['moving', 'practice', 'list', 'about'].map((screen) => <li><LinkButton wide href={to(screen)}>{t(`more.${screen}`)}</LinkButton></li>)}
        </ul>
      </div>
    </Page>
  )
}

function Number({ phone, name, unless, choices, label: says, unit }: { phone: Phone; name: string; unless: number; choices: number[]; label: string; unit: string }) {
  const set = useAsked(phone, async () => (await phone.get<number>(name)) ?? unless)
  return (
    <div class="field">
      <label for={name}>{says}</label>
      <select id={name} value={set ?? unless} onChange={(event) => void phone.put(name, +event.currentTarget.value)}>
        {choices.map((n) => <option value={n}>{t(unit, { n })}</option>)}
      </select>
    </div>
  )
}

/** What the browser promised about all this, in words: it may throw things away when the phone is full, unless it said it won't. */
function Storage({ health }: { health: StorageHealth }) {
  const [asked, setAsked] = useState<boolean | null>(null)
  const lasts = asked ?? health.persisted
  const ask = () => void navigator.storage?.persist?.().then(setAsked)
  return (
    <>
      <Banner kind={lasts ? 'good' : 'warn'} title={t(lasts ? 'storage.lasts' : lasts === null ? 'storage.unknown' : 'storage.may')} act={lasts === false && <Button onClick={ask}>{t('storage.ask')}</Button>}>
        {t(lasts ? 'storage.lasts.text' : lasts === null ? 'storage.unknown.text' : asked === false ? 'storage.refused' : 'storage.may.text')}
      </Banner>
      <Facts facts={[
        ...(health.used !== null ? [[t('storage.used'), size(health.used)] as [string, string]] : []),
        ...(health.free !== null ? [[t('storage.free'), size(health.free)] as [string, string]] : []),
      ]} />
    </>
  )
}

function ChangePin({ onDone }: { onDone: (changed: boolean) => void }) {
  const [step, setStep] = useState<'old' | 'new' | 'again'>('old')
  const [pins, setPins] = useState({ old: '', new: '' })
  const [error, setError] = useState<string | null>(null)
  const [busy, run] = useBusy()
  const move = (to: typeof step) => (setError(null), setStep(to))
  const repeated = (typed: string) => {
    if (typed !== pins.new) return setError(t('start.pin.differs')), setStep('new')
    run(() => changePin(pins.old, pins.new).then(() => onDone(true), (failure) => (setError(saysOf(failure)), setStep('old'))))
  }
  return (
    <Page key={step} title={t('settings.pin')} onBack={() => onDone(false)} focus={false} class="narrow">
      {step === 'old' && <PinPad label={t('pin.old')} action={t('next')} error={error} onDone={(old) => (setPins({ ...pins, old }), move('new'))} />}
      {step === 'new' && <PinPad label={t('pin.new')} hint={t('start.pin.hint')} action={t('next')} error={error} onDone={(fresh) => (setPins({ ...pins, new: fresh }), move('again'))} />}
      {step === 'again' && <PinPad label={t('start.again.label')} action={t('pin.save')} busy={busy} onDone={repeated} />}
    </Page>
  )
}
