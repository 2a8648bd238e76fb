import type { Phone } from './types'

export const LOCK_MINUTES = 'lock-minutes'
export const LOCK_MINUTES_DEFAULT = 5

/**
 * Locks when the app was out of sight for the set number of minutes. A sleeping phone runs no timers: the time away is looked at
 * when it comes back too. By the wall clock, because the other one stands still in sleep; set back in between, it locks at once.
 * A form that the full disk would not take stands in memory alone: it may refuse.
 */
export function watchIdle(phone: Phone, locks: () => void): () => void {
  const lock = () => void (dispatchEvent(new Event('idle', { cancelable: true })) && locks())
  let left = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let minutes = LOCK_MINUTES_DEFAULT
  const ask = () => void phone.get<number>(LOCK_MINUTES).then((set) => (minutes = set ?? LOCK_MINUTES_DEFAULT), () => {})
  const seen = () => {
    clearTimeout(timer)
    if (document.visibilityState === 'hidden') {
      left = Date.now()
      timer = setTimeout(lock, minutes * 60_000)
    } else if (left) {
      const away = Date.now() - left
      left = 0
      if (away < 0 || away >= minutes * 60_000) lock()
    }
  }
  ask()
  const stop = phone.subscribe(ask)
  document.addEventListener('visibilitychange', seen)
  return () => {
    clearTimeout(timer)
    stop()
    document.removeEventListener('visibilitychange', seen)
  }
}
