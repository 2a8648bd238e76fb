import id from './i18n/id.json'
import type { Label } from './types'

export type Lang = 'id' | 'en'
export type Words = { [key: string]: string }

// Indonesian comes with the app; another language is fetched when somebody chooses it, and kept like the rest of the shell.
const words: { [language: string]: Words } = { id: { ...id } }
const heard = new Set<() => void>()
let chosen: Lang = 'id'

export function lang(): Lang {
  return chosen
}

/** Resolves when the words are there. Offline and not kept yet: rejects, and the language stays as it was. */
export async function setLang(wanted: Lang): Promise<void> {
  if (wanted === 'en' && !words.en?.['app.name']) addWords('en', (await import('./i18n/en.json')).default)
  chosen = wanted
  document.documentElement.lang = wanted
  try {
    localStorage.setItem('lang', wanted) // needed before the phone is unlocked, and no secret
  } catch { /* storage forbidden: Indonesian again next time */ }
  heard.forEach((tell) => tell())
}

/** The language of last time, at the start of the app. */
export async function restoreLang(): Promise<void> {
  try {
    if (localStorage.getItem('lang') === 'en') await setLang('en')
  } catch { /* stays Indonesian */ }
}

/** Called after the language changed. Returns how to stop. */
export function onLang(tell: () => void): () => void {
  heard.add(tell)
  return () => heard.delete(tell)
}

/** Words of a part that is loaded later; the part calls this when it is loaded, once for each language. */
export function addWords(language: Lang, more: Words): void {
  words[language] = { ...words[language], ...more }
}

/**
 * A sentence of the app. `{name}` is replaced by the parameter; `{n:form|forms}` is the first word when `n` is 1 and the second
 * otherwise. What one language lacks is said in Indonesian; what no language has is shown as its key.
 */
export function t(key: string, params?: { [name: string]: string | number }): string {
  const sentence = words[chosen]?.[key] ?? words.id![key] ?? key
  if (!params) return sentence
  return sentence.replace(/\{(\w+)(?::([^|}]*)\|([^}]*))?\}/g, (whole, name: string, one?: string, many?: string) => {
    const value = params[name]
    if (value === undefined) return whole
    return one === undefined ? String(value) : value === 1 ? one : many!
  })
}

export function known(key: string): boolean {
  return (words[chosen]?.[key] ?? words.id![key]) !== undefined
}

/** A form's own words in the language chosen; else Indonesian; else whatever there is. */
export function label(of: Label | undefined): string {
  if (!of) return ''
  return of[chosen] || of.id || Object.values(of).find(Boolean) || ''
}
