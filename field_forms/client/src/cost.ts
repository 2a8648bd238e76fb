// What sending will cost, before it is sent: an officer on a prepaid card decides by it whether to wait for the office's WiFi.
import { gzip } from './gzip'
import type { Cost } from './types'

/** As many changes go in one request on a fair line (`sync.ts`); fewer on a bad one, which costs a few more headers. */
const TOGETHER = 100
/** A request's own bytes: its headers with the token, and the answer's, over a connection that is already secured. */
const REQUEST_HEADERS = 700
/** `{"sent_at": …, "epoch": …, "cursors": {…}, "status": {…}}`, packed. */
const ENVELOPE = 220
/** Setting up TLS, once. */
const HANDSHAKE = 4500
/** Of each chunk of a file: headers with checksum and offset, both ways. */
const CHUNK_HEADERS = 900
const CHUNK = 32 * 1024

/** `texts`: the changes that wait, as they were written. `files`: sizes of those not yet sent. Bytes up, as near as can be told. */
export async function costOf(texts: string[], files: number[]): Promise<Cost> {
  let bytes = texts.length || files.length ? HANDSHAKE : 0
  for (let from = 0; from < texts.length; from += TOGETHER) {
    const body = `{"changes":[${texts.slice(from, from + TOGETHER).join(',')}]}`
    bytes += (await gzip(body)).length + ENVELOPE + REQUEST_HEADERS
  }
  const fileBytes = files.reduce((sum, size) => sum + size + CHUNK_HEADERS * (1 + Math.ceil(size / CHUNK)), 0)
  return { changes: texts.length, bytes, files: files.length, file_bytes: fileBytes }
}
