import { t } from './i18n'
import { LineLost, Portal, Refused } from './line'
import { PhoneFull } from './types'
import { WrongPin } from './vault'

/** What an error of the phone or the server means to the officer and what he can do about it. A bug says that it is one. */
export function saysOf(error: unknown): string {
  if (error instanceof WrongPin) return error.wait > 0 ? t('error.pin.wait', { time: span(error.wait) }) : t('error.pin')
  if (error instanceof PhoneFull) return t('error.full')
  if (error instanceof Portal) return t('portal.text')
  if (error instanceof LineLost) return error.retryAfter ? t('error.often', { time: span(error.retryAfter / 1000) }) : t('error.line')
  if (error instanceof Refused) {
    if (error.problem.type === 'urn:sambung:enrolment-refused') return t('error.code')
    return error.problem.detail ?? error.problem.title ?? t('error.refused')
  }
  return t('error.bug', { what: String((error as Error)?.message ?? error) })
}

/** How long still, in words. */
export function span(seconds: number): string {
  return seconds < 90 ? t('seconds', { n: Math.ceil(seconds) }) : t('minutes', { n: Math.ceil(seconds / 60) })
}
