// What the phone keeps: one IndexedDB database. Its upgrades only add. Whatever tells of a person is in the sealed columns;
// the plain ones are what has to be looked up without unsealing everything: ids, counts, states, sizes.

import { openDB, type DBSchema, type IDBPDatabase } from 'idb'
import type { CompiledForm, Status } from './types'

/** Sealed bytes on the disk; text while it is about to be written (`disk.ts` seals it). */
export type Secret = Uint8Array | string

/** The outbox. status: '' until the server answered for it; 'given_up': the server can never take it. */
export interface ChangeRow {
  device: string
  seq: number
  /** 0 for the first id of this phone, one more at each enrolment under another */
  life: number
  record: string
  kind: string
  village: string
  /** milliseconds by the phone's clock, when it was written */
  at: number
  /** bytes of the body */
  size: number
  creates: 0 | 1
  status: '' | Status | 'given_up'
  /** 1 once the copy holds it, or never will */
  worked: 0 | 1
  /** milliseconds by the server's clock; 0: not yet */
  acknowledged_at: number
  corrected_by: number | null
  /** by which seq it went when this phone was the device before */
  was_seq?: number
  /** the change as it is sent, for ever the same text */
  body: Secret
  /** what stood in its fields before, as the officer saw it */
  was: Secret
  result: Secret | null
}

/** A record as told. epoch: '' while the server has not told it since it was set back; '-': told anew, it did not name it. */
export interface RecordRow { record: string; kind: string; village: string; version: number; epoch: string; box: Secret }
export interface GoneRow { record: string; why: 'moved' | 'linked' | 'erased'; into: string }
export interface FormRow { key: string; name: string; version: number; etag: string; newest: 0 | 1; form: CompiledForm }
/** form: `worker@3`, so that this version stays here. life: as of a change; in it the ids and seqs that the draft names are to be read. */
export interface DraftRow { id: string; form: string; saved: number; practice: 0 | 1; life?: number; box: Secret }
/** `box` seals the bytes; `more` is for what the sending of files has to remember. */
export interface FileRow { sha256: string; size: number; type: string; state: 'new' | 'sent'; box: Secret; more?: { [name: string]: unknown } }

export interface Stores extends DBSchema {
  meta: { key: string; value: unknown }
  sealed: { key: string; value: { key: string; box: Secret } }
  changes: {
    key: [string, number]
    value: ChangeRow
    indexes: {
      record: string; worked: number; corrected: string; acknowledged: number
      answered: [string, string]; to_acknowledge: [string, number]
    }
  }
  records: { key: string; value: RecordRow; indexes: { village: string; epoch: string } }
  gone: { key: string; value: GoneRow; indexes: { into: string } }
  /** records that this phone made, by which change: they need new ids when it becomes another device */
  created: { key: string; value: { record: string; device: string; seq: number }; indexes: { device: string } }
  renamed: { key: string; value: { old: string; new: string } }
  formers: { key: string; value: { device: string; up_to: number } }
  notices: { key: number; value: { id: number; box: Secret } }
  drafts: { key: string; value: DraftRow }
  forms: { key: string; value: FormRow }
  files: { key: string; value: FileRow; indexes: { state: string; waiting: [string, number] } }
  history: { key: string; value: { record: string; box: Secret } }
  summary: { key: number; value: { chunk: number; rev: number; box: Secret } }
}

export type Db = IDBPDatabase<Stores>
export type Store =
  | 'sealed' | 'changes' | 'records' | 'gone' | 'created' | 'renamed' | 'formers' | 'notices' | 'drafts' | 'forms' | 'files' | 'history' | 'summary'
export type Row<S extends Store> = Stores[S]['value']
export type Key<S extends Store> = Stores[S]['key']

/** By what a row of each store is known. */
export const KEY: { [S in Store]: (row: Row<S>) => Key<S> } = {
  sealed: (row) => row.key,
  changes: (row) => [row.device, row.seq],
  records: (row) => row.record,
  gone: (row) => row.record,
  created: (row) => row.record,
  renamed: (row) => row.old,
  formers: (row) => row.device,
  notices: (row) => row.id,
  drafts: (row) => row.id,
  forms: (row) => row.key,
  files: (row) => row.sha256,
  history: (row) => row.record,
  summary: (row) => row.chunk,
}

const PATHS: { [S in Store]: string | string[] } = {
  sealed: 'key', changes: ['device', 'seq'], records: 'record', gone: 'record', created: 'record', renamed: 'old', formers: 'device',
  notices: 'id', drafts: 'id', forms: 'key', files: 'sha256', history: 'record', summary: 'chunk',
}
const INDEXES: { [S in Store]?: { [name: string]: string | string[] } } = {
  changes: {
    record: 'record', worked: 'worked', corrected: 'status', acknowledged: 'acknowledged_at',
    answered: ['device', 'status'], to_acknowledge: ['device', 'acknowledged_at'],
  },
  records: { village: 'village', epoch: 'epoch' },
  gone: { into: 'into' },
  created: { device: 'device' },
  files: { state: 'state', waiting: ['state', 'size'] },
}

export const STORES = Object.keys(PATHS) as Store[]
export const DATABASE = 'sambung'

/** Opens it, and makes room for a newer version of the app in another tab when that asks for it. */
export async function openDb(name: string = DATABASE): Promise<Db> {
  return openDB<Stores>(name, 1, {
    upgrade(db) {
      db.createObjectStore('meta')
      for (const store of STORES) {
        const made = db.createObjectStore(store, { keyPath: PATHS[store] as string })
        for (const [index, path] of Object.entries(INDEXES[store] ?? {})) made.createIndex(index as never, path as string)
      }
    },
    blocking(_, __, event) {
      ;(event.target as IDBDatabase).close()
    },
  })
}
