// Finds a choice as people name it: any word of it, however it is written, in the order in which they would expect it.
import type { Choice } from '../types'

interface Held { choice: Choice; label: string; words: string }
const held = new WeakMap<Choice[], Held[]>()

/** Those in which every word that was typed begins a word, or else is part of one; the label counts before the further words. */
export function find(choices: Choice[], typed: string): Choice[] {
  const sought = plain(typed).split(' ').filter(Boolean)
  if (!sought.length) return choices
  return spoken(choices)
    .map((one, order) => ({ one, order, worth: Math.min(...sought.map((word) => worth(one, word))) }))
    .filter(({ worth: points }) => points > 0)
    .sort((a, b) => b.worth - a.worth || a.order - b.order)
    .map(({ one }) => one.choice)
}

/** Where nothing fits: what fits as far as a slip of the finger, and what stands for all that is not in the list. */
export function near(choices: Choice[], typed: string): Choice[] {
  const other = choices.filter((one) => one.value === 'other')
  const said = plain(typed)
  for (let length = said.length - 1; length >= 3; length--) {
    const found = find(choices, said.slice(0, length)).filter((one) => one.value !== 'other')
    if (found.length) return found.slice(0, 5).concat(other)
  }
  return other
}

function worth({ label, words }: Held, word: string): number {
  if (label.startsWith(` ${word}`)) return 4
  if (label.includes(` ${word}`)) return 3
  if (words.includes(` ${word}`)) return 2
  return (label + words).includes(word) ? 1 : 0
}

function spoken(choices: Choice[]): Held[] {
  let found = held.get(choices)
  if (!found) {
    found = choices.map((choice) => ({ choice, label: ` ${plain(Object.values(choice.label).join(' '))}`, words: ` ${plain(said(choice, 'words'))} ${plain(said(choice, 'heading') || said(choice, 'group'))}` }))
    held.set(choices, found)
  }
  return found
}

function said(choice: Choice, column: string): string {
  const value = choice[column] ?? ''
  return typeof value === 'object' ? Object.values(value).join(' ') : String(value)
}

/** Small letters without accents, signs as spaces. */
export function plain(text: string): string {
  return text.normalize('NFD').replace(/[\u0300-\u036f'’]/g, '').toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ').trim()
}
