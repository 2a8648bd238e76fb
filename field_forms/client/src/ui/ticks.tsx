import { t } from '../i18n'
import type { Tick } from '../types'

const DRAWN: { [tick in Tick]: string } = {
  here: 'm4 10 4.5 4.5L17 5',
  received: 'M2 10l4.5 4.5L15.5 5M11 14.5l.5.5L21 5',
  merged: 'M2 10l4.5 4.5L15.5 5M11 14.5l.5.5L21 5',
  conflict: 'M5 7.5h13M5 12.5h13M15 3 8 17',
  correct: 'M11.5 3v9M11.5 16v.1',
}

/** How far a record's own changes have come. The shape tells it as well as the colour; `words` writes it out too. */
export function Ticks({ tick, words }: { tick: Tick; words?: boolean }) {
  const said = t(`tick.${tick}`)
  return (
    <span class={`ticks ${tick}`} title={said}>
      <svg viewBox="0 0 23 20" aria-hidden="true" focusable="false">
        <path d={DRAWN[tick]} />
      </svg>
      <span class={words ? '' : 'unseen'}>{said}</span>
    </span>
  )
}
