// The pages of a form, one after the other, and the last one: everything once more before it is saved.
import { useEffect, useRef, useState } from 'preact/hooks'
import { label, t } from '../i18n'
import { Button } from '../ui/button'
import { idOf, type Filling } from './filling'
import type { Cell, Complaint, Page } from './model'
import { complaintSays, Places } from './question'
import { saidShort } from './said'

export interface Step {
  /** number of the page, the last one is the review */
  at: number
  /** the question that takes the focus; none: the page's heading */
  focus?: string
}

export function FormView({ filling, step, go, save, saving, showAll, saveWords }: {
  filling: Filling
  step: Step
  go: (step: Step) => void
  save: () => void
  saving: boolean
  /** From now on what is wrong with these may be shown. */
  showAll: (cells: Cell[]) => void
  saveWords: string
}) {
  const pages = filling.form.pages()
  const at = Math.min(step.at, pages.length)
  const page = pages[at]
  const top = useRef<HTMLHeadingElement>(null)
  const [stopped, setStopped] = useState(false)
  // Who mends one thing goes on to the check at once: in an opened record, and from where the check sent him.
  const checked = useRef(filling.before !== null)
  if (!page) checked.current = true

  useEffect(() => {
    setStopped(false)
    if (step.focus && focusOn(step.focus)) return
    scrollTo(0, 0)
    top.current?.focus({ preventScroll: true })
  }, [step])

  const wrong = () => (page ? filling.form.faults(page.cells) : filling.form.faults())
  const faults = wrong()
  const next = async () => {
    await Promise.all(Array.from(filling.hands, (keep) => keep()))
    const faults = wrong()
    if (page) showAll(page.cells)
    if (!faults.length) return page ? go({ at: at + 1 }) : save()
    setStopped(true)
    if (page) setTimeout(() => focusOn(faults[0]!.cell.path))
    else {
      showAll([filling.form.root])
      scrollTo(0, 0)
      top.current?.focus({ preventScroll: true })
    }
  }
  const straight = async () => {
    await Promise.all(Array.from(filling.hands, (keep) => keep()))
    showAll(page!.cells)
    go({ at: pages.length })
  }
  const leaving = stopped && faults.length > 0
  return (
    <form class="asking" noValidate autocomplete="off" onSubmit={(event) => (event.preventDefault(), void next())} onKeyDown={onward}>
      <Progress at={at} of={pages.length + 1} />
      <h2 ref={top} tabIndex={-1}>{page ? titleOf(page, at) : t('form.review')}</h2>
      {page && leaving && <Faults faults={faults} filling={filling} onGo={(complaint) => focusOn(complaint.cell.path)} />}
      {page ? <Places cells={page.cells} filling={filling} /> : <Review pages={pages} filling={filling} faults={faults} go={go} />}
      {page && leaving && <p class="later"><Button look="quiet" onClick={() => go({ at: at + 1 })}>{t('form.later')}</Button></p>}
      {checked.current && at < pages.length - 1 && <p class="later"><Button look="quiet" onClick={() => void straight()}>{t('form.straight')}</Button></p>}
      <div class="turn">
        {at > 0 && <Button onClick={() => go({ at: at - 1 })} icon="back">{t('form.back')}</Button>}
        <Button type="submit" look="main" busy={saving} onClick={undefined}>{page ? t(at === pages.length - 1 ? 'form.check' : 'form.next') : saveWords}</Button>
      </div>
    </form>
  )
}

/** Enter goes on to the next question, as the key of a phone's keyboard does; only from the button does it turn the page. */
function onward(event: KeyboardEvent & { currentTarget: HTMLFormElement }): void {
  const from = event.target as HTMLInputElement
  if (event.key !== 'Enter' || event.defaultPrevented || !/^(INPUT|SELECT)$/.test(from.tagName)) return
  event.preventDefault()
  const all = Array.from(event.currentTarget.querySelectorAll<HTMLInputElement>('input, select, textarea, .turn .main'))
  all.slice(all.indexOf(from) + 1).find((one) => !one.readOnly && !one.disabled && !(one.name && one.name === from.name))?.focus()
}

function Progress({ at, of }: { at: number; of: number }) {
  return (
    <div class="progress">
      <progress max={of} value={at + 1} aria-hidden="true" />
      <p>{t('form.step', { n: at + 1, of })}</p>
    </div>
  )
}

function Faults({ faults, filling, onGo }: { faults: Complaint[]; filling: Filling; onGo: (complaint: Complaint) => void }) {
  return (
    <div class="faults" role="status">
      <p>{t('form.missing', { n: faults.length })}</p>
      <ul>
        {faults.map((one) => (
          <li><a href={`#${idOf(one.cell)}`} onClick={(event) => (event.preventDefault(), onGo(one))}>{nameOf(one.cell, filling)}</a>: {complaintSays(one, filling)}</li>
        ))}
      </ul>
    </div>
  )
}

function Review({ pages, filling, faults, go }: { pages: Page[]; filling: Filling; faults: Complaint[]; go: (step: Step) => void }) {
  return (
    <div class="review">
      <p class={faults.length ? 'warn' : 'good'}>{t(faults.length ? 'form.review-bad' : filling.before ? 'form.review-edit' : 'form.review-good')}</p>
      {pages.map((page, at) => {
        const own = filling.form.faults(page.cells)
        return (
          <section class={own.length ? 'card bad' : 'card'} aria-labelledby={`review-${at}`}>
            <div class="page-head">
              <h3 id={`review-${at}`}>{titleOf(page, at)}</h3>
              <Button look="plain" aria-label={t('form.change-page', { page: titleOf(page, at) })} onClick={() => go({ at, focus: own[0]?.cell.path })}>{t('form.change')}</Button>
            </div>
            {own.length > 0 && (
              <ul class="missing">
                {own.map((one) => (
                  <li><a href={`#${idOf(one.cell)}`} onClick={(event) => (event.preventDefault(), go({ at, focus: one.cell.path }))}>{nameOf(one.cell, filling)}</a>: {complaintSays(one, filling)}</li>
                ))}
              </ul>
            )}
            <dl><Answered cells={page.cells} filling={filling} /></dl>
          </section>
        )
      })}
    </div>
  )
}

function Answered({ cells, filling }: { cells: Cell[]; filling: Filling }) {
  return (
    <>
      {cells.map((cell) => {
        const { node } = cell
        if (!filling.form.visible(cell) || node.type === 'note') return null
        if (cell.rows) return <>{cell.rows.map((row) => <><div class="row-name"><dt>{t('form.row', { what: label(node.label), n: row.row! + 1 })}</dt></div><Answered cells={row.kids!} filling={filling} /></>)}</>
        if (cell.kids) return <Answered cells={cell.kids} filling={filling} />
        const said = saidShort(cell, filling.form)
        const before = saidBefore(cell, filling)
        if (before === said || before === null) return said && <div><dt>{nameOf(cell, filling)}</dt><dd>{said}</dd></div>
        return <div class="differs"><dt>{nameOf(cell, filling)}</dt><dd><ins>{said || t('form.emptied')}</ins> {before ? <del>{before}</del> : <small>{t('form.was-empty')}</small>}</dd></div>
      })}
    </>
  )
}

/** What stood there in the record that was opened; null where nothing was opened, or it is no part of the record. */
function saidBefore(cell: Cell, { before }: Filling): string | null {
  if (cell.node.field === null) return null
  const was = before?.cell(cell.path)
  return before && (was ? saidShort(was, before) : '')
}

function nameOf(cell: Cell, { form }: Filling): string {
  return form.says(cell, label(cell.node.label))
}

function titleOf(page: Page, at: number): string {
  return label(page.title) || t('form.page', { n: at + 1 })
}

/** The page on which a question stands. */
export function pageOf(filling: { form: Filling['form'] }, cell: Cell): number {
  const on = (cells: Cell[]): boolean => cells.some((one) => one === cell || on(one.rows ?? one.kids ?? []))
  return filling.form.pages().findIndex((page) => on(page.cells))
}

function focusOn(path: string): boolean {
  const control = document.getElementById(`q-${path.replace(/\//g, '-')}`)
  if (!control) return false
  control.closest('.question')?.scrollIntoView({ block: 'center' })
  control.focus({ preventScroll: true })
  return true
}
