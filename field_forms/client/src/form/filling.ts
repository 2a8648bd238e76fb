// What the parts of the form screen share while a form is being filled in.
import type { Answer, FileValue, Head, Rules, Summary } from '../types'
import type { Cell, FormInstance } from './model'

export interface Filling {
  form: FormInstance
  /** the record as it was when it was opened; null where a new one is made */
  before: FormInstance | null
  /** of the record that was opened: what several people wrote of one field */
  conflicts: { [field: string]: Head[] }
  /** Takes an answer: kept with the draft, and drawn. */
  put(cell: Cell, value: Answer): void
  /** Draws again, and keeps the draft: a row was added or taken away. */
  changed(): void
  /** From now on what is wrong with it may be shown. */
  visited(cell: Cell): void
  complains(cell: Cell): boolean
  keepFile(content: Blob): Promise<FileValue>
  file(sha256: string): Promise<Blob | null>
  /** What is still in somebody's hand, a signature half drawn: each keeps its own when it is called. Asked before a page is judged. */
  hands: Set<() => Promise<void>>
  /** Who has this NIK on the phone already. */
  sameNik(nik: string): Summary | undefined
  /** Leaves the form, which stays a draft, for the page of that worker; not there while practising. */
  open?: (record: string) => void
  village(code: string): string
  rules: Rules | null
  today(): string
}

export interface Asked {
  cell: Cell
  filling: Filling
  /** id of the control, or the stem of its controls' ids */
  id: string
  /** ids of what describes it: hint and complaint */
  described: string | undefined
  wrong: boolean
}

export function idOf(cell: Cell): string {
  return `q-${cell.path.replace(/\//g, '-')}`
}

/** The neighbour in the same group or row whose answer goes to that field. */
export function beside(cell: Cell, field: string): Cell | undefined {
  return cell.up?.kids?.find((one) => one !== cell && one.node.field === field)
}
