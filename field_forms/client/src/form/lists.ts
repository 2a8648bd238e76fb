// The lists that the phone itself fills, as a form asks for them.
import { lang } from '../i18n'
import type { Choice, CompiledForm, Fields, Phone, Rules, Village } from '../types'
import { dayWords, now, today } from '../words/dates'
import { mask } from '../words/nik'
import type { Env } from './model'

export interface Lists extends Env {
  /** Reads what a filled-in form looks up of one worker, which the list of all does not hold. True when something came. */
  learn(record: string): Promise<boolean>
  village(code: string): string
}

/** Reads what the form needs before it can be shown: the province's villages only where it asks for them. */
export async function lists(phone: Phone, form: CompiledForm, rules: Rules | null = null): Promise<Lists> {
  const wanted = (list: string) => form.dynamic.includes(list)
  const villages = phone.who().villages
  const regions = wanted('regions') ? await phone.regions().catch(() => villages) : villages
  const names = new Map(regions.concat(villages).map(({ code, name }) => [code, name]))
  const known = new Map<string, Fields>()
  const held: { [list: string]: Choice[] } = { villages: villages.map(placed), regions: regions.map(placed), workers: wanted('workers') ? workers() : [] }

  function workers(): Choice[] {
    return phone.search('', { kind: 'worker', most: 1e6 }).map((one) => {
      const fields = known.get(one.record) ?? {}
      return {
        monthly_income: text(fields.monthly_income), programs: text(fields.programs), funding: text(fields.funding),
        value: one.record, label: { id: one.name }, nik: one.nik, village: one.village, occupation: one.occupation, sector: (rules && one.occupation && (rules.sectors[one.occupation] ?? 'other')) || '',
        words: one.nik, more: [mask(one.nik), one.born && dayWords(one.born, lang()), names.get(one.village)].filter(Boolean).join(' · '),
      }
    })
  }

  return {
    rows: (list) => held[list] ?? [],
    today: () => today(),
    now: () => now(),
    lang,
    village: (code) => names.get(code) ?? code,
    async learn(record) {
      if (known.has(record) || !wanted('workers')) return false
      const opened = await phone.open(record)
      if (!opened) return false
      known.set(record, opened.fields)
      held.workers = workers()
      return true
    },
  }
}

function placed({ code, name }: Village): Choice {
  return { value: code, label: { id: name }, words: code }
}

function text(value: unknown): string {
  return value === undefined || value === null ? '' : Array.isArray(value) ? value.join(' ') : String(value)
}
