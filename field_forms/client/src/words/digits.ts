// How people type numbers: with dots and dashes, in other scripts' digits, with the letter O for a zero. Twin of schemas/digits.py.

const LETTERS: { [sign: string]: string } = { O: '0', o: '0', l: '1', I: '1', '|': '1' }
// Where the ten digits of a keyboard set to another language begin: Arabic, Persian, fullwidth, Javanese, Balinese.
const ZEROS = [0x660, 0x6f0, 0xff10, 0xa9d0, 0x1b50]
const DROPPED = /[\s.\-‐‑‒–—−\u200b-\u200f\u2060\ufeff]/

/** The ASCII digits that a text stands for, without spaces, dots and dashes; null when it holds anything else. */
export function readDigits(text: string): string | null {
  let found = ''
  for (const sign of text) {
    if (DROPPED.test(sign)) continue
    const one = digit(sign)
    if (one === null) return null
    found += one
  }
  return found
}

function digit(sign: string): string | null {
  if (sign >= '0' && sign <= '9') return sign
  const code = sign.codePointAt(0)!
  const zero = ZEROS.find((start) => code >= start && code < start + 10)
  return zero === undefined ? LETTERS[sign] ?? null : String(code - zero)
}

/** What can be read of it as digits, the rest left out: for a field that is being typed in. */
export function onlyDigits(text: string): string {
  return Array.from(text, (sign) => digit(sign) ?? '').join('')
}

/** `640211520790` -> `6402 1152 0790` */
export function inFours(digits: string): string {
  return digits.replace(/(.{4})(?=.)/g, '$1 ')
}
