import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import en from '../src/i18n/en.json'
import id from '../src/i18n/id.json'
import more from '../src/i18n/more.id.json'
import unlock from '../src/screens/unlock.id.json'
import { addWords, label, setLang, t } from '../src/i18n'
import { ago, day, masked, month, rupiah, size } from '../src/ui/words'

const SRC = new URL('../src', import.meta.url).pathname
const sources = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((one) => (one.isDirectory() ? sources(join(folder, one.name)) : /\.tsx?$/.test(one.name) ? [join(folder, one.name)] : []))
const dictionaries = (language: string): { [key: string]: string } =>
  Object.assign({}, ...allJson(SRC).filter((file) => new RegExp(`(^|[/.])${language}\\.json$`).test(file)).map((file) => JSON.parse(readFileSync(file, 'utf8')) as object)) as { [key: string]: string }
const allJson = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((one) => (one.isDirectory() ? allJson(join(folder, one.name)) : one.name.endsWith('.json') ? [join(folder, one.name)] : []))

beforeAll(() => {
  vi.stubGlobal('document', { documentElement: {} })
  vi.stubGlobal('localStorage', { setItem: () => {}, getItem: () => null })
})

describe('what the app says', () => {
  test('every sentence is there in both languages, and none twice', () => {
    expect(Object.keys({ ...id, ...more, ...unlock }).sort()).toEqual(Object.keys(en).sort())
    expect(Object.keys(id).filter((key) => key in more || key in unlock)).toEqual([])
  })

  test('the other parts have both languages too', () => {
    expect(Object.keys(dictionaries('id')).sort()).toEqual(Object.keys(dictionaries('en')).sort())
  })

  test('every sentence that a screen asks for exists', () => {
    const known = Object.keys(dictionaries('id'))
    const missing: string[] = []
    for (const file of sources(SRC)) {
      for (const [, inside] of readFileSync(file, 'utf8').matchAll(/\bt\(((?:[^()`]|`[^`]*`|\([^()]*\))*)\)/g)) {
        // A sentence may be one of several: t(running ? 'sync.busy' : 'sync.now'); and its end may be a value: t(`tick.${tick}`).
        for (const [, , key] of inside!.split(/,\s*\{/)[0]!.matchAll(/(['`])([a-z][^'`]*)\1/g)) {
          const pattern = new RegExp(`^${key!.replace(/\$\{[^}]*\}/g, '\0').replace(/[.*+?^$()|[\]\\{}]/g, '\\$&').replace(/\0/g, '.+')}$`)
          if (/[.]/.test(key!) && !known.some((one) => pattern.test(one))) missing.push(`${key} in ${file.slice(SRC.length + 1)}`)
        }
      }
    }
    expect(missing).toEqual([])
  })

  test('no part of the app says a word that is loaded with another part', () => {
    const text = new Map(sources(SRC).map((file) => [file, readFileSync(file, 'utf8')]))
    const resolved = (from: string, name: string) => [`${join(from, '..', name)}.tsx`, `${join(from, '..', name)}.ts`].find((file) => text.has(file))
    const found = (file: string, pattern: RegExp) => [...text.get(file)!.matchAll(pattern)].flatMap(([, name]) => resolved(file, name!) ?? [])
    const reached = (file: string, seen = new Set<string>()): Set<string> => {
      if (!seen.has(file)) seen.add(file), found(file, /^import (?!type)[^;]*?'(\.[^']*)'/gm).forEach((one) => reached(one, seen))
      return seen
    }
    const roots = [join(SRC, 'main.tsx'), ...[...text.keys()].flatMap((file) => found(file, /import\('(\.[^']*)'\)/g))]
    const saying = (file: string) => Object.keys(more).filter((key) => text.get(file)!.includes(`'${key}'`))
    const mute = [...new Set(roots)].flatMap((root) => {
      const files = [...reached(root)]
      return files.includes(join(SRC, 'screens/later.ts')) ? [] : files.flatMap((file) => saying(file).map((key) => `${key} in ${file.slice(SRC.length + 1)}`))
    })
    expect([...new Set(mute)]).toEqual([])
  })

  test('both languages fill in the same values', () => {
    const values = (sentence: string) => [...new Set([...sentence.matchAll(/\{(\w+)/g)].map(([, name]) => name))].sort()
    const all: { [key: string]: string } = { ...id, ...more, ...unlock }
    for (const [key, sentence] of Object.entries(en)) {
      // English may count where Indonesian has no plural.
      for (const name of values(all[key]!)) expect(values(sentence), key).toContain(name)
    }
  })

  test('no error leaves the officer without a next step', () => {
    for (const [key, sentence] of Object.entries(id)) {
      if (/^(error|portal|full|refused)\.?(?!.*title)/.test(key) && key !== 'error.bug') expect(sentence.split(/[.:;]/).filter(Boolean).length, key).toBeGreaterThan(1)
    }
  })

  test('one form, two forms', async () => {
    addWords('en', { 'x.forms': '{n} {n:form|forms}' })
    addWords('id', { 'x.forms': '{n} formulir' })
    await setLang('en')
    expect([t('x.forms', { n: 1 }), t('x.forms', { n: 3 })]).toEqual(['1 form', '3 forms'])
    await setLang('id')
    expect(t('x.forms', { n: 3 })).toBe('3 formulir')
  })

  test('what one language lacks is said in Indonesian, what none has as its key', async () => {
    addWords('id', { 'x.only': 'hanya di sini' })
    await setLang('en')
    expect([t('x.only'), t('x.nothing')]).toEqual(['hanya di sini', 'x.nothing'])
    expect(label({ id: 'Nama' })).toBe('Nama')
    await setLang('id')
  })

  test('times, sums and numbers are said as in a village', () => {
    const now = Date.UTC(2026, 10, 26, 6)
    expect([ago(now - 5_000, now), ago(now - 180_000, now), ago(now - 7_200_000, now), ago(now - 172_800_000, now)]).toEqual(['baru saja', '3 menit yang lalu', '2 jam yang lalu', '2 hari yang lalu'])
    expect(ago(now + 9_000_000, now)).toBe('baru saja') // a clock that was set back
    expect([day('1990-12-07'), month('2026-11'), day('besok')]).toEqual(['7 Desember 1990', 'November 2026', 'besok'])
    expect([rupiah(16800), size(300), size(14_200), size(1_240_000)]).toEqual(['Rp16.800', '1\u00a0kB', '14\u00a0kB', '1,2\u00a0MB'])
  })

  test('a NIK in a list does not tell the birth date', () => {
    expect(masked('6402061207909001')).toBe('640206******9001')
    expect(masked('12345')).not.toContain('3')
    expect(masked('')).toBe('')
  })
})
