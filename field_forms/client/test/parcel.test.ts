import { describe, expect, it, vi } from 'vitest'
import { BadParcel, newCode, pack, readCode, unpack } from '../src/parcel'

vi.setConfig({ testTimeout: 60_000 }) // a busy machine is no failure

const utf8 = (text: string) => new TextEncoder().encode(text)
const PIECES = [utf8('{"device":"k7f3q2"}'), new Uint8Array([0, 255, 10, 13]), utf8('foto kedua'), new Uint8Array()]
const CODE = '7K4Q 9WXB M2TD 0HZV'

async function bytesOf(blob: Blob): Promise<Uint8Array> {
  return new Uint8Array(await blob.arrayBuffer())
}

describe('a phone in a file', () => {
  it('comes out as it went in, however the officer types the code', async () => {
    const file = await pack(CODE, PIECES)
    for (const typed of [CODE, '7k4q-9wxb-m2td-ohzv', ' 7K4Q9WXBM2TDOHZV '])
      expect((await unpack(typed, file)).map((piece) => [...piece])).toEqual(PIECES.map((piece) => [...piece]))
  })

  it('opens with no other code', async () => {
    const file = await pack(CODE, PIECES)
    await expect(unpack('7K4Q 9WXB M2TD 0HZW', file)).rejects.toEqual(new BadParcel('code'))
  })

  it('altered in any one byte is refused whole', async () => {
    const whole = await bytesOf(await pack(CODE, [utf8('satu'), utf8('dua')]))
    for (let place = 0; place < whole.length; place++) {
      const altered = whole.slice()
      altered[place]! ^= 1
      await expect(unpack(CODE, new Blob([altered as BlobPart])), `byte ${place}`).rejects.toBeInstanceOf(BadParcel)
    }
  }, 60_000)

  it('cut off anywhere is refused whole, also between two pieces', async () => {
    const whole = await bytesOf(await pack(CODE, [utf8('satu'), utf8('dua'), utf8('tiga')]))
    for (let size = 0; size < whole.length; size++)
      await expect(unpack(CODE, new Blob([whole.slice(0, size) as BlobPart])), `${size} bytes`).rejects.toBeInstanceOf(BadParcel)
  }, 60_000)

  it('with something hung on, or two pieces exchanged, is refused', async () => {
    const whole = await bytesOf(await pack(CODE, [utf8('satu'), utf8('duaa'), utf8('tiga')]))
    await expect(unpack(CODE, new Blob([whole as BlobPart, new Uint8Array(30)]))).rejects.toBeInstanceOf(BadParcel)
    const start = whole.indexOf(10) + 1
    const size = 4 + 4 + 16
    const swapped = new Blob([whole.slice(0, start), whole.slice(start + size, start + 2 * size), whole.slice(start, start + size), whole.slice(start + 2 * size)] as BlobPart[])
    await expect(unpack(CODE, swapped)).rejects.toBeInstanceOf(BadParcel)
  })

  it('is told from a photo of the family', async () => {
    await expect(unpack(CODE, new Blob([new Uint8Array(5000)]))).rejects.toEqual(new BadParcel('foreign'))
  })

  it('shows nothing of what is in it', async () => {
    const text = new TextDecoder().decode(await bytesOf(await pack(CODE, PIECES)))
    expect(text).not.toContain('k7f3q2')
    expect(JSON.parse(text.split('\n')[0]!)).toEqual({ sambung: 'move', format: 1, salt: expect.any(String), rounds: 100_000 })
  })
})

describe('the code', () => {
  it('has eighty bits and only letters that look like no other', () => {
    for (let turn = 0; turn < 100; turn++) expect(newCode()).toMatch(/^([0-9A-HJKMNP-TV-Z]{4} ){3}[0-9A-HJKMNP-TV-Z]{4}$/)
    expect(new Set(Array.from({ length: 100 }, newCode)).size).toBe(100)
  })

  it('is read as it was meant', () => {
    expect(readCode('oOil-lL1 7k4q')).toBe('0011111' + '7K4Q')
  })
})
