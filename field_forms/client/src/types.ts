// The words that the app's parts share. The protocol's own words are those of its page; all else is explained here.

// ---- what travels -------------------------------------------------------------------------------------------------

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json }
export type Fields = { [field: string]: Json }
/** For each other device the highest seq that a copy is made of. */
export type Seen = { [device: string]: number }
export type Status = 'merged' | 'conflict' | 'received' | 'quarantined'

export interface Change {
  seq: number
  kind: string
  record: string
  village: string
  at: string
  form: string
  fields: Fields
  seen?: Seen
}

export interface Result {
  seq: number
  status: Status
  version?: number
  /** of a conflict: those that wait for a person */
  fields?: string[]
  /** of a quarantined one: sentences by field, in the language that was asked for */
  errors?: { [field: string]: string[] }
}

export interface Head { value: Json; by: string; at: string }

export interface Told {
  kind: string
  record: string
  village: string
  version: number
  seen: Seen
  fields: Fields
  conflicts?: { [field: string]: Head[] }
  derived?: Derived
}

export interface Derived {
  state?: string
  covered?: string[]
  incomplete?: string[]
  warnings?: { field: string; text: string }[]
  [more: string]: unknown
}

export interface Gone { record: string; gone: 'moved' | 'linked' | 'erased'; into?: string }
/** why: `returned` is what an operator wrote himself, to have the record looked at again. */
export interface Notice { id: number; record?: string; text: string; at: string; why?: string }
export interface Village { code: string; name: string }
export interface Officer { id: number; name: string }
export interface FileValue { sha256: string; size: number; type: string }

// ---- what is kept on the phone ------------------------------------------------------------------------------------

/** A record as the officer sees it: the server's copy with his own newer changes on top. */
export interface Opened {
  record: string
  kind: string
  village: string
  /** 0: only here so far */
  version: number
  fields: Fields
  /** what a change made from here has seen, without this device itself */
  seen: Seen
  conflicts: { [field: string]: Head[] }
  derived: Derived
  /** own changes in it that the copy does not hold yet */
  waiting: number
  /** how often this phone had become another device by then; kept with it in a draft */
  life?: number
}

export interface Saved { seq: number; record: string }

/** How far a record's own changes have come: the ticks. here: on this phone alone; received: the server has all of them; merged: they are part of the record. */
export type Tick = 'here' | 'received' | 'merged' | 'conflict' | 'correct'

/** One own change with what became of it, or a change of somebody else that was noticed when the record was told anew. */
export interface Happened {
  at: string
  /** own: seq; others: undefined */
  seq?: number
  by: 'me' | 'others' | 'desk'
  form?: string
  tick?: Tick
  fields: { [field: string]: { before?: Json; after: Json } }
  errors?: { [field: string]: string[] }
}

/** What the list and the search know of a record without opening it; kept sealed in chunks, in memory while unlocked. */
export interface Summary {
  record: string
  kind: string
  village: string
  /** of a worker: name, NIK, occupation, birth date. of others: what the list shows */
  name: string
  nik: string
  born: string
  occupation: string
  /** of a contribution or claim: the worker's record id */
  worker: string
  /** worker: membership state as derived; others: '' */
  state: string
  tick: Tick
  /** milliseconds, when it was last changed or told */
  at: number
}

/** What there is to do about a worker's contribution or card. */
export type Owed = 'lapsed' | 'in_arrears' | 'due_soon' | 'card' | 'reactivated'

export interface Task {
  id: string
  why: 'correct' | 'conflict' | 'incomplete' | 'notice' | 'returned' | Owed
  record: string
  kind: string
  name: string
  /** the fields to look at, the first is where the form opens */
  fields: string[]
  /** sentences for the officer, already in his language */
  says: string[]
  /** of `correct`: the quarantined change */
  seq?: number
  /** what an operator wrote about it */
  note?: string
  at: string
}

export interface Draft {
  id: string
  /** `worker@3`: the version it was begun with, for ever */
  form: string
  kind: string
  /** null: makes a new record */
  record: string | null
  village: string
  /** the record as it was when the form was opened; null for a new one */
  opened: Opened | null
  answers: Answers
  /** the quarantined change that this one corrects */
  corrects?: number
  practice?: boolean
  begun: number
  saved: number
  /** files taken for it, by question path */
  files: { [path: string]: FileValue }
}

// ---- forms: what `GET /api/v1/forms/<name>@<version>` answers (field_forms/README.md tells what each part means) -----

export type Label = { [language: string]: string }

/** An expression as the compiler writes it; `field_forms/README.md` has the grammar. */
export type Expr = [string, ...(Expr | string | number | null | string[])[]]

export interface CompiledForm {
  name: string
  version: number
  kind: string
  does: 'create' | 'edit'
  title: Label
  languages: string[]
  questions: Node[]
  /** of a kind with fixed ids: gives the id of the record that is created */
  record?: Expr
  choices: { [list: string]: Choice[] }
  /** lists that the phone itself fills: villages, regions, workers */
  dynamic: string[]
}

export interface Choice { value: string; label: Label; [column: string]: string | Label }

export interface Node {
  type:
    | 'group' | 'repeat'
    | 'text' | 'integer' | 'decimal' | 'date' | 'time' | 'datetime' | 'month'
    | 'select_one' | 'select_multiple' | 'image' | 'geopoint' | 'note' | 'calculate'
  name: string
  label?: Label
  hint?: Label
  /** where the answer goes: a field, `extra.<name>`, a part of the object around it, or null: nowhere */
  field: string | null
  relevant?: Expr
  required?: Expr | true
  required_says?: Label
  constraint?: Expr
  constraint_says?: Label
  calculate?: Expr
  /** the calculation becomes the answer once, when an answer of these questions changes */
  trigger?: string[]
  /** what the field holds, where the type does not say it */
  as?: 'text' | 'number' | 'boolean' | 'list'
  /** for each `${name}` in its texts what stands there */
  values?: { [name: string]: Expr }
  /** a value, or an expression reckoned once when the draft is begun */
  default?: Expr
  readonly?: true
  list?: string
  filter?: Expr
  /** of an image: its longer side on the way, in pixels */
  max_pixels?: number
  appearance?: string[]
  /** of a repeat: as many as this at most, and at the beginning */
  most?: number
  nodes?: Node[]
}

/** What was answered: by question name, groups nested, repeats as lists. Exactly what was typed, also of questions that are not relevant now. */
export type Answer = string | number | string[] | FileValue | GeoPoint | null
export interface GeoPoint { lat: number; lon: number; accuracy: number }
export type Answers = { [question: string]: Answer | Answers | Answers[] }

// ---- rules, as `GET /api/v1/rules?for=phone` tells them ------------------------------------------------------------------------

export interface Versioned<T> { id: string; valid_from: string | null; valid_to: string | null; value: T }
export interface Tier { from: number; base: number; confidence: string }
export interface Rules {
  rules: { id: string; title: string; verified: boolean; valid_from: string | null; valid_to: string | null }[]
  price: {
    tiers: Versioned<Tier[]>[]
    rates: { [program: string]: Versioned<{ percent?: number; rupiah?: number }>[] }
    discounts: { [sector: string]: Versioned<{ percent: number; programs: string[] }>[] }
    payers: { [payer: string]: Versioned<{ public: boolean }>[] }
  }
  /** of those occupations that are not `other` */
  sectors: { [occupation: string]: 'transport' | 'other' }
}

// ---- the unlocked phone: all that a screen may ask and do (`openPhone` in `phone.ts` makes it) ------------------------

export interface Who {
  device: string
  officer: Officer
  villages: Village[]
  enrolled: number
}

export interface Counts {
  /** workers registered here today, by the phone's own day */
  today: number
  /** own changes that the server has not acknowledged, and files not sent */
  waiting: number
  waiting_files: number
  waiting_file_bytes: number
  /** when the oldest waiting change was written, milliseconds */
  oldest: number | null
  to_correct: number
  conflicts: number
  drafts: number
  /** workers that this phone knows */
  records: number
}

export type SyncPhase =
  | 'idle' | 'sending' | 'receiving' | 'files' | 'waiting' | 'offline' | 'portal' | 'needs-code' | 'revoked' | 'refused' | 'full' | 'moved'

export interface SyncState {
  phase: SyncPhase
  /** of this run: changes acknowledged of those that waited at its beginning, records told, bytes both ways */
  sent: number
  to_send: number
  received: number
  bytes_up: number
  bytes_down: number
  /** end of the last sync that came to its end, milliseconds */
  last: number | null
  /** when it will be tried again by itself */
  next: number | null
  /** a sentence of the server's, where it refused */
  says: string | null
}

export interface Cost { changes: number; bytes: number; files: number; file_bytes: number }

export interface StorageHealth {
  /** what `navigator.storage.persist()` answered; null where it can't be asked */
  persisted: boolean | null
  used: number | null
  free: number | null
}

export class PhoneFull extends Error {}

export interface Phone {
  who(): Who
  /** Called whenever anything that a screen shows may have changed, in this tab or another. Returns how to stop. */
  subscribe(heard: () => void): () => void

  /** Substring and word-prefix search over names, NIKs and village names; in memory, best first. */
  search(text: string, where?: { kind?: string; village?: string; most?: number }): Summary[]
  summary(record: string): Summary | undefined
  /** Same NIK, or like name and birth date; never a reason to refuse. `except`: the record that is being edited. */
  likely(fields: Fields, except?: string | null): Summary[]
  open(record: string): Promise<Opened | null>
  history(record: string): Promise<Happened[]>
  /** Ids of contributions, claims … of a worker. */
  about(worker: string): Summary[]
  tasks(): Promise<Task[]>
  /** How many workers there are in each list of contributions and cards, the most pressing list first; empty lists are left out. */
  owed(): Promise<[Owed, number][]>
  counts(): Promise<Counts>

  /** One change, durable when this resolves, and its draft gone in the same transaction; null when nothing differs. Rejects with PhoneFull; nothing is lost then. */
  save(kind: string, record: string | null, village: string, fields: Fields, how: { form: string; opened?: Opened | null; draft?: string; id?: string }): Promise<Saved | null>
  /** Answer a quarantined change by a new one that repeats what should still hold. */
  correct(seq: number, fields: Fields, how: { form: string; draft?: string }): Promise<Saved | null>
  change(seq: number): Promise<{ change: Change; result: Result | null } | null>

  drafts(): Promise<Draft[]>
  keepDraft(draft: Draft): Promise<void>
  dropDraft(id: string): Promise<void>

  /** Shrunk before, sealed here, durable when it resolves. */
  keepFile(content: Blob): Promise<FileValue>
  file(sha256: string): Promise<Blob | null>

  /** `worker@3`, or the newest of a name. Rejects when it is not on the phone. */
  form(name: string): Promise<CompiledForm>
  forms(): Promise<{ name: string; version: number; kind: string; does: 'create' | 'edit'; title: Label }[]>
  rules(): Promise<Rules | null>
  /** All villages of the device's province, once they were fetched; the device's own at once. */
  regions(): Promise<Village[]>

  syncState(): SyncState
  syncNow(): Promise<void>
  cost(): Promise<Cost>

  /** Small things that a screen keeps, sealed: language, days until a warning, what was said last. */
  get<T extends Json>(name: string): Promise<T | null>
  put(name: string, value: Json): Promise<void>

  storage(): Promise<StorageHealth>
  lock(): void
}
