import { useEffect, useRef, useState } from 'preact/hooks'
import { t } from '../i18n'
import { Icon } from './icon'

export const LEAST_PIN = 6

/**
 * A PIN by large keys, or by a keyboard. The phone's own keyboard stays away (`inputmode=none`): it would cover the screen, and it learns.
 * The keys are no tab stops for a keyboard, which has digits of its own.
 */
export function PinPad({ label, hint, action, busy, error, onDone, off }: {
  label: string
  hint?: string
  action: string
  busy?: boolean
  error?: string | null
  /** no try is looked at now */
  off?: boolean
  onDone: (pin: string) => void
}) {
  const [pin, setPin] = useState('')
  const [shown, setShown] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current!.focus({ preventScroll: true }), [])
  useEffect(() => void (error && setPin('')), [error])
  const ready = pin.length >= LEAST_PIN && !busy && !off
  const press = (key: string) => setPin((now) => (key === 'erase' ? now.slice(0, -1) : now + key))
  const done = () => ready && onDone(pin)
  return (
    <form class="pin" autocomplete="off" onSubmit={(event) => (event.preventDefault(), done())}>
      <label for="pin">{label}</label>
      {hint && <p id="pin-hint" class="hint">{hint}</p>}
      <div class="pinfield">
        <input ref={field} id="pin" type={(shown ? 'text' : 'password') as 'password'} inputmode="none" autocomplete="off" value={pin} maxLength={32} aria-invalid={error ? true : undefined}
          aria-describedby={[hint && 'pin-hint', 'pin-error'].filter(Boolean).join(' ')} onInput={(event) => setPin(event.currentTarget.value.replace(/\D/g, ''))} />
        <button type="button" class="quiet" aria-pressed={shown} onClick={() => setShown(!shown)}>{t(shown ? 'pin.hide' : 'pin.show')}</button>
      </div>
      <p id="pin-error" class="error" role="alert">{error}</p>
      <div class="keys">
        {['1', '2', '3', '4', '5', '6', '7', '8', '9', 'erase', '0'].map((key) => (
          <button type="button" tabIndex={-1} aria-label={key === 'erase' ? t('pin.erase') : undefined} onClick={() => press(key)}>{key === 'erase' ? <Icon name="erase" /> : key}</button>
        ))}
        <button type="submit" class="ok" disabled={!ready && !busy} aria-busy={busy || undefined}>{busy ? <span class="spin" aria-label={t('opening')} /> : action}</button>
      </div>
    </form>
  )
}
