// A birth date of 1961 is far to scroll to in a calendar: three numbers are typed instead, and said back in words.
import { useState } from 'preact/hooks'
import { lang, t } from '../i18n'
import { dayOf, dayWords, isDay, monthNames, yearsBetween } from '../words/dates'
import { onlyDigits } from '../words/digits'
import * as nik from '../words/nik'
import { beside, type Asked } from './filling'
import { textOf } from './model'
import { common } from './typing'

const PARTS = [['day', 2], ['month', 2], ['year', 4]] as const

export function DateQuestion(asked: Asked) {
  const { cell, filling, id } = asked
  const value = textOf(filling.form.value(cell))
  const parts = partsOf(value)
  const [said, say] = useState<string[]>(parts)
  // `08` stays `08` while it is typed; an answer that came from elsewhere is shown as it is.
  const shown = meant(said) === value ? said : parts
  const put = (at: number, text: string) => {
    const next = shown.map((one, n) => (n === at ? text : one))
    say(next)
    filling.put(cell, meant(next) || null)
  }
  const rest = common(asked)
  const leave = (at: number) => {
    if (at === 2 && /^\d\d$/.test(shown[2]!)) put(2, century(shown[2]!, filling.today()))
    rest.onBlur()
  }
  return (
    <>
      <div class="numbers">
        {PARTS.map(([name, length], at) => (
          <div class={`number ${name}`}>
            <label for={at ? `${id}-${name}` : id}>{t(`form.${name}`)}</label>
            <input {...rest} id={at ? `${id}-${name}` : id} class="input" type="text" inputMode="numeric" maxLength={length} value={shown[at]}
              onInput={(event) => put(at, (event.currentTarget.value = onlyDigits(event.currentTarget.value)))} onBlur={() => leave(at)} />
          </div>
        ))}
      </div>
      <div role="status">
        {isDay(value) && <p class="says">{inWords(value, filling.today())}</p>}
      </div>
      {!value && <ByNik {...asked} />}
    </>
  )
}

/** Offers what the NIK beside it says while nothing is answered. */
function ByNik({ cell, filling }: Asked) {
  const neighbour = cell.node.field === 'birth_date' ? beside(cell, 'nik') : undefined
  const number = neighbour ? filling.form.text(neighbour) : ''
  if (!number || nik.fault(number)) return null
  const born = nik.birthDate(number, filling.today())
  return (
    <p class="offer">
      <button type="button" class="button plain" onClick={() => filling.put(cell, born)}>{t('form.nik-use', { day: dayWords(born, lang()) })}</button>
      <span>{t('form.nik-use-says')}</span>
    </p>
  )
}

export function MonthQuestion(asked: Asked) {
  const { cell, filling, id } = asked
  const value = textOf(filling.form.value(cell))
  const [year = '', month = ''] = value.split('-')
  const put = (nextYear: string, nextMonth: string) => filling.put(cell, nextYear || nextMonth ? `${nextYear}-${nextMonth}` : null)
  const { readOnly, ...rest } = common(asked)
  return (
    <div class="numbers">
      <div class="number long">
        <label for={id}>{t('form.month')}</label>
        <select {...rest} class="input" value={month} disabled={readOnly} onChange={(event) => put(year || filling.today().slice(0, 4), event.currentTarget.value)}>
          <option value="">{t('form.pick')}</option>
          {monthNames(lang()).map((name, at) => <option value={String(at + 1).padStart(2, '0')}>{name}</option>)}
        </select>
      </div>
      <div class="number year">
        <label for={`${id}-year`}>{t('form.year')}</label>
        <input {...rest} readOnly={readOnly} id={`${id}-year`} class="input" type="text" inputMode="numeric" maxLength={4} value={year}
          onInput={(event) => put((event.currentTarget.value = onlyDigits(event.currentTarget.value)), month)} />
      </div>
    </div>
  )
}

/** `1961-08-17`, or what there is of one as `17/8/`, which is kept and complained about. */
function meant(parts: string[]): string {
  const [day = '', month = '', year = ''] = parts
  if (!day && !month && !year) return ''
  return (year.length === 4 && dayOf(Number(year), Number(month), Number(day))) || parts.join('/')
}

function partsOf(value: string): string[] {
  if (value.includes('/')) return value.split('/')
  const [, year = '', month = '', day = ''] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(value) ?? []
  return [day, month, year].map((part, at) => (at < 2 ? part.replace(/^0/, '') : part))
}

/** Two digits of a year: the latest such year that has come. */
function century(two: string, today: string): string {
  const now = Number(today.slice(0, 4))
  const year = Math.floor(now / 100) * 100 + Number(two)
  return String(year > now ? year - 100 : year)
}

function inWords(day: string, today: string): string {
  const years = yearsBetween(day, today)
  return dayWords(day, lang()) + (years > 1 ? ` (${t('form.years', { n: years })})` : '')
}
