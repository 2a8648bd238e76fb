// Choices as rows as wide as the screen; a wet thumb finds them.
import { label, t } from '../i18n'
import type { Choice } from '../types'
import * as nik from '../words/nik'
import { beside, type Asked } from './filling'
import { common } from './typing'

export function RadioQuestion(asked: Asked & { choices: Choice[] }) {
  const { cell, filling, id, choices } = asked
  const value = filling.form.value(cell)
  const byNik = sexByNik(asked)
  return (
    <div role="radiogroup" aria-labelledby={`${id}-label`} aria-describedby={asked.described} aria-required={filling.form.required(cell) || undefined} aria-invalid={asked.wrong || undefined}>
      {choices.map((choice, at) => (
        <label class={`pick${value === choice.value ? ' on' : ''}`}>
          <input type="radio" id={at ? `${id}-${at}` : id} name={id} value={choice.value} checked={value === choice.value} disabled={filling.form.readonly(cell)}
            onChange={() => filling.put(cell, choice.value)} onBlur={() => filling.visited(cell)} />
          <span>{label(choice.label)}{byNik === choice.value && <small> {t('form.nik-by')}</small>}</span>
        </label>
      ))}
      {/* A radio can't be unchosen by itself; what may stay empty can be emptied. */}
      {value && !filling.form.required(cell) && !filling.form.readonly(cell) && (
        <button type="button" class="button quiet" onClick={() => filling.put(cell, null)}>{t('form.clear')}</button>
      )}
    </div>
  )
}

export function CheckboxQuestion(asked: Asked & { choices: Choice[] }) {
  const { cell, filling, id, choices } = asked
  const value = filling.form.value(cell)
  const held = Array.isArray(value) ? value : []
  // What was ticked and is offered no longer stays to be seen, so that it can be taken away.
  const gone = held.filter((one) => !choices.some((choice) => choice.value === one))
  const rows = choices.concat(gone.map((one) => filling.form.chosen(cell, one) ?? { value: one, label: { id: one } }))
  const toggle = (one: string) => {
    const next = held.includes(one) ? held.filter((each) => each !== one) : [...held, one]
    // In the order of the list: the same set is the same answer.
    const order = rows.map((choice) => choice.value)
    filling.put(cell, next.sort((a, b) => order.indexOf(a) - order.indexOf(b)))
  }
  return (
    <div role="group" aria-labelledby={`${id}-label`} aria-describedby={asked.described}>
      {rows.map((choice, at) => (
        <label class={`pick${held.includes(choice.value) ? ' on' : ''}`}>
          <input type="checkbox" id={at ? `${id}-${at}` : id} checked={held.includes(choice.value)} disabled={filling.form.readonly(cell)} aria-invalid={asked.wrong || undefined}
            onChange={() => toggle(choice.value)} onBlur={() => filling.visited(cell)} />
          <span>{label(choice.label)}</span>
        </label>
      ))}
    </div>
  )
}

/** The phone's own list: for `minimal`. */
export function PickQuestion(asked: Asked & { choices: Choice[] }) {
  const { cell, filling, choices } = asked
  const value = filling.form.value(cell)
  const { readOnly, ...rest } = common(asked)
  const gone = typeof value === 'string' && value && !choices.some((choice) => choice.value === value)
  return (
    <select {...rest} class="input" disabled={readOnly} value={typeof value === 'string' ? value : ''} onChange={(event) => filling.put(cell, event.currentTarget.value || null)}>
      <option value="">{t('form.pick')}</option>
      {gone && <option value={value as string}>{label(filling.form.chosen(cell, value as string)?.label) || (value as string)}</option>}
      {choices.map((choice) => <option value={choice.value}>{label(choice.label)}</option>)}
    </select>
  )
}

function sexByNik({ cell, filling }: Asked): string | null {
  const neighbour = cell.node.field === 'sex' ? beside(cell, 'nik') : undefined
  const number = neighbour ? filling.form.text(neighbour) : ''
  return number && !nik.fault(number) ? nik.sex(number) : null
}
