import type { ComponentChild } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { formFor } from '../forms'
import { known, label, t } from '../i18n'
import type { CompiledForm, FileValue, Json, Label, Node, Phone } from '../types'
import { shown as phoneShown } from '../words/phone'
import { day, masked, moment, month, num, rupiah, size } from './words'

/** How the fields and values of one kind are said to the officer. */
export interface Described {
  field(name: string): string
  /** secrets: also what is else hidden from who looks over a shoulder */
  value(name: string, value: Json | undefined, secrets?: boolean): ComponentChild
}

const MONEY = new Set(['monthly_income', 'amount'])
const PLACES = new Set(['village', 'work_village'])
export const SECRET = new Set(['nik', 'kk_number', 'mother_name'])

/** The words come from the newest forms of the kind; what no form names is said by the app's own words, and else as it is. */
export async function describe(phone: Phone, kind: string): Promise<Described> {
  const [forms, regions] = await Promise.all([phone.forms().catch(() => []), phone.regions().catch(() => [])])
  const names = [formFor(forms, kind, 'create'), formFor(forms, kind, 'edit')].flatMap((form) => (form ? [`${form.name}@${form.version}`] : []))
  const compiled = await Promise.all(names.map((name) => phone.form(name).catch(() => null)))
  const asked = new Map<string, { label?: Label; choices: Map<string, Label> }>()
  compiled.forEach((form) => form && walk(form, form.questions, asked))
  const places = new Map(regions.map((one) => [one.code, one.name]))

  const choice = (name: string, value: string | number | boolean): string =>
    label(asked.get(name)?.choices.get(String(value))) || (known(`value.${name}.${value}`) ? t(`value.${name}.${value}`) : plain(value))
  const field = (name: string): string =>
    known(`field.${name}`) ? t(`field.${name}`) : label(asked.get(name)?.label) || name.replace(/^.*\./, '').replace(/_/g, ' ')
  const part = (name: string, value: Json, secrets?: boolean): ComponentChild => {
    if (value === null || value === '') return t('value.none')
    if (Array.isArray(value)) return list(value.map((one) => part(name, one, secrets)))
    if (typeof value === 'object') return isFile(value) ? <Picture phone={phone} file={value} name={field(name)} /> : thing(value, secrets)
    if (SECRET.has(name) && !secrets) return name === 'mother_name' ? '*****' : masked(String(value))
    if (name === 'phone') return phoneShown(String(value))
    if (MONEY.has(name) && typeof value === 'number') return rupiah(value)
    if (PLACES.has(name)) return places.get(String(value)) ?? String(value)
    if (name === 'worker') return phone.summary(String(value))?.name ?? String(value)
    return choice(name, value)
  }
  const thing = (value: { [name: string]: Json }, secrets?: boolean): ComponentChild => {
    if (typeof value.lat === 'number') return `${num(value.lat)}, ${num(value.lon as number)} (± ${Math.round((value.accuracy as number) ?? 0)} m)`
    const { name, relation, ...rest } = value
    const head = name === undefined ? [] : [<strong>{String(name)}</strong>, relation ? ` (${choice('relation', String(relation))})` : '']
    const more = Object.entries(rest).filter(([, it]) => it !== null && it !== '')
    return <>{head}{more.map(([key, it], n) => <>{head.length || n ? <br /> : ''}{field(key)}: {part(key, it, secrets)}</>)}</>
  }
  return { field, value: (name, value, secrets) => (value === undefined ? t('value.none') : part(name, value, secrets)) }
}

function walk(form: CompiledForm, nodes: Node[], asked: Map<string, { label?: Label; choices: Map<string, Label> }>, inside = ''): void {
  for (const node of nodes) {
    if (node.nodes) walk(form, node.nodes, asked, node.field ?? inside)
    const choices = node.list ? form.choices[node.list] : undefined
    if (!node.field || node.type === 'group' || node.type === 'repeat') continue
    const before = asked.get(node.field)
    asked.set(node.field, { label: before?.label ?? node.label, choices: new Map([...(choices ?? []).map((one) => [one.value, one.label] as const), ...(before?.choices ?? [])]) })
  }
}

function isFile(value: object): value is FileValue & { [name: string]: Json } {
  return 'sha256' in value
}

/** In one line where that can be read; one below the other where they are long or have commas themselves. */
function list(items: ComponentChild[]): ComponentChild {
  return items.some((one) => typeof one !== 'string' || one.includes(',')) ? <ul class="parts">{items.map((one) => <li>{one}</li>)}</ul> : items.map((one, n) => <>{n ? ', ' : ''}{one}</>)
}

function plain(value: string | number | boolean): string {
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no')
  if (typeof value === 'number') return num(value)
  if (/^\d{4}-\d\d-\d\d$/.test(value)) return day(value)
  if (/^\d{4}-\d\d$/.test(value)) return month(value)
  return /^\d{4}-\d\d-\d\dT/.test(value) ? moment(value) : value
}

/** A photo or signature that is on this phone; else that there is one. */
function Picture({ phone, file, name }: { phone: Phone; file: FileValue; name: string }) {
  const [url, setUrl] = useState<string | null>(null)
  useEffect(() => {
    let made: string | undefined
    let wanted = true
    void phone.file(file.sha256).then((blob) => {
      if (!blob || !wanted) return
      setUrl((made = URL.createObjectURL(blob)))
    }, () => {})
    return () => {
      wanted = false
      if (made) URL.revokeObjectURL(made)
    }
  }, [file.sha256])
  return url ? <img class="photo" src={url} alt={name} /> : <>{t('photo.elsewhere', { size: size(file.size) })}</>
}

/** `describe`, as a screen uses it: undefined for a moment. */
export function useDescribed(phone: Phone, kind: string | undefined): Described | undefined {
  const [said, setSaid] = useState<Described | undefined>(undefined)
  useEffect(() => {
    let wanted = true
    if (kind) void describe(phone, kind).then((it) => wanted && setSaid(it))
    return () => {
      wanted = false
    }
  }, [phone, kind])
  return said
}
