import { useState } from 'preact/hooks'
import { lang, setLang, t, type Lang } from '../i18n'

const NAMES: { [language in Lang]: string } = { id: 'Indonesia', en: 'English' }

/** Both languages by their own names, so that nobody has to read the other one to find his. */
export function Languages() {
  const [failed, setFailed] = useState(false)
  const choose = (wanted: Lang) => void setLang(wanted).then(() => setFailed(false), () => setFailed(true))
  return (
    <div class="langs" role="group" aria-label="Bahasa / Language">
      {(Object.keys(NAMES) as Lang[]).map((one) => (
        <button type="button" lang={one} aria-pressed={lang() === one} onClick={() => choose(one)}>{NAMES[one]}</button>
      ))}
      {failed && <p class="error" role="alert">{t('lang.failed')}</p>}
    </div>
  )
}
