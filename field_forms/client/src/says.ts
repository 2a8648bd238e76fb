import type { Closed } from './disk'
import { t } from './i18n'
import type { LineLost, Portal, Refused } from './line'
import { PhoneFull } from './types'
import type { WrongPin } from './vault'

/** What an error of the phone or the server means to the officer and what he can do about it. A bug says that it is one. */
export function saysOf(error: unknown): string {
  // By what they carry, not by their classes: these live in parts of the app that the first screen does not load.
  const { name, wait, problem, retryAfter, state } = error as Partial<Error & WrongPin & Refused & LineLost & Portal & Closed>
  if (wait !== undefined) return wait > 0 ? t('error.pin.wait', { time: span(wait) }) : t('error.pin')
  if (name === 'Portal') return t('portal.text')
  if (retryAfter !== undefined) return retryAfter ? t('error.often', { time: span(retryAfter / 1000) }) : t('error.line')
  if (problem) return problem.type === 'urn:sambung:enrolment-refused' ? t('error.code') : (problem.detail ?? problem.title ?? t('error.refused'))
  if (error instanceof PhoneFull) return t('error.full')
  if (state || name === 'Unsendable') return t(`error.${state ? 'closed' : 'large'}`)
  return t('error.bug', { what: String((error as Error)?.message ?? error) })
}

/** How long still, in words. */
export function span(seconds: number): string {
  return seconds < 90 ? t('seconds', { n: Math.ceil(seconds) }) : t('minutes', { n: Math.ceil(seconds / 60) })
}
