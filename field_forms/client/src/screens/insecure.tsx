import { addWords, t } from '../i18n'
import { Banner } from '../ui/banner'
import { Page } from '../ui/page'
import en from './insecure.en.json'
import id from './insecure.id.json'

addWords('id', id)
addWords('en', en)

/** Opened by `http://` or in an old browser there are no keys to seal with: nothing may be begun that could not be kept safely. */
export function InsecureScreen() {
  const safe = `https://${location.host}${location.pathname}`
  return (
    <Page title={t('app.name')} home={<img class="logo" src="icon.svg" alt="" width={40} height={40} />} focus={false} class="narrow">
      <Banner kind="bad" urgent title={t('insecure.title')}>{t('insecure.text')}</Banner>
      {location.protocol === 'http:' && <p>{t('insecure.address')} <a class="link" href={safe}>{safe}</a></p>}
      <p>{t('insecure.else')}</p>
    </Page>
  )
}
