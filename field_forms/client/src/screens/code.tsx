import './later'
import { useState } from 'preact/hooks'
import { parseCode } from '../enrol'
import { t } from '../i18n'
import type { OpenPhone } from '../phone'
import { replace, to } from '../router'
import { saysOf } from '../says'
import { Banner } from '../ui/banner'
import { Button } from '../ui/button'
import { CodeField } from '../ui/codefield'
import { useBusy } from '../ui/hooks'
import { Page } from '../ui/page'

/** The server does not know this phone any more: a new code lets it in again, and everything it holds goes with it. */
export function CodeScreen({ phone }: { phone: OpenPhone }) {
  const [typed, setTyped] = useState('')
  const [error, setError] = useState<string | null>(null)
  const [busy, run] = useBusy()
  const enrol = (text: string) => {
    const code = parseCode(text)
    if (!code) return setError(t('start.code.wrong'))
    run(() => phone.enrolAgain(code).then(() => replace(to('home')), (failure) => setError(saysOf(failure))))
  }
  return (
    <Page title={t('needs.title')} class="narrow">
      <Banner kind="info">{t('needs.text')}</Banner>
      <form class="stack" onSubmit={(event) => (event.preventDefault(), enrol(typed))}>
        <CodeField label={t('start.code.label')} hint={t('start.code.hint')} value={typed} error={error} onInput={(text) => (setTyped(text), setError(null))} onScanned={enrol} />
        <Button look="main" wide type="submit" busy={busy}>{t('needs.go')}</Button>
      </form>
    </Page>
  )
}
