import { lang, t } from '../i18n'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

function locale(): string {
  return lang() === 'en' ? 'en-GB' : 'id-ID'
}

export function num(value: number): string {
  return value.toLocaleString(locale())
}

export function rupiah(value: number): string {
  return `Rp${num(value)}`
}

/** Bytes as an officer pays for them. */
export function size(bytes: number): string {
  if (bytes < 1000) return bytes > 0 ? '1\u00a0kB' : '0\u00a0kB'
  if (bytes < 1_000_000) return `${num(Math.round(bytes / 1000))}\u00a0kB`
  const [divisor, unit] = bytes < 1_000_000_000 ? [1_000_000, 'MB'] : [1_000_000_000, 'GB']
  return `${(bytes / divisor).toLocaleString(locale(), { maximumFractionDigits: 1 })}\u00a0${unit}`
}

/** `3 menit yang lalu`. A moment that lies ahead (the clock was set back) is just now. */
export function ago(at: number, now = Date.now()): string {
  const past = now - at
  if (past < MINUTE) return t('ago.now')
  if (past < HOUR) return t('ago.minutes', { n: Math.floor(past / MINUTE) })
  if (past < DAY) return t('ago.hours', { n: Math.floor(past / HOUR) })
  return t('ago.days', { n: Math.floor(past / DAY) })
}

/** A moment: `26 Nov 2026, 14.03`. */
export function moment(at: number | string): string {
  const when = new Date(at)
  if (isNaN(+when)) return String(at)
  return new Intl.DateTimeFormat(locale(), { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' }).format(when)
}

/** A calendar day `YYYY-MM-DD` in words, whatever the phone's time zone is. */
export function day(text: string): string {
  return written(text, `${text}T00:00Z`, { day: 'numeric', month: 'long', year: 'numeric' })
}

/** A month `YYYY-MM` in words. */
export function month(text: string): string {
  return written(text, `${text}-01T00:00Z`, { month: 'long', year: 'numeric' })
}

/** Days and months within a line, in words: `2026-09, 2026-10`. */
export function inWords(text: string): string {
  return text.replace(/\b\d{4}-\d\d-\d\d\b/g, day).replace(/\b\d{4}-\d\d\b/g, month)
}

function written(text: string, iso: string, how: Intl.DateTimeFormatOptions): string {
  const when = new Date(iso)
  return isNaN(+when) ? text : new Intl.DateTimeFormat(locale(), { ...how, timeZone: 'UTC' }).format(when)
}

/** In lists a NIK shows where it is from and its serial, and hides the birth date. */
export function masked(nik: string): string {
  return nik.length === 16 ? `${nik.slice(0, 6)}******${nik.slice(12)}` : nik && '*'.repeat(nik.length)
}
