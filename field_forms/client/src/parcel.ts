// The file in which a whole phone goes to another: a line that says what it is, then sealed pieces. Whoever lacks the code of sixteen letters
// reads nothing of it, and a piece that was altered, left out, put elsewhere or cut off at the end makes the whole file no file.
//
//     {"sambung":"move","format":1,"salt":"…","rounds":100000}\n
//     for each piece: its length when sealed (4 bytes, big-endian), then AES-256-GCM; the nonce is the piece's number,
//     and the line and "this is the last" are authenticated with it. The key is drawn from the code and this file's salt.

import { fromBase64url, toBase64url } from './base64'

const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ' // Crockford's: none looks like another
export const CODE_LETTERS = 16
/** The code's 80 random bits are enough by themselves; this makes each guess dear all the same. */
const ROUNDS = 100_000
const MOST_ROUNDS = 10_000_000
const MOST_LINE = 1000
const TAG = 16

/** What was wrong with a file: no such file at all, or (which can't be told apart) the wrong code, altered or cut. */
export class BadParcel extends Error {
  constructor(readonly why: 'foreign' | 'code') {
    super(why)
  }
}

/** Eighty random bits as four times four letters: `7K4Q 9WXB M2TD 0HZV`. */
export function newCode(): string {
  const random = crypto.getRandomValues(new Uint8Array(CODE_LETTERS)) // 256 is 8 times 32: no letter is likelier
  return inFours(Array.from(random, (byte) => LETTERS[byte & 31]!).join(''))
}

/** The code's letters as they were meant: O is 0, I and L are 1, small letters, spaces and dashes do not matter. */
export function readCode(typed: string): string {
  return typed.toUpperCase().replace(/O/g, '0').replace(/[IL]/g, '1').replace(/[^0-9A-HJKMNP-TV-Z]/g, '')
}

export function inFours(code: string): string {
  return code.replace(/(.{4})(?=.)/g, '$1 ')
}

/** Seals pieces, of which there is at least one; each may be the last only when `pieces` ends with it. */
export async function pack(code: string, pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Blob> {
  const line = JSON.stringify({ sambung: 'move', format: 1, salt: toBase64url(crypto.getRandomValues(new Uint8Array(16))), rounds: ROUNDS })
  const seal = await cipher(code, line)
  const parts: Uint8Array[] = [encoder.encode(line + '\n')]
  let waiting: Uint8Array | null = null
  let number = 0
  for await (const piece of pieces) {
    if (waiting) parts.push(...framed(await seal.close(waiting, number++, false)))
    waiting = piece
  }
  if (!waiting) throw new RangeError('nothing to pack')
  parts.push(...framed(await seal.close(waiting, number, true)))
  return new Blob(parts as BlobPart[], { type: 'application/octet-stream' })
}

/** All pieces, after every one of them was checked. Rejects with BadParcel. */
export async function unpack(code: string, file: Blob): Promise<Uint8Array[]> {
  const { line, at } = await firstLine(file)
  const seal = await cipher(code, line)
  const pieces: Uint8Array[] = []
  let place = at
  for (let number = 0; ; number++) {
    const size = await sizeAt(file, place)
    const from = place + 4
    place = from + size
    const sealed = await read(file, from, place)
    if (sealed.length !== size || size < TAG) throw new BadParcel('code')
    pieces.push(await seal.open(sealed, number, place === file.size))
    if (place === file.size) return pieces
  }
}

async function firstLine(file: Blob): Promise<{ line: string; at: number }> {
  const begin = await read(file, 0, MOST_LINE)
  const end = begin.indexOf(10)
  if (end < 0) throw new BadParcel('foreign')
  const line = decoder.decode(begin.subarray(0, end))
  const said = headOf(line)
  if (!said) throw new BadParcel('foreign')
  return { line, at: end + 1 }
}

function headOf(line: string): { salt: Uint8Array; rounds: number } | null {
  try {
    const said = JSON.parse(line)
    const rounds = said.rounds
    if (said.sambung !== 'move' || said.format !== 1 || !Number.isInteger(rounds) || rounds < 1 || rounds > MOST_ROUNDS) return null
    return { salt: fromBase64url(said.salt), rounds }
  } catch {
    return null
  }
}

async function cipher(code: string, line: string) {
  const { salt, rounds } = headOf(line)!
  const secret = await crypto.subtle.importKey('raw', encoder.encode(readCode(code)), 'PBKDF2', false, ['deriveKey'])
  const how = { name: 'PBKDF2', hash: 'SHA-256', salt: salt as BufferSource, iterations: rounds }
  const key = await crypto.subtle.deriveKey(how, secret, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
  const place = (number: number, last: boolean): AesGcmParams => {
    const iv = new Uint8Array(12)
    new DataView(iv.buffer).setUint32(8, number)
    return { name: 'AES-GCM', iv, additionalData: encoder.encode(`${line}\n${last ? 'last' : 'more'}`) }
  }
  return {
    close: async (plain: Uint8Array, number: number, last: boolean) =>
      new Uint8Array(await crypto.subtle.encrypt(place(number, last), key, plain as BufferSource)),
    open: async (sealed: Uint8Array, number: number, last: boolean) => {
      try {
        return new Uint8Array(await crypto.subtle.decrypt(place(number, last), key, sealed as BufferSource))
      } catch {
        throw new BadParcel('code')
      }
    },
  }
}

function framed(sealed: Uint8Array): Uint8Array[] {
  const size = new Uint8Array(4)
  new DataView(size.buffer).setUint32(0, sealed.length)
  return [size, sealed]
}

async function sizeAt(file: Blob, place: number): Promise<number> {
  const bytes = await read(file, place, place + 4)
  if (bytes.length < 4) throw new BadParcel('code')
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
}

async function read(file: Blob, from: number, to: number): Promise<Uint8Array> {
  return new Uint8Array(await file.slice(from, to).arrayBuffer())
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()
