// Questions that are answered by typing: text, numbers, rupiah, NIK, phone.
import type { TargetedEvent } from 'preact'
import { useState } from 'preact/hooks'
import { lang, t } from '../i18n'
import type { Answer } from '../types'
import { dayWords, isDay } from '../words/dates'
import { inFours, onlyDigits } from '../words/digits'
import { grouped } from '../words/money'
import * as nik from '../words/nik'
import * as phone from '../words/phone'
import { beside, type Asked, type Filling } from './filling'
import { textOf, typed, type Cell } from './model'

type Typed = TargetedEvent<HTMLInputElement | HTMLTextAreaElement, InputEvent>
type Mode = 'text' | 'numeric' | 'decimal' | 'tel'

/** What all controls of a question have in common. */
export function common({ cell, filling, id, described, wrong }: Asked) {
  return {
    id,
    autocomplete: 'off' as const,
    'aria-describedby': described,
    'aria-invalid': wrong || undefined,
    'aria-required': filling.form.required(cell) || undefined,
    readOnly: filling.form.readonly(cell) || undefined,
    onBlur: () => filling.visited(cell),
  }
}

export function TextQuestion(asked: Asked) {
  const { cell, filling } = asked
  const looks = cell.node.appearance ?? []
  const rest = { ...common(asked), value: textOf(filling.form.value(cell)), spellcheck: false, onInput: (event: Typed) => filling.put(cell, event.currentTarget.value || null) }
  if (looks.includes('multiline')) return <textarea {...rest} class="input" rows={4} />
  return <input {...rest} class="input" type="text" inputMode={looks.includes('numbers') ? 'numeric' : 'text'} autocapitalize={looks.includes('numbers') ? undefined : 'words'} />
}

/** Keeps what was typed as long as it means the answer: `1.` on the way to `1.5` is not taken away under the finger. */
export function NumberQuestion(asked: Asked) {
  const { cell, filling } = asked
  const [said, say] = useState('')
  const means = (text: string): Answer => typed(cell.node, text.trim().replace(/,/g, '.').replace(/\.$/, ''))
  const value = filling.form.value(cell)
  const shown = said && textOf(means(said)) === textOf(value) ? said : textOf(value)
  const take = (event: Typed) => {
    say(event.currentTarget.value)
    filling.put(cell, means(event.currentTarget.value))
  }
  const mode: Mode = cell.node.type === 'integer' ? 'numeric' : 'decimal'
  return <input {...common(asked)} class="input short" type="text" inputMode={mode} value={shown} onInput={take} />
}

export function RupiahQuestion(asked: Asked) {
  const { cell, filling } = asked
  const value = filling.form.value(cell)
  return (
    <div class="money">
      <span aria-hidden="true">{t('form.rupiah')}</span>
      <DigitsInput asked={asked} value={textOf(value)} most={13} shown={(digits) => grouped(digits.replace(/^0+(?=\d)/, ''), lang())}
        onDigits={(digits) => filling.put(cell, digits ? Number(digits) : null)} />
    </div>
  )
}

export function NikQuestion(asked: Asked) {
  const { cell, filling } = asked
  const value = textOf(filling.form.value(cell))
  return (
    <>
      <div class="counted">
        <DigitsInput asked={asked} value={value} most={20} shown={inFours} onDigits={(digits) => filling.put(cell, digits || null)} />
        <span class={value.length === nik.NIK_LENGTH ? 'count full' : 'count'} aria-hidden="true">{t('form.nik-count', { n: value.length })}</span>
      </div>
      <div role="status">{value && <NikSays {...asked} nik={value} />}</div>
    </>
  )
}

function NikSays({ cell, filling, wrong, nik: value }: Asked & { nik: string }) {
  const fault = nik.fault(value)
  // While it is being typed it is too short, and the counter says so.
  if (fault) return wrong || value.length < nik.NIK_LENGTH && !filling.complains(cell) ? null : <p class="warn">{t(`form.nik-${fault}`)}</p>
  const known = filling.sameNik(value)
  const birthDate = beside(cell, 'birth_date')
  return (
    <>
      {known && (
        <p class="warn">
          {t('form.double-nik', { name: known.name, village: filling.village(known.village) })}
          {filling.open && <button type="button" class="button quiet" onClick={() => filling.open!(known.record)}>{t('form.double-look')}</button>}
        </p>
      )}
      {birthDate && (
        <p class={differs(value, birthDate, beside(cell, 'sex'), filling) ? 'warn' : 'says'}>
          {t('form.nik-says', { day: dayWords(nik.birthDate(value, filling.today()), lang()), sex: t(`form.${nik.sex(value)}`) })}
        </p>
      )}
    </>
  )
}

/** Normal after a corrected birth date, and more often a slip: so it is marked, and never in the way. */
function differs(number: string, birthDate: Cell, sex: Cell | undefined, { form }: Filling): boolean {
  const [born, said] = [form.text(birthDate), sex ? form.text(sex) : '']
  return (isDay(born) && !nik.agreesWith(number, born)) || (said !== '' && said !== nik.sex(number))
}

export function PhoneQuestion(asked: Asked) {
  const { cell, filling } = asked
  const [left, leave] = useState(true)
  const value = textOf(filling.form.value(cell))
  const normal = phone.normalise(value)
  const rest = common(asked)
  const blur = () => {
    leave(true)
    if (normal) filling.put(cell, normal) // an answer that reads the same everywhere
    rest.onBlur()
  }
  return (
    <>
      <input {...rest} class="input" type="tel" inputMode="tel" value={left && value === normal ? phone.shown(value) : value} onFocus={() => leave(false)} onBlur={blur}
        onInput={(event) => filling.put(cell, event.currentTarget.value || null)} />
      <div role="status">{value && left && !normal && <p class="warn">{t('form.phone-odd')}</p>}</div>
    </>
  )
}

/**
 * Digits that are shown in groups while they are typed. The caret stays behind the digit that it stood behind, and deleting a
 * separator deletes the digit before it.
 */
function DigitsInput({ asked, value, most, shown, onDigits }: {
  asked: Asked
  value: string
  most: number
  shown: (digits: string) => string
  onDigits: (digits: string) => void
}) {
  const plain = /^\d*$/.test(value)
  const take = (event: Typed) => {
    const input = event.currentTarget
    const caret = input.selectionStart ?? input.value.length
    let digits = onlyDigits(input.value)
    let before = onlyDigits(input.value.slice(0, caret)).length
    const separatorDeleted = (event as unknown as InputEvent).inputType === 'deleteContentBackward' && digits === value && before > 0
    if (separatorDeleted) {
      digits = digits.slice(0, before - 1) + digits.slice(before)
      before--
    }
    digits = digits.slice(0, most)
    const text = shown(digits)
    let at = 0
    for (let seen = 0; seen < before && at < text.length; at++) if (/\d/.test(text[at]!)) seen++
    input.value = text
    input.setSelectionRange(at, at)
    onDigits(digits)
  }
  return <input {...common(asked)} class="input digits" type="text" inputMode="numeric" value={plain ? shown(value) : value} onInput={take} />
}

