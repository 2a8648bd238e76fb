import { t } from '../i18n'
import { Icon } from './icon'

/** What the PIN protects from, and what not. */
export function Safety() {
  return (
    <ul class="parts safety">
      <li class="yes"><Icon name="done" /> {t('safe.finder')}</li>
      <li><Icon name="warn" /> {t('safe.expert')}</li>
      <li><Icon name="warn" /> {t('safe.open')}</li>
    </ul>
  )
}
