// NIK, the national identity number: twin of schemas/nik.py, which tells its traps.
import { dayOf } from './dates'
import { readDigits } from './digits'

export const NIK_LENGTH = 16
const PROVINCES = / (1[1-9]|21|3[1-6]|5[1-3]|6[1-5]|7[1-6]|8[12]|9[1-6]) /

/** The digits of a typed NIK, however many; a text that is no number comes back trimmed, so it can be kept. */
export function normalise(text: string): string {
  return readDigits(text) || text.trim()
}

/** What is wrong with a normalised NIK: `length`, `digits`, `province`, `day` or `serial`; null when nothing is. */
export function fault(nik: string): string | null {
  if (!/^\d{16}$/.test(nik)) return /^\d+$/.test(nik) ? 'length' : 'digits'
  if (!PROVINCES.test(` ${nik.slice(0, 2)} `)) return 'province'
  if (!day(nik, 2000)) return 'day'
  return nik.slice(12) === '0000' ? 'serial' : null
}

/** Of a well-formed one. */
export function sex(nik: string): 'male' | 'female' {
  return Number(nik.slice(6, 8)) > 40 ? 'female' : 'male'
}

/** The birth date that a well-formed NIK says: the latest such day that is not after `today` (`YYYY-MM-DD`). */
export function birthDate(nik: string, today: string): string {
  const century = Number(today.slice(0, 2)) * 100
  const born = day(nik, century)
  return born && born <= today ? born : day(nik, century - 100) ?? ''
}

/** Whether a well-formed NIK and a birth date say one day, of whatever century. */
export function agreesWith(nik: string, born: string): boolean {
  return day(nik, Number(born.slice(0, 2)) * 100) === born
}

/** As lists show it: `640206******0001`. Anything that is no sixteen digits shows nothing of itself. */
export function mask(nik: string): string {
  return /^\d{16}$/.test(nik) ? `${nik.slice(0, 6)}******${nik.slice(12)}` : '*'.repeat(NIK_LENGTH)
}

function day(nik: string, century: number): string | null {
  const women = Number(nik.slice(6, 8))
  return dayOf(century + Number(nik.slice(10, 12)), Number(nik.slice(8, 10)), women > 40 ? women - 40 : women)
}
