// A long list is searched, not scrolled: an ARIA combobox whose list opens below it.
import { useEffect, useRef, useState } from 'preact/hooks'
import { label, t } from '../i18n'
import type { Choice, Label } from '../types'
import { type Asked } from './filling'
import { find, near } from './find'
import { common } from './typing'

const SHOWN = 100

export function SearchQuestion(asked: Asked & { choices: Choice[] }) {
  const { cell, filling, id, choices } = asked
  const value = filling.form.value(cell)
  const chosen = typeof value === 'string' && value ? filling.form.chosen(cell, value) : undefined
  const name = chosen ? label(chosen.label) : String(value ?? '')
  const [open, setOpen] = useState(false)
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState(-1)
  const box = useRef<HTMLDivElement>(null)
  const found = open ? find(choices, typed) : []
  const none = open && typed.trim() !== '' && !found.length
  const shown = (none ? near(choices, typed) : found).slice(0, SHOWN)
  const rest = common(asked)

  const choose = (choice: Choice) => {
    filling.put(cell, choice.value)
    close()
  }
  const close = () => {
    setOpen(false)
    setTyped('')
    setAt(-1)
  }
  const start = () => {
    if (filling.form.readonly(cell) || open) return
    setOpen(true)
    setAt(-1)
  }
  useEffect(() => {
    // To the top, so that the list has the room which the keyboard leaves.
    if (open) box.current!.closest('.question')?.scrollIntoView({ block: 'start' })
  }, [open])
  useEffect(() => {
    if (at >= 0) document.getElementById(`${id}-o${at}`)?.scrollIntoView({ block: 'nearest' })
  }, [at])

  const keys = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step) {
      event.preventDefault()
      if (!open) start()
      else setAt(Math.max(0, Math.min(shown.length - 1, at + step)))
    } else if (event.key === 'Enter' && open) {
      event.preventDefault()
      const choice = shown[at] ?? (!none && shown.length === 1 ? shown[0] : undefined)
      if (choice) choose(choice)
    } else if (event.key === 'Escape' && open) {
      event.preventDefault()
      close()
    }
  }
  const leave = (event: FocusEvent) => {
    if (box.current?.contains(event.relatedTarget as Node | null)) return
    close()
    rest.onBlur()
  }

  return (
    <div class="find" ref={box} onFocusOut={leave}>
      <input {...rest} onBlur={undefined} class="input" type="text" role="combobox" aria-expanded={open} aria-controls={`${id}-list`} aria-autocomplete="list"
        aria-activedescendant={open && at >= 0 ? `${id}-o${at}` : undefined} autocapitalize="none" spellcheck={false} enterkeyhint="search"
        value={open ? typed : name}
        onFocus={start} onClick={start} onKeyDown={keys}
        onInput={(event) => {
          setOpen(true)
          setTyped(event.currentTarget.value)
          setAt(-1)
        }} />
      {open && name && <p class="now">{t('form.search-now', { name })}</p>}
      {open && <p class="unseen" role="status">{t('form.search-found', { n: found.length })}</p>}
      {open && (
        // The press must not take the focus from the field: on a phone the keyboard would go, and the list would jump under the finger.
        <ul id={`${id}-list`} class="list" role="listbox" aria-label={label(cell.node.label)} onMouseDown={(event) => event.preventDefault()}>
          {none && shown.length > 0 && <li role="presentation" class="none">{t('form.search-other', { text: typed })}</li>}
          {shown.map((choice, n) => (
            <>
              {!typed && groupOf(choice) !== groupOf(shown[n - 1]) && <li role="presentation" class="heading">{groupOf(choice)}</li>}
              <li role="option" id={`${id}-o${n}`} aria-selected={choice.value === value} class={n === at ? 'at' : ''} onClick={() => choose(choice)}>
                <span>{label(choice.label)}</span>
                {typed && groupOf(choice) && <small>{groupOf(choice)}</small>}
                {typeof choice.more === 'string' && <small>{choice.more}</small>}
              </li>
            </>
          ))}
          {!shown.length && <li role="presentation" class="none">{typed ? t('form.search-none', { text: typed }) : t('form.search-none-empty')}</li>}
          {found.length > SHOWN && <li role="presentation" class="none">{t('form.search-more', { n: found.length - SHOWN })}</li>}
        </ul>
      )}
      {!open && value && !filling.form.required(cell) && !filling.form.readonly(cell) && (
        <button type="button" class="button quiet" onClick={() => filling.put(cell, null)}>{t('form.clear')}</button>
      )}
    </div>
  )
}

function groupOf(choice: Choice | undefined): string {
  const group = (choice?.heading ?? choice?.group) as string | Label | undefined
  return typeof group === 'object' ? label(group) : group ?? ''
}
