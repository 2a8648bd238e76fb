// Where the phone is. Never in the way: without a position the form goes on.
import { useEffect, useRef, useState } from 'preact/hooks'
import { t } from '../i18n'
import type { GeoPoint } from '../types'
import type { Asked } from './filling'

/** Good enough to stop looking by itself, metres; and the longest look, milliseconds. */
const GOOD = 10
const LONGEST = 60_000

export function PlaceQuestion({ cell, filling, id, described }: Asked) {
  const value = filling.form.value(cell) as GeoPoint | null
  const [state, setState] = useState<'' | 'looking' | 'denied' | 'failed'>('')
  const watch = useRef<{ stop: () => void } | null>(null)
  useEffect(() => () => watch.current?.stop(), [])

  const look = () => {
    if (!navigator.geolocation) return setState('failed')
    let best: GeoPoint | null = null
    const stop = () => {
      navigator.geolocation.clearWatch(number)
      clearTimeout(timer)
      watch.current = null
    }
    const end = (how: 'denied' | 'failed') => {
      stop()
      setState(best ? '' : how)
    }
    // The first answer is often a kilometre off; each better one replaces it.
    const number = navigator.geolocation.watchPosition(({ coords }) => {
      const found = { lat: round(coords.latitude, 6), lon: round(coords.longitude, 6), accuracy: Math.ceil(coords.accuracy) }
      if (best && best.accuracy <= found.accuracy) return
      best = found
      filling.put(cell, found)
      if (found.accuracy <= GOOD) end('failed')
    }, (error) => end(error.code === error.PERMISSION_DENIED ? 'denied' : 'failed'), { enableHighAccuracy: true, timeout: LONGEST })
    const timer = setTimeout(() => end('failed'), LONGEST)
    watch.current = { stop: () => end('failed') }
    setState('looking')
  }
  return (
    <div class="place">
      <div role="status">
        {value && <p class="says">{t('form.place-found', { n: value.accuracy })}</p>}
        {state === 'looking' && <p class="says">{t('form.place-looking')}</p>}
        {(state === 'denied' || state === 'failed') && <p class="warn">{t(`form.place-${state}`)}</p>}
      </div>
      <div class="acts">
        {state === 'looking'
          ? <button type="button" id={id} class="button plain" aria-describedby={described} onClick={() => watch.current?.stop()}>{t('form.place-stop')}</button>
          : <button type="button" id={id} class="button plain" aria-describedby={described} onClick={look}>{t(value ? 'form.place-again' : 'form.place-take')}</button>}
        {value && state !== 'looking' && <button type="button" class="button quiet" onClick={() => filling.put(cell, null)}>{t('form.remove')}</button>}
      </div>
    </div>
  )
}

const round = (number: number, places: number) => Number(number.toFixed(places))
