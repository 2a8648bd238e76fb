// What there is one of, sealed as one.

import type { Pace } from './pace'
import type { Officer, Village } from './types'

export interface Me {
  device: string
  token: string
  officer: Officer
  villages: Village[]
  /** names that were ever told */
  names: { [code: string]: string }
  /** milliseconds by the phone's clock */
  enrolled: number
  epoch: string
  acked: number
  last_seq: number
  last_record: number
  cursors: { [name: string]: number }
  limits: { max_changes: number; max_bytes: number }
  server_key: { id: string; public: string } | null
  pace: Pace | null
  /** how often this phone has become another device */
  life: number
  /** what it enrols with, until an answer came */
  attempt: { code: string; attempt: string; former?: string } | null
  /** our seqs from here on are another's too: become another device before anything more is sent */
  forked_from: number | null
  /** the server does not know our token (any more): a new code is needed */
  unknown: boolean
  revoked: boolean
  /** when it heard so, by the phone's clock */
  revoked_at?: number
  /** name of the phone, as the officer gave it */
  name: string
  /** when the last sync came to its end, and when the state of this phone was last told, by the phone's clock */
  synced: number | null
  status_at: number | null
  /** sha256 of the files that the server still lacks */
  wanted: string[]
}

export const NOBODY: Me = {
  device: '', token: '', officer: { id: 0, name: '' }, villages: [], names: {}, enrolled: 0, epoch: '', acked: 0, last_seq: 0, last_record: 0,
  cursors: {}, limits: { max_changes: 1000, max_bytes: 4194304 }, server_key: null, pace: null, life: 0, attempt: null, forked_from: null,
  unknown: false, revoked: false, name: '', synced: null, status_at: null, wanted: [],
}
