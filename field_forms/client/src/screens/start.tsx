import { useRef, useState } from 'preact/hooks'
import { parseCode } from '../enrol'
import { t } from '../i18n'
import { lazy } from '../lazy'
import { begin, type OpenPhone } from '../phone'
import { saysOf } from '../says'
import { Banner } from '../ui/banner'
import { Button } from '../ui/button'
import { CodeField } from '../ui/codefield'
import { useBusy } from '../ui/hooks'
import { Languages } from '../ui/langs'
import { Safety } from '../ui/safety'
import { Page } from '../ui/page'
import { PinPad } from '../ui/pinpad'

const ArriveScreen = lazy(() => import('./moving').then((it) => it.ArriveScreen))

type Step = 'code' | 'name' | 'pin' | 'again'
const BEFORE: { [step in Step]: Step } = { code: 'code', name: 'code', pin: 'name', again: 'pin' }

/** The first start: code, name of the phone, PIN twice. What went wrong leads back to the step that can mend it, with all that was typed. */
export function StartScreen({ code: scanned, onOpen }: { code: string | null; onOpen: (phone: OpenPhone) => void }) {
  const [step, setStep] = useState<Step>(scanned ? 'name' : 'code')
  const [code, setCode] = useState(scanned ?? '')
  const [name, setName] = useState('')
  const [pin, setPin] = useState('')
  const [error, setError] = useState<string | null>(null)
  const [arriving, setArriving] = useState(false)
  const [busy, run] = useBusy()

  const move = (to: Step) => (setError(null), setStep(to))
  const repeated = (typed: string) => {
    if (typed !== pin) return setError(t('start.pin.differs')), setStep('pin')
    run(() => begin(code, pin, name.trim() || t('start.name.default')).then(onOpen, (failure) => (setError(saysOf(failure)), setStep('code'))))
  }

  if (arriving) return <ArriveScreen onOpen={onOpen} onBack={() => setArriving(false)} />
  const n = step === 'code' ? 1 : step === 'name' ? 2 : 3
  const back = step === 'code' ? <img class="logo" src="icon.svg" alt="" width={40} height={40} /> : undefined
  return (
    <Page key={step} title={step === 'code' ? t('app.name') : t(`start.${step}.title`)} home={back} onBack={() => move(BEFORE[step])} focus={false} class="narrow">
      {step === 'code' && <Welcome />}
      <p class="step">{t('start.step', { n })}</p>
      {step === 'code' && <Code code={code} error={error} onDone={(found) => (setCode(found), move('name'))} />}
      {step === 'code' && <Button look="quiet" wide onClick={() => setArriving(true)}>{t('start.arrive')}</Button>}
      {step === 'name' && <Name name={name} onName={setName} onDone={() => move('pin')} />}
      {step === 'pin' && <PinPad key="pin" label={t('start.pin.label')} hint={t('start.pin.hint')} action={t('next')} error={error} onDone={(typed) => (setPin(typed), move('again'))} />}
      {step === 'again' && <PinPad key="again" label={t('start.again.label')} action={t('start.go')} busy={busy} onDone={repeated} />}
      {step === 'again' && busy && <p role="status" class="hint">{t('start.going')}</p>}
    </Page>
  )
}

function Welcome() {
  return (
    <>
      <Languages />
      <p class="lead">{t('start.what')}</p>
    </>
  )
}

function Code({ code, error, onDone }: { code: string; error: string | null; onDone: (code: string) => void }) {
  const [wrong, setWrong] = useState<string | null>(error)
  const [typed, setTyped] = useState(code)
  const check = (text: string) => {
    const found = parseCode(text)
    if (found) onDone(found)
    else setWrong(t('start.code.wrong'))
  }
  return (
    <form class="stack" onSubmit={(event) => (event.preventDefault(), check(typed))}>
      <CodeField label={t('start.code.label')} hint={t('start.code.hint')} value={typed} error={wrong} onInput={(text) => (setTyped(text), setWrong(null))} onScanned={check} />
      <Button look="main" wide type="submit">{t('next')}</Button>
    </form>
  )
}

function Name({ name, onName, onDone }: { name: string; onName: (name: string) => void; onDone: () => void }) {
  const field = useRef<HTMLInputElement>(null)
  return (
    <form class="stack" onSubmit={(event) => (event.preventDefault(), onDone())}>
      <div class="field">
        <label for="phone-name">{t('start.name.label')}</label>
        <p class="hint" id="phone-name-hint">{t('start.name.hint')}</p>
        <input id="phone-name" ref={field} type="text" autocomplete="off" maxLength={60} value={name} aria-describedby="phone-name-hint" placeholder={t('start.name.default')} onInput={(event) => onName(event.currentTarget.value)} />
      </div>
      <Banner kind="info" title={t('start.safe.title')}>
        <Safety />
      </Banner>
      <Button look="main" wide type="submit">{t('start.name.next')}</Button>
    </form>
  )
}
