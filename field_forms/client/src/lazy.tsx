import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { t } from './i18n'
import { Banner } from './ui/banner'
import { Button } from './ui/button'
import { Page } from './ui/page'

/**
 * A screen whose code comes when it is first wanted; once it is here it draws at once. Where it can't be had (the very first visit,
 * and the signal went) the officer is told; what is no screen (`isScreen`) stays away quietly. Trying again is a reload: a browser remembers that a module failed.
 */
export function lazy<P extends object>(load: () => Promise<ComponentType<P>>, isScreen = true): ComponentType<P> {
  let here: ComponentType<P> | undefined
  return function Lazy(props: P) {
    const [state, setState] = useState<'coming' | 'came' | 'failed'>('coming')
    useEffect(() => {
      if (here) return
      let wanted = true
      const tell = (what: 'came' | 'failed') => wanted && setState(what)
      load().then((screen) => ((here = screen), tell('came')), () => tell('failed'))
      return () => {
        wanted = false
      }
    }, [])
    const Screen = here
    if (Screen) return <Screen {...props} />
    if (!isScreen) return null
    if (state !== 'failed') return <Page title={t('opening')}>{null}</Page>
    return (
      <Page title={t('lazy.title')}>
        <Banner kind="warn" urgent act={<Button look="main" onClick={() => location.reload()}>{t('again')}</Button>}>{t('lazy.text')}</Banner>
      </Page>
    )
  }
}
