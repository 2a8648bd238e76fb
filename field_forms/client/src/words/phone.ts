// Phone numbers, typed in any usual Indonesian way, kept as E.164: twin of schemas/phone.py.
import { readDigits } from './digits'

const MOBILE = '8\\d{8,11}'
const LANDLINE = '[2-79]\\d{7,10}'
const TYPED = new RegExp(`^(?:(?:\\+|00)?620?(${MOBILE}|${LANDLINE})|0?(${MOBILE})|0(${LANDLINE}))$`)
const ABROAD = /^(?:\+|00)((?!62)[1-9]\d{7,14})$/

/** E.164 of a typed number, or null when it is none. */
export function normalise(text: string): string | null {
  const plus = /^\s*[+＋]/.test(text) ? '+' : ''
  const number = readDigits(text.replace(/[+＋()]/g, ''))
  if (!number) return null
  const abroad = ABROAD.exec(plus + number)
  if (abroad) return `+${abroad[1]}`
  const found = TYPED.exec(plus + number)
  return found && `+62${found[1] ?? found[2] ?? found[3]}`
}

/** As people read it out: `+628123456789` -> `0812-3456-789`; a number from abroad as it is. */
export function shown(e164: string): string {
  if (!/^\+628\d{8,11}$/.test(e164)) return e164.replace(/^\+62/, '0')
  return `0${e164.slice(3)}`.replace(/^(\d{4})(\d{4})(\d+)$/, '$1-$2-$3')
}
