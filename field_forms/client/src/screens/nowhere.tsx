import { addWords, t } from '../i18n'
import { Banner } from '../ui/banner'
import { Button } from '../ui/button'
import { Page } from '../ui/page'
import en from './nowhere.en.json'
import id from './nowhere.id.json'

addWords('id', id)
addWords('en', en)

/** Away from https there are no keys to seal with; in a private window, or with a damaged profile, no storage: nothing may be begun that could not be kept. */
export function NowhereScreen() {
  const why = globalThis.crypto?.subtle ? 'storage' : 'keys'
  const safe = `https://${location.host}${location.pathname}`
  return (
    <Page title={t('app.name')} home={<img class="logo" src="icon.svg" alt="" width={40} height={40} />} focus={false} class="narrow">
      <Banner kind="bad" urgent title={t(`nowhere.${why}`)}>{t(`nowhere.${why}.text`)}</Banner>
      {why === 'keys' && location.protocol === 'http:' && <p>{t('nowhere.address')} <a class="link" href={safe}>{safe}</a></p>}
      <p>{t('nowhere.else')}</p>
      <Button look="main" wide onClick={() => location.reload()}>{t('again')}</Button>
    </Page>
  )
}
