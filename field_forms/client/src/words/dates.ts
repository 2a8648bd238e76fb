// Days and months as text: `2026-11-22`, `2026-11`. A day is the phone's own: an officer's "today" is what his wall says.

const MONTHS: { [lang: string]: string[] } = {
  id: 'Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember'.split(' '),
  en: 'January February March April May June July August September October November December'.split(' '),
}
const DAY = /^(\d{4})-(\d\d)-(\d\d)$/

const two = (number: number) => String(number).padStart(2, '0')

/** `YYYY-MM-DD` when there is such a day, else null. */
export function dayOf(year: number, month: number, day: number): string | null {
  if (!(year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= 31)) return null
  const made = new Date(Date.UTC(2000, month - 1, day)) // years below 100 would be taken for 19YY
  made.setUTCFullYear(year, month - 1, day)
  return made.getUTCDate() === day ? `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}` : null
}

export function isDay(text: string): boolean {
  const found = DAY.exec(text)
  return !!found && dayOf(Number(found[1]), Number(found[2]), Number(found[3])) === text
}

export function isMonth(text: string): boolean {
  return isDay(`${text}-01`)
}

/** Days since 1970-01-01 of a real day; NaN else. */
export function daysOf(text: string): number {
  return isDay(text) ? Date.parse(`${text}T00:00:00Z`) / 86400000 : NaN
}

/** The day so many days after 1970-01-01; '' for what is no number. */
export function dayAfter(days: number): string {
  return Number.isFinite(days) ? new Date(Math.floor(days) * 86400000).toISOString().slice(0, 10) : ''
}

export function today(at = new Date()): string {
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
}

/** `2026-11-22T08:15:00.000+08:00`: the phone's own time with its distance from UTC. */
export function now(at = new Date()): string {
  const away = -at.getTimezoneOffset()
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, '0')}`
  return `${today(at)}T${clock}${away < 0 ? '-' : '+'}${two(Math.floor(Math.abs(away) / 60))}:${two(Math.abs(away) % 60)}`
}

/** 2026-11, 3 -> 2027-02 */
export function monthAfter(month: string, months: number): string {
  const number = Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1 + months
  return `${String(Math.floor(number / 12)).padStart(4, '0')}-${two((number % 12) + 1)}`
}

export function monthNames(lang: string): string[] {
  return MONTHS[lang] ?? MONTHS.id!
}

/** `17 Agustus 1961`; what is no day comes back as it is. */
export function dayWords(day: string, lang = 'id'): string {
  return isDay(day) ? `${Number(day.slice(8))} ${monthWords(day.slice(0, 7), lang)}` : day
}

/** `November 2026` */
export function monthWords(month: string, lang = 'id'): string {
  return isMonth(month) ? `${monthNames(lang)[Number(month.slice(5)) - 1]} ${month.slice(0, 4)}` : month
}

/** Whole years from a birthday to a day. */
export function yearsBetween(born: string, day: string): number {
  return Number(day.slice(0, 4)) - Number(born.slice(0, 4)) - (day.slice(5) < born.slice(5) ? 1 : 0)
}
