// The Indonesian words of forms come with them; English is fetched by who chose it.
import { addWords, lang } from '../i18n'
import id from './words.id.json'

addWords('id', id)
let english = false

/** Resolves when the words of the language chosen are there; offline and not kept yet, Indonesian stands in for them. */
export async function formWords(): Promise<void> {
  if (english || lang() !== 'en') return
  const words = await import('./words.en.json').catch(() => null)
  if (words) addWords('en', words.default)
  english = words !== null
}
