import { useEffect, useState } from 'preact/hooks'
import { addWords, t } from '../i18n'
import { lazy } from '../lazy'
import { hasParcel, recover, recoveryId, unlock, waits, type OpenPhone } from '../phone'
import { saysOf, span } from '../says'
import { Banner } from '../ui/banner'
import { Button } from '../ui/button'
import { CodeField } from '../ui/codefield'
import { useBusy } from '../ui/hooks'
import { Page } from '../ui/page'
import { PinPad } from '../ui/pinpad'
import { StartScreen } from './start'
import id from './unlock.id.json'

addWords('id', id)

const MovedScreen = lazy(() => import('./moving').then((it) => it.MovedScreen))

export function UnlockScreen({ onOpen }: { onOpen: (phone: OpenPhone) => void }) {
  const [forgotten, setForgotten] = useState(false)
  const [error, setError] = useState<string | null>(null)
  const [wait, setWait] = useState(0)
  const [busy, run] = useBusy()
  const look = () => void waits().then(setWait)
  useEffect(look, [])
  useEffect(() => {
    if (wait <= 0) return
    const timer = setTimeout(() => setWait(wait - 1), 1000)
    return () => clearTimeout(timer)
  }, [wait])
  if (forgotten) return <Forgotten onOpen={onOpen} onBack={() => setForgotten(false)} />
  const open = (pin: string) => (setError(null), run(() => unlock(pin).then(onOpen, (failure) => (setError(saysOf(failure)), look()))))
  const says = wait > 0 ? t('error.pin.wait', { time: span(wait) }) : error
  return (
    <Page title={t('app.name')} home={<img class="logo" src="icon.svg" alt="" width={40} height={40} />} focus={false} class="narrow">
      <PinPad label={t('unlock.label')} action={t('unlock.go')} busy={busy} off={wait > 0} error={says} onDone={open} />
      <Button look="quiet" wide onClick={() => setForgotten(true)}>{t('unlock.forgot')}</Button>
    </Page>
  )
}

/** A forgotten PIN costs a call to the operator: he finds this phone by the number read out to him, and gives a code. */
function Forgotten({ onOpen, onBack }: { onOpen: (phone: OpenPhone) => void; onBack: () => void }) {
  const [id, setId] = useState<string | null | undefined>(undefined)
  const [step, setStep] = useState<'code' | 'pin' | 'again'>('code')
  const [code, setCode] = useState('')
  const [pin, setPin] = useState('')
  const [error, setError] = useState<string | null>(null)
  const [busy, run] = useBusy()
  useEffect(() => void recoveryId().then(setId), [])
  const move = (to: typeof step) => (setError(null), setStep(to))
  const repeated = (typed: string) => {
    if (typed !== pin) return setError(t('start.pin.differs')), setStep('pin')
    run(() => recover(code.trim(), pin).then(onOpen, (failure) => (setError(saysOf(failure)), setStep('code'))))
  }
  return (
    <Page key={step} title={t('forgot.title')} onBack={step === 'code' ? onBack : () => move(step === 'again' ? 'pin' : 'code')} focus={step === 'code'} class="narrow">
      {step === 'code' && (
        <form class="stack" onSubmit={(event) => (event.preventDefault(), code.trim() && move('pin'))}>
          <Banner kind="good">{t('forgot.safe')}</Banner>
          {id === null && <Banner kind="warn">{t('forgot.never')}</Banner>}
          <ol class="steps">
            <li>{t('forgot.call')} {id && <strong class="reads">{id}</strong>}</li>
            <li>{t('forgot.type')}</li>
            <li>{t('forgot.new')}</li>
          </ol>
          <CodeField label={t('forgot.code')} value={code} error={error} onInput={(text) => (setCode(text), setError(null))} />
          <Button look="main" wide type="submit">{t('next')}</Button>
        </form>
      )}
      {step === 'pin' && <PinPad key="pin" label={t('start.pin.label')} hint={t('start.pin.hint')} action={t('next')} error={error} onDone={(typed) => (setPin(typed), move('again'))} />}
      {step === 'again' && <PinPad key="again" label={t('start.again.label')} action={t('unlock.go')} busy={busy} onDone={repeated} />}
    </Page>
  )
}

/** This phone has handed over all it had (to another phone, or to the server when it was revoked), and can begin anew. */
export function EndScreen({ why, code, onOpen, onChanged }: {
  why: 'moved' | 'wiped'
  code: string | null
  onOpen: (phone: OpenPhone) => void
  onChanged: () => void
}) {
  const [anew, setAnew] = useState(code !== null)
  const [left, setLeft] = useState<boolean | undefined>(why === 'wiped')
  useEffect(() => void (why === 'moved' && hasParcel().then((kept) => setLeft(!kept))), [why])
  if (left === undefined) return null
  // Until the new phone works everything is still here, sealed: nothing is begun over it.
  if (!left) return <MovedScreen onChanged={() => (setLeft(undefined), void hasParcel().then((kept) => setLeft(!kept)), onChanged())} />
  if (anew) return <StartScreen code={code} onOpen={onOpen} />
  return (
    <Page title={t(`end.${why}.title`)} home={<img class="logo" src="icon.svg" alt="" width={40} height={40} />} class="narrow">
      <Banner kind="info">{t(`end.${why}.text`)}</Banner>
      <Button look="main" wide onClick={() => setAnew(true)}>{t('end.anew')}</Button>
    </Page>
  )
}
