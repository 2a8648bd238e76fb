// Practising: a person out of thin air, and a phone that lets everything be typed and keeps none of it.
import type { Answers, Fields, FileValue, Phone, Village } from './types'

export interface Card {
  nik: string
  full_name: string
  birth_place: string
  birth_date: string
  sex: 'male' | 'female'
  address: string
  rt: string
  rw: string
  village: Village
  occupation: 'farmer' | 'fisher' | 'trader' | 'motorcycle_taxi'
}

const GIVEN = { male: ['Latif', 'Bonar', 'Yohanes', 'Saifan', 'Dirga', 'Meseran'], female: ['Wening', 'Rukayah', 'Yosefa', 'Dayang', 'Marlena', 'Sutinah'] }
const FAMILY = ['Karangan', 'Latihan', 'Contoh', 'Percobaan', 'Andaian', 'Umpama']
const PLACES = ['Tenggarong', 'Sangatta', 'Tanah Grogot', 'Melak', 'Ujoh Bilang']
const ROADS = ['Jl. Sungai', 'Jl. Dermaga', 'Jl. Ladang', 'Gang Ulin', 'Jl. Pasar']
const WORK: { [sex in Card['sex']]: Card['occupation'][] } = { male: ['farmer', 'fisher', 'motorcycle_taxi'], female: ['farmer', 'trader', 'motorcycle_taxi'] }

const two = (number: number) => String(number).padStart(2, '0')

/** Nobody: the family names say so, and serials from 9000 are given to no one. `random`: 0 to below 1. */
export function invent(villages: Village[], random: () => number = Math.random, year = new Date().getFullYear()): Card {
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)]!
  const between = (from: number, to: number) => from + Math.floor(random() * (to - from + 1))
  const sex = pick(['male', 'female'] as const)
  const village = pick(villages)
  const [born, month, day] = [between(year - 58, year - 22), between(1, 12), between(1, 28)]
  const region = village.code.replace(/\./g, '').slice(0, 6)
  return {
    nik: `${region}${two(sex === 'female' ? day + 40 : day)}${two(month)}${two(born % 100)}${between(9000, 9999)}`,
    full_name: `${pick(GIVEN[sex])} ${pick(FAMILY)}`,
    birth_place: pick(PLACES),
    birth_date: `${born}-${two(month)}-${two(day)}`,
    sex,
    address: `${pick(ROADS)} No. ${between(1, 60)}`,
    rt: `00${between(1, 9)}`,
    rw: `00${between(1, 3)}`,
    village,
    occupation: pick(WORK[sex]),
  }
}

export interface Difference { field: 'nik' | 'full_name' | 'birth_date' | 'sex' | 'birth_place'; typed: string; card: string }

/** What was typed otherwise than the card says it; capitals and spaces do not matter. */
export function compare(card: Card, fields: Fields): Difference[] {
  const plain = (text: string) => text.trim().replace(/\s+/g, ' ').toLowerCase()
  return (['nik', 'full_name', 'birth_date', 'sex', 'birth_place'] as const)
    .filter((field) => typeof fields[field] === 'string' && plain(fields[field] as string) !== plain(card[field]))
    .map((field) => ({ field, typed: fields[field] as string, card: card[field] }))
}

/** What was typed, by the name of the question, in whatever group it is asked; a later one of the same name is passed over. */
export function typedIn(answers: Answers): Fields {
  const found: Fields = {}
  for (const [name, answer] of Object.entries(answers)) {
    if (typeof answer === 'string') found[name] = found[name] ?? answer
    else if (answer && typeof answer === 'object' && !Array.isArray(answer)) Object.assign(found, { ...typedIn(answer as Answers), ...found })
  }
  return found
}

/** The phone as a form sees it, and nothing that is done to it stays or goes anywhere. `typed` hears the answers as they are. */
export function practisePhone(phone: Phone, typed: (answers: Answers) => void): Phone {
  const taken = new Map<string, Blob>()
  const instead: Partial<Phone> = {
    keepDraft: async ({ answers }) => typed(answers),
    dropDraft: async () => undefined,
    drafts: async () => [],
    put: async () => undefined,
    likely: () => [], // a real neighbour of the same name has no part in this
    correct: async () => null,
    save: async () => null,
    keepFile: async (content) => {
      const value: FileValue = { sha256: two(taken.size).padStart(64, '0'), size: content.size, type: content.type }
      taken.set(value.sha256, content)
      return value
    },
    file: async (sha256) => taken.get(sha256) ?? null,
  }
  return new Proxy(phone, {
    get(real, name) {
      const mine = (instead as Record<PropertyKey, unknown>)[name]
      if (mine) return mine
      const value = Reflect.get(real, name, real) as unknown
      return typeof value === 'function' ? (value as (...given: unknown[]) => unknown).bind(real) : value
    },
  })
}

