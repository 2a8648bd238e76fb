// What the list and the search know of all records, in memory while the phone is unlocked; on the disk in 32 sealed chunks, of which
// a save writes one. A record's chunk follows from its id, so that two tabs never disagree about where it stands.

import type { Page } from './disk'
import type { Fields, Opened, Summary, Tick } from './types'

export const CHUNKS = 32

/** lacks: the server says it is incomplete. */
export interface Known extends Summary { lacks: boolean }
type Line = [string, string, string, string, string, string, string, string, string, Tick, number, 0 | 1]

export function chunkOf(record: string): number {
  let hash = 0
  for (let n = 0; n < record.length; n++) hash = Math.imul(hash ^ record.charCodeAt(n), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b)
  return (hash ^ (hash >>> 13)) & (CHUNKS - 1)
}

export function summaryOf(opened: Pick<Opened, 'record' | 'kind' | 'village' | 'fields' | 'derived'>, tick: Tick, at: number): Known {
  const { record, kind, village, fields, derived } = opened
  const text = (field: string): string => (typeof fields[field] === 'string' ? (fields[field] as string) : '')
  return {
    record, kind, village, name: kind === 'worker' ? text('full_name') : titleOf(opened), nik: text('nik'), born: text('birth_date'),
    occupation: text('occupation'), worker: text('worker'), state: typeof derived?.state === 'string' ? derived.state : '', tick, at,
    lacks: Array.isArray(derived?.incomplete) && derived.incomplete.length > 0,
  }
}

/** What a list shows of a record that is no person: its months, its event, its day and purpose. */
function titleOf({ record, kind, fields }: { record: string; kind: string; fields: Fields }): string {
  if (kind === 'eligible') return record.split(':')[2] ?? ''
  const parts = ['months', 'program', 'event', 'event_date', 'date', 'purpose'].map((field) => fields[field] ?? '')
  return parts.map((part) => (Array.isArray(part) ? part.join(', ') : String(part))).filter(Boolean).join(' ')
}

/** Write these summaries, and take out those records that are no longer here. */
export async function keep(page: Page, summaries: Known[], gone: string[] = []): Promise<void> {
  const by = new Map<number, Map<string, Known | null>>()
  const note = (record: string, known: Known | null): void => {
    const chunk = chunkOf(record)
    by.set(chunk, (by.get(chunk) ?? new Map()).set(record, known))
  }
  gone.forEach((record) => note(record, null))
  summaries.forEach((known) => note(known.record, known))
  for (const [chunk, changed] of by) {
    const row = await page.get('summary', chunk)
    const lines = row ? (JSON.parse(await page.text('summary', row)) as Line[]).filter(([record]) => !changed.has(record)) : []
    for (const known of changed.values()) if (known) lines.push(lineOf(known))
    page.put('summary', { chunk, rev: page.stamp, box: JSON.stringify(lines) })
  }
}

function lineOf(k: Known): Line {
  return [k.record, k.kind, k.village, k.name, k.nik, k.born, k.occupation, k.worker, k.state, k.tick, k.at, k.lacks ? 1 : 0]
}

export function linesIn(text: string): Known[] {
  return (JSON.parse(text) as Line[]).map(([record, kind, village, name, nik, born, occupation, worker, state, tick, at, lacks]) => ({
    record, kind, village, name, nik, born, occupation, worker, state, tick, at, lacks: lacks === 1,
  }))
}

interface Found { known: Known; rank: number }
type Order = (a: Found, b: Found) => number
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
const byName: Order = (a, b) => a.rank - b.rank || compare(a.known.name, b.known.name) || compare(a.known.record, b.known.record)
const byNews: Order = (a, b) => b.known.at - a.known.at || compare(a.known.record, b.known.record)

/** The first few of many, without putting all of them in order: half a village is found by one letter. */
class Best {
  readonly list: Found[] = []

  constructor(private readonly most: number, private readonly order: Order) {}

  /** What comes now must be better than this to be of interest. */
  get worst(): number {
    return this.list.length === this.most ? this.list[this.list.length - 1]!.rank : Infinity
  }

  offer(found: Found): void {
    const { list, order } = this
    if (list.length === this.most && order(found, list[list.length - 1]!) >= 0) return
    let [from, to] = [0, list.length]
    while (from < to) {
      const middle = (from + to) >> 1
      if (order(found, list[middle]!) < 0) to = middle
      else from = middle + 1
    }
    list.splice(from, 0, found)
    if (list.length > this.most) list.pop()
  }
}

interface Entry { known: Known; name: string; words: string[]; letters?: Letters }
/** The letters of a name in a row, and of its words in order of the alphabet; which there are at all, in the whole and in each word. */
interface Letters { row: string; sorted: string; has: number; words: { word: string; has: number }[] }

export class Index {
  private readonly chunks = new Map<number, Map<string, Entry>>()
  private villages: { [code: string]: string } = {}
  private joined = new Map<string, string>()

  /** Names of villages, by which one may search too. */
  call(villages: { [code: string]: string }): void {
    this.villages = Object.fromEntries(Object.entries(villages).map(([code, name]) => [code, plain(name)]))
  }

  load(chunk: number, lines: Known[]): void {
    this.chunks.set(chunk, new Map(lines.map((known) => [known.record, entryOf(known)])))
  }

  clear(): void {
    this.chunks.clear()
  }

  /** Ids that were joined to others: what was written of the one is found under the other. */
  join(joined: Map<string, string>): void {
    this.joined = joined
  }

  get(record: string): Known | undefined {
    const id = this.idOf(record)
    return this.chunks.get(chunkOf(id))?.get(id)?.known
  }

  /** The id under which a record is known by now. */
  idOf(record: string): string {
    for (let steps = 0; steps < 100 && !this.chunks.get(chunkOf(record))?.has(record); steps++) {
      const into = this.joined.get(record)
      if (into === undefined) break
      record = into
    }
    return record
  }

  get size(): number {
    let size = 0
    this.chunks.forEach((entries) => (size += entries.size))
    return size
  }

  filter(wanted: (known: Known) => boolean): Known[] {
    const found: Known[] = []
    for (const entries of this.chunks.values()) for (const { known } of entries.values()) if (wanted(known)) found.push(known)
    return found
  }

  /** Every word must be found: at the beginning of a word of the name best, inside it, in the NIK, or in the village's name. */
  search(text: string, { kind, village, most = 50 }: { kind?: string; village?: string; most?: number } = {}): Summary[] {
    const wanted = plain(text).split(' ').filter(Boolean)
    const digits = text.replace(/[\s.\-]/g, '')
    const nik = /^\d{3,}$/.test(digits) ? digits : ''
    const villages = new Map<string, boolean[]>()
    for (const [code, name] of Object.entries(this.villages)) villages.set(code, wanted.map((word) => name.includes(word)))
    const found = new Best(most, wanted.length ? byName : byNews)
    for (const entries of this.chunks.values()) {
      for (const entry of entries.values()) {
        const { known } = entry
        if ((kind && known.kind !== kind) || (village && known.village !== village)) continue
        const rank = nik && known.nik.includes(nik) ? (known.nik.startsWith(nik) ? 0 : 1) : rankOf(entry, wanted, villages.get(known.village))
        if (rank !== null) found.offer({ known, rank })
      }
    }
    return found.list.map(({ known }) => known)
  }

  /** Same NIK, or like name and birth date; the same NIK first. */
  likely(fields: Fields, except?: string | null): Summary[] {
    const nik = typeof fields.nik === 'string' ? fields.nik.replace(/\D/g, '') : ''
    const born = typeof fields.birth_date === 'string' ? fields.birth_date : ''
    const words = plain(typeof fields.full_name === 'string' ? fields.full_name : '').split(' ').filter(Boolean)
    const letters = lettersOf(words)
    const found = new Best(5, byName)
    for (const entries of this.chunks.values()) {
      for (const entry of entries.values()) {
        if (entry.known.kind !== 'worker' || entry.known.record === except) continue
        const same = nik.length === 16 && entry.known.nik === nik
        const rank = same ? 0 : likeness(letters, born, entry, found.worst)
        if (rank !== null) found.offer({ known: entry.known, rank })
      }
    }
    return found.list.map(({ known }) => known)
  }
}

function entryOf(known: Known): Entry {
  const name = plain(known.name)
  return { known, name, words: name.split(' ').filter(Boolean) }
}

/** Lower case, no accents, nothing but letters and digits between single spaces. */
export function plain(text: string): string {
  return text.normalize('NFD').replace(/[\u0300-\u036f'’`]/g, '').toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ').trim()
}

function rankOf(entry: Entry, wanted: string[], village: boolean[] | undefined): number | null {
  let rank = 0
  for (let n = 0; n < wanted.length; n++) {
    const word = wanted[n]!
    const at = entry.name.indexOf(word)
    if (at === 0) continue
    else if (at > 0 && (entry.name[at - 1] === ' ' || entry.words.some((one) => one.startsWith(word)))) rank += 1
    else if (at > 0) rank += 3
    else if (village?.[n]) rank += 5
    else return null
  }
  return rank
}

/** The smaller the liker; null: another person, or none that is liker than `worst`. A name of one word is too common to be like another with a letter changed. */
function likeness(asked: Letters, born: string, entry: Entry, worst: number): number | null {
  if (!asked.words.length || !entry.words.length) return null
  const days = dayLikeness(born, entry.known.born)
  if (days === null) return null
  const single = asked.words.length === 1 || entry.words.length === 1
  const most = Math.min(single ? -days : 3 - days, worst - 2 - days)
  const names = most < 0 ? null : nameLikeness(asked, (entry.letters ??= lettersOf(entry.words)), most)
  return names === null ? null : 1 + names + days
}

/** 0 the same day, 1 day and month swapped, 2 one digit other; null: different, or not known of either. */
function dayLikeness(a: string, b: string): number | null {
  if (a.length !== 10 || b.length !== 10) return null
  if (a === b) return 0
  if (a.slice(0, 4) === b.slice(0, 4) && a.slice(5, 7) === b.slice(8, 10) && a.slice(8, 10) === b.slice(5, 7)) return 1
  let other = 0
  for (let n = 0; n < 10; n++) if (a[n] !== b[n]) other++
  return other === 1 ? 2 : null
}

/** 0 the same words in any order or with blanks elsewhere; 1 or 2 letters other; null: another name, or more than `most`. */
function nameLikeness(a: Letters, b: Letters, most: number): number | null {
  if (a.sorted === b.sorted || a.row === b.row) return 0
  if (most < 1) return null
  if (alike(a, b, 1)) return 1
  // `Nur Hayati binti Ahmad` and `Nur Hayati`: all words of the shorter one, and at least two of them.
  const [short, long] = a.words.length < b.words.length ? [a.words, b.words] : [b.words, a.words]
  if (short.length >= 2 && short.every((one) => long.some((each) => isWord(one, each)))) return 1
  return most > 1 && Math.min(a.row.length, b.row.length) >= 10 && alike(a, b, 2) ? 2 : null
}

function alike(a: Letters, b: Letters, most: number): boolean {
  if (tooMany(a.has ^ b.has, most) || Math.abs(a.row.length - b.row.length) > most) return false
  return distance(a.row, b.row, most) <= most || distance(a.sorted, b.sorted, most) <= most
}

function isWord(one: Letters['words'][number], other: Letters['words'][number]): boolean {
  if (one.word === other.word) return true
  return one.word.length > 4 && !tooMany(one.has ^ other.has, 1) && distance(one.word, other.word, 1) <= 1
}

/** Each letter changed takes one away and brings one in: more than twice as many that only one of both has can't be. */
function tooMany(differing: number, most: number): boolean {
  for (let n = 0; differing; differing &= differing - 1) if (++n > 2 * most) return true
  return false
}

function lettersOf(words: string[]): Letters {
  const row = words.join('')
  return { row, sorted: [...words].sort().join(''), has: lettersIn(row), words: words.map((word) => ({ word, has: lettersIn(word) })) }
}

function lettersIn(text: string): number {
  let has = 0
  for (let n = 0; n < text.length; n++) has |= 1 << (text.charCodeAt(n) & 31)
  return has
}

/** Letters to change, add or take away, a swap of two neighbours counting as one; more than `most` is told as `most + 1`. */
export function distance(a: string, b: string, most: number): number {
  let [from, endA, endB] = [0, a.length, b.length]
  if (Math.abs(endA - endB) > most) return most + 1
  while (endA && endB && a[endA - 1] === b[endB - 1]) (endA--, endB--)
  while (from < endA && from < endB && a[from] === b[from]) from++
  if (endA === from || endB === from) return Math.min(endA + endB - 2 * from, most + 1)
  return between(a.slice(from, endA), b.slice(from, endB), most)
}

/** Three rows of the table, used again: five thousand names are held against one. */
const rows: [number[], number[], number[]] = [[], [], []]

/** Only what lies within `most` of the diagonal can be within `most` at the end. */
function between(a: string, b: string, most: number): number {
  let [before, above, row] = rows
  for (let j = 0; j <= b.length; j++) above[j] = j
  for (let i = 1; i <= a.length; i++) {
    const [from, to] = [Math.max(1, i - most), Math.min(b.length, i + most)]
    row[from - 1] = from === 1 ? i : most + 1
    let least = row[from - 1]!
    for (let j = from; j <= to; j++) {
      const up = j === i + most ? most + 1 : above[j]!
      let cost = Math.min(up + 1, row[j - 1]! + 1, above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, before[j - 2]! + 1)
      row[j] = cost
      if (cost < least) least = cost
    }
    if (least > most) return most + 1
    ;[before, above, row] = [above, row, before]
  }
  return Math.min(above[b.length]!, most + 1)
}
