// A phone that keeps nothing but what a form screen asks of it: for looking at forms without a server.
import type { CompiledForm, Draft, Fields, FileValue, Phone, Rules, Saved, Summary } from '../../src/types'

export interface Fake extends Phone {
  kept: Draft[]
  saved: { kind: string; record: string | null; village: string; fields: Fields; how: object }[]
  /** thrown by the next keepDraft, and so on while it is set */
  trouble: Error | null
}

export function fakePhone(forms: CompiledForm[], rules: Rules | null, workers: (Summary & { fields?: Fields })[] = []): Fake {
  const files = new Map<string, Blob>()
  const phone = {
    kept: [] as Draft[], saved: [] as Fake['saved'], trouble: null as Error | null,
    who: () => ({
      device: 'k7f3q2', officer: { id: 4, name: 'Rudi' }, enrolled: 0,
      villages: [{ code: '64.02.11.2003', name: 'Muara Kaman Ulu' }, { code: '64.02.11.2005', name: 'Sabintulung' }],
    }),
    subscribe: () => () => {},
    search: () => workers,
    likely: (fields: Fields, except?: string | null) => workers.filter((one) => one.record !== except && one.nik === fields.nik),
    open: async (record: string) => {
      const found = workers.find((one) => one.record === record)
      return found ? { record, kind: 'worker', village: found.village, version: 1, fields: found.fields ?? {}, seen: {}, conflicts: {}, derived: {}, waiting: 0 } : null
    },
    form: async (name: string) => {
      const found = forms.find((one) => name === one.name || name === `${one.name}@${one.version}`)
      if (!found) throw new RangeError(name)
      return found
    },
    rules: async () => rules,
    regions: async () => [{ code: '64.02.11.2003', name: 'Muara Kaman Ulu' }, { code: '64.02.11.2005', name: 'Sabintulung' }, { code: '64.02.01.2001', name: 'Perian' }],
    change: async () => null,
    drafts: async () => phone.kept.slice(-1),
    async keepDraft(draft: Draft) {
      if (phone.trouble) throw phone.trouble
      phone.kept.push(JSON.parse(JSON.stringify(draft)))
    },
    dropDraft: async () => {},
    async keepFile(content: Blob): Promise<FileValue> {
      const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', await content.arrayBuffer()))
      const sha256 = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
      files.set(sha256, content)
      return { sha256, size: content.size, type: content.type }
    },
    file: async (sha256: string) => files.get(sha256) ?? null,
    async save(kind: string, record: string | null, village: string, fields: Fields, how: object): Promise<Saved> {
      if (phone.trouble) throw phone.trouble
      phone.saved.push({ kind, record, village, fields, how })
      return { seq: phone.saved.length, record: record ?? `k7f3q2-${phone.saved.length}` }
    },
  }
  return phone as unknown as Fake
}
