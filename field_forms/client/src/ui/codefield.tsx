import { useEffect, useRef, useState } from 'preact/hooks'
import { t } from '../i18n'
import { Button } from './button'
import type { Scanner } from './scanner'

/** An enrolment or recovery code in large letters, four and four; by QR code too where the browser can read one. */
export function CodeField({ label, hint, value, error, onInput, onScanned }: {
  label: string
  hint?: string
  value: string
  error: string | null
  onInput: (text: string) => void
  onScanned?: (text: string) => void
}) {
  const [scanner, setScanner] = useState<{ Scanner: typeof Scanner } | null>(null)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => void (error && field.current?.focus()), [error])
  const canScan = onScanned && 'BarcodeDetector' in globalThis && navigator.mediaDevices?.getUserMedia
  return (
    <>
      <div class="field">
        <label for="code">{label}</label>
        {hint && <p class="hint" id="code-hint">{hint}</p>}
        <input id="code" ref={field} class="code" type="text" autocomplete="off" autocapitalize="characters" autocorrect="off" spellcheck={false} maxLength={24} value={value} placeholder="XXXX-XXXX"
          aria-invalid={error ? true : undefined} aria-describedby={[hint && 'code-hint', 'code-error'].filter(Boolean).join(' ')} onInput={(event) => onInput(grouped(event.currentTarget))} />
        <p id="code-error" class="error" role="alert">{error}</p>
      </div>
      {canScan && <Button icon="camera" wide onClick={() => void import('./scanner').then(setScanner, () => {})}>{t('scan')}</Button>}
      {scanner && <scanner.Scanner onFound={(text) => (setScanner(null), onScanned!(text))} onClose={() => setScanner(null)} />}
    </>
  )
}

/** Capitals and the hyphen come by themselves, at the end only: in the middle of the text the cursor would jump. */
function grouped(field: HTMLInputElement): string {
  const text = field.value.toUpperCase()
  if (field.selectionStart !== field.value.length || text.length < 5 || /[^0-9A-Z]/.test(text)) return text
  return `${text.slice(0, 4)}-${text.slice(4)}`
}
