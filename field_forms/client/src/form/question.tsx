// One place of a form on the screen: its label, what helps, its control, what is wrong with it; groups and repeats around them.
import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { label, lang, t } from '../i18n'
import { Button } from '../ui/button'
import { Icon } from '../ui/icon'
import type { Answer, Label } from '../types'
import { Sheet } from '../ui/sheet'
import { prefill } from './capture'
import { DateQuestion, MonthQuestion } from './date'
import { idOf, type Asked, type Filling } from './filling'
import { isEmpty, type Cell, type Complaint } from './model'
import { PlaceQuestion } from './place'
import { PriceNote } from './price'
import { saidShort } from './said'
import { SearchQuestion } from './search'
import { CheckboxQuestion, PickQuestion, RadioQuestion } from './select'
import { NikQuestion, NumberQuestion, PhoneQuestion, RupiahQuestion, TextQuestion } from './typing'

/** Up to so many choices are rows, more are searched. */
const ROWS = 7
let Media: ComponentType<Asked> | undefined

/** Cameras and canvases are fetched when a form asks for one, and stay in the shell that the phone keeps. */
function MediaQuestion(asked: Asked) {
  const [failed, fail] = useState(false)
  const [, came] = useState(false)
  useEffect(() => {
    if (!Media) void import('./media').then((it) => ((Media = it.MediaQuestion), came(true)), () => fail(true))
  }, [])
  return Media ? <Media {...asked} /> : <p class="says" role="status">{t(failed ? 'lazy.text' : 'form.working')}</p>
}

export function Places({ cells, filling }: { cells: Cell[]; filling: Filling }) {
  return <>{cells.map((cell) => filling.form.visible(cell) && <Place key={cell.path} cell={cell} filling={filling} />)}</>
}

function Place({ cell, filling }: { cell: Cell; filling: Filling }) {
  if (cell.rows) return <Repeat cell={cell} filling={filling} />
  if (cell.kids) {
    return (
      <fieldset class="asked-group">
        {cell.node.label && <legend>{label(cell.node.label)}</legend>}
        <Places cells={cell.kids} filling={filling} />
      </fieldset>
    )
  }
  return cell.node.type === 'note' ? <Note cell={cell} filling={filling} /> : <Question cell={cell} filling={filling} />
}

function Question({ cell, filling }: { cell: Cell; filling: Filling }) {
  const { node } = cell
  const id = idOf(cell)
  const complaint = filling.complains(cell) ? filling.form.fault(cell) : null
  const described = [node.hint && `${id}-hint`, complaint && `${id}-error`].filter(Boolean).join(' ') || undefined
  const { Control, many } = controlOf(cell, filling)
  const conflict = conflictSays(cell, filling)
  const said = (text: Label | undefined) => filling.form.says(cell, label(text))
  const name = <>{said(node.label)}{!filling.form.required(cell) && !filling.form.readonly(cell) && <small> ({t('form.optional')})</small>}</>
  const inside = (
    <>
      {conflict && <p class="warn">{conflict}</p>}
      {node.hint && <p class="hint" id={`${id}-hint`}>{said(node.hint)}</p>}
      {complaint && <p class="error" id={`${id}-error`}><Icon name="warn" /><span><span class="unseen">{t('form.error')} </span>{complaintSays(complaint, filling)}</span></p>}
      <Control cell={cell} filling={filling} id={id} described={described} wrong={!!complaint} />
    </>
  )
  const look = `question${complaint ? ' wrong' : ''}`
  // Several controls have one question: it is their group's name, and each control has its own. Choices are such a group themselves.
  if (many) return <div class={look} role={node.list ? undefined : 'group'} aria-labelledby={node.list ? undefined : `${id}-label`}><p class="label" id={`${id}-label`}>{name}</p>{inside}</div>
  return <div class={look}><label class="label" id={`${id}-label`} for={id}>{name}</label>{inside}</div>
}

/** What others wrote of the same field of this record, where that still differs. */
function conflictSays(cell: Cell, { conflicts, form }: Filling): string {
  const heads = cell.up && !inRow(cell) ? conflicts[cell.node.field ?? ''] : undefined
  if (!heads) return ''
  const said = heads.map(({ value }) => {
    const answer = prefill({ ...form.form, questions: [cell.node] }, { [cell.node.field!]: value })[cell.node.name]
    return answer === undefined ? t('form.was-empty') : saidShort(cell, form, answer as Answer)
  })
  return t('form.conflict', { said: said.map((one) => `"${one}"`).join(', ') })
}

function inRow(cell: Cell): boolean {
  return cell.row !== undefined || (cell.up !== null && (cell.up.node.field !== null || inRow(cell.up)))
}

function controlOf(cell: Cell, filling: Filling): { Control: ComponentType<Asked>; many?: boolean } {
  const { type, appearance = [] } = cell.node
  if (type === 'select_one') return selectOf(cell, filling)
  if (type === 'select_multiple') return { Control: Checkboxes, many: true }
  if (type === 'integer' || type === 'decimal') return { Control: appearance.includes('rupiah') ? RupiahQuestion : NumberQuestion }
  if (type === 'date') return { Control: DateQuestion, many: true }
  if (type === 'month') return { Control: MonthQuestion, many: true }
  if (type === 'image') return { Control: MediaQuestion, many: true }
  if (type === 'geopoint') return { Control: PlaceQuestion, many: true }
  if (appearance.includes('nik')) return { Control: NikQuestion }
  return { Control: appearance.includes('phone') ? PhoneQuestion : TextQuestion }
}

function selectOf(cell: Cell, filling: Filling): { Control: ComponentType<Asked>; many?: boolean } {
  const { appearance = [], list = '' } = cell.node
  if (appearance.includes('minimal')) return { Control: Pick }
  // By the whole list, not by what the filter leaves: the control must not change its kind under the officer's hand.
  const searched = appearance.includes('autocomplete') || filling.form.form.dynamic.includes(list) || (filling.form.form.choices[list]?.length ?? 0) > ROWS
  return searched ? { Control: Search } : { Control: Radios, many: true }
}

const Radios = (asked: Asked) => <RadioQuestion {...asked} choices={asked.filling.form.choices(asked.cell)} />
const Checkboxes = (asked: Asked) => <CheckboxQuestion {...asked} choices={asked.filling.form.choices(asked.cell)} />
const Pick = (asked: Asked) => <PickQuestion {...asked} choices={asked.filling.form.choices(asked.cell)} />
const Search = (asked: Asked) => <SearchQuestion {...asked} choices={asked.filling.form.choices(asked.cell)} />

export function complaintSays({ cell, fault, says }: Complaint, { form }: Filling): string {
  if (says) return form.says(cell, label(says))
  const { type } = cell.node
  if (fault === 'required') return t(type === 'select_one' ? 'form.choose' : 'form.required')
  if (fault === 'constraint') return t('form.constraint')
  if (type === 'select_one' || type === 'select_multiple') return t('form.bad.select')
  return t(['integer', 'decimal', 'date', 'month'].includes(type) ? `form.bad.${type}` : 'form.bad')
}

function Note({ cell, filling }: { cell: Cell; filling: Filling }) {
  const { label: says, hint, appearance = [] } = cell.node
  if (appearance.includes('consent')) return <Consent cell={cell} filling={filling} />
  const priced = appearance.includes('contribution')
  return (
    <div class={cell.node.relevant && !priced ? 'note told' : 'note'} id={idOf(cell)}>
      {says && <p class={priced ? 'label' : ''}>{filling.form.says(cell, label(says))}</p>}
      {hint && <p class="hint">{filling.form.says(cell, label(hint))}</p>}
      {priced && <PriceNote filling={filling} />}
    </div>
  )
}

/** Read aloud to the worker, in the language that he understands, whatever the officer's is. */
function Consent({ cell, filling }: { cell: Cell; filling: Filling }) {
  const [chosen, choose] = useState<string>(lang())
  const { label: says = {}, hint } = cell.node
  const languages = filling.form.form.languages.filter((one) => says[one])
  return (
    <section class="consent" id={idOf(cell)}>
      {languages.length > 1 && (
        <div class="sides" role="group" aria-label={t('form.consent-lang')}>
          {languages.map((one) => (
            <button type="button" lang={one} aria-pressed={one === chosen} onClick={() => choose(one)}>{t(`form.lang.${one}`)}</button>
          ))}
        </div>
      )}
      <div lang={chosen} class="aloud">{filling.form.says(cell, says[chosen] || label(says)).split('\n').map((part) => part.trim() && <p>{part}</p>)}</div>
      {hint && <p class="hint">{label(hint)}</p>}
    </section>
  )
}

function Repeat({ cell, filling }: { cell: Cell; filling: Filling }) {
  const [doubted, doubt] = useState<Cell | null>(null)
  const { form } = filling
  const what = label(cell.node.label)
  const rows = cell.rows!
  const full = cell.node.most !== undefined && rows.length >= cell.node.most
  const add = () => {
    const row = form.addRow(cell)
    filling.changed()
    if (row) setTimeout(() => document.querySelector<HTMLElement>(`[data-row="${row.path}"] input, [data-row="${row.path}"] select, [data-row="${row.path}"] textarea`)?.focus())
  }
  const remove = (row: Cell) => {
    form.removeRow(cell, row)
    doubt(null)
    filling.changed()
    setTimeout(() => document.getElementById(`${idOf(cell)}-add`)?.focus())
  }
  const ask = (row: Cell) => (holdsAnything(row) ? doubt(row) : remove(row))
  return (
    <section class="repeat" aria-label={what}>
      {cell.node.hint && <p class="hint">{label(cell.node.hint)}</p>}
      {!rows.length && <p class="hint">{t('form.none-yet')}</p>}
      {rows.map((row) => (
        <fieldset class="card" key={keyOf(row)} data-row={row.path}>
          <legend>{t('form.row', { what, n: row.row! + 1 })}</legend>
          <Places cells={row.kids!} filling={filling} />
          <button type="button" class="button quiet" aria-label={t('form.remove-row', { what, n: row.row! + 1 })} onClick={() => ask(row)}>{t('form.remove')}</button>
        </fieldset>
      ))}
      {full ? <p class="hint">{t('form.most', { n: cell.node.most! })}</p> : <Button id={`${idOf(cell)}-add`} icon="plus" wide onClick={add}>{t('form.add', { what: what.toLowerCase() })}</Button>}
      {doubted && (
        <Sheet title={t('form.remove-sure', { what, n: doubted.row! + 1 })} onClose={() => doubt(null)} acts={
          <>
            <Button look="danger" onClick={() => remove(doubted)}>{t('form.remove')}</Button>
            <Button onClick={() => doubt(null)}>{t('form.keep-row')}</Button>
          </>
        }>
          <p>{t('form.remove-says')}</p>
        </Sheet>
      )}
    </section>
  )
}

/** Whether a person answered something in it. */
function holdsAnything(cell: Cell): boolean {
  const inside = cell.rows ?? cell.kids
  return inside ? inside.some(holdsAnything) : cell.node.type !== 'calculate' && !isEmpty(cell.value)
}

// A row keeps its controls, and what is being typed in them, when one before it goes and the numbers change.
const keys = new WeakMap<Cell, number>()
let next = 0
function keyOf(row: Cell): number {
  if (!keys.has(row)) keys.set(row, next++)
  return keys.get(row)!
}
