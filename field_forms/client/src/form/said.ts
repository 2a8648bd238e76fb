import { label, lang, t } from '../i18n'
import type { Answer, FileValue } from '../types'
import { dayWords, isDay, isMonth, monthWords } from '../words/dates'
import { inFours } from '../words/digits'
import { rupiah } from '../words/money'
import * as phone from '../words/phone'
import { isEmpty, textOf, type Cell, type FormInstance } from './model'

/** An answer as it is read out: in words, with the names of the choices. */
export function saidShort(cell: Cell, form: FormInstance, value: Answer = form.value(cell)): string {
  const { type, list, appearance = [] } = cell.node
  if (isEmpty(value)) return ''
  if (list) return (Array.isArray(value) ? value : [String(value)]).map((one) => label(form.chosen(cell, one)?.label) || one).join('; ')
  if (type === 'image') return (value as FileValue).sha256 ? t('form.photo-has') : ''
  if (type === 'geopoint') return t('form.place-has', { n: (value as { accuracy: number }).accuracy })
  const text = textOf(value)
  if (isDay(text)) return dayWords(text, lang())
  if (isMonth(text)) return monthWords(text, lang())
  if (appearance.includes('nik')) return inFours(text)
  if (appearance.includes('rupiah') && typeof value === 'number') return rupiah(value, lang())
  return appearance.includes('phone') ? phone.shown(text) : text
}
