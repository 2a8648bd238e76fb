// What the screens around the form share: their words, what the forms call a value, and how a picture or a file leaves the phone.
import { addWords, label } from '../i18n'
import type { CompiledForm, Json, Label, Node, Phone, Summary, Village } from '../types'
import en from './around.en.json'
import id from './around.id.json'

addWords('id', id)
addWords('en', en)

/** How the newest form of a kind names the values of its fields; the value itself where no form is here or none names it. */
export async function namesOf(phone: Phone, form: string): Promise<(field: string, value: Json | undefined) => string> {
  const lists = await phone.form(form).then(labels, () => ({}) as Labels)
  const one = (field: string, value: Json): string => label(lists[field]?.[String(value)]) || String(value)
  return (field, value) => {
    if (value === undefined || value === null) return ''
    return Array.isArray(value) ? value.map((each) => one(field, each)).join(', ') : one(field, value)
  }
}

type Labels = { [field: string]: { [value: string]: Label } }

function labels(form: CompiledForm): Labels {
  const found: Labels = {}
  const walk = (nodes: Node[]): void => {
    for (const node of nodes) {
      const choices = node.list ? form.choices[node.list] : undefined
      if (choices && node.field) found[node.field] = Object.fromEntries(choices.map((choice) => [choice.value, choice.label]))
      if (node.nodes) walk(node.nodes)
    }
  }
  walk(form.questions)
  return found
}

/** `Muara Kaman Ulu`; the code where the name is not on the phone. */
export async function villageName(phone: Phone, code: string): Promise<string> {
  const named = (villages: Village[]) => villages.find((village) => village.code === code)?.name
  return named(phone.who().villages) ?? named(await phone.regions().catch(() => [])) ?? code
}

/** Every record of a kind that is on the phone. */
export function allOf(phone: Phone, kind: string, village?: string): Summary[] {
  return phone.search('', { kind, most: 1_000_000, ...(village ? { village } : {}) })
}

/** Works through many without standing in the way of a finger: a few at a time, and says how far it is. */
export async function eachOf<A, B>(all: A[], work: (one: A) => Promise<B>, far?: (done: number) => void): Promise<B[]> {
  const made: B[] = []
  for (let from = 0; from < all.length; from += 25) {
    made.push(...(await Promise.all(all.slice(from, from + 25).map(work))))
    far?.(made.length)
    await new Promise((resolve) => setTimeout(resolve))
  }
  return made
}

export type Left = 'shared' | 'saved' | 'stopped'

/** The file as the phone's own share sheet takes it; null where it takes none: then it can only be saved. */
export function shareable(file: File): File | null {
  if (typeof navigator.canShare !== 'function') return null
  // Chrome hands on only endings that it knows. Whoever opens the file goes by what is in it, not by its name.
  const disguised = new File([file], `${file.name}.txt`, { type: 'text/plain' })
  return [file, disguised].find((one) => navigator.canShare({ files: [one] })) ?? null
}

/** Rejects only when nothing of it worked. `stopped`: the officer closed the share sheet. */
export async function share(file: File, title: string): Promise<Left> {
  const taken = shareable(file)
  if (!taken) return save(file)
  try {
    await navigator.share({ files: [taken], title })
    return 'shared'
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return 'stopped'
    return save(file) // no app there that takes it, or the press was too long ago
  }
}

/** Into the phone's downloads. The browser does not say whether the disk took it. */
export function save(file: File): Left {
  const address = URL.createObjectURL(file)
  const link = document.createElement('a')
  link.href = address
  link.download = file.name
  document.body.append(link)
  link.click()
  link.remove()
  setTimeout(() => URL.revokeObjectURL(address), 60_000) // the download reads it when it begins, which may be later
  return 'saved'
}
