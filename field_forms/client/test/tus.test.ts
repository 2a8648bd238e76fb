import { describe, expect, it, vi } from 'vitest'
import { type Ask, LineLost, Portal } from '../src/line'
import { type Content, FileRefused, MOST_CHUNK, NotWelcome, upload } from '../src/tus'

vi.setConfig({ testTimeout: 60_000 }) // a busy machine is no failure

/** Keeps what it gets as tus 1.0.0 says; `line` decides what becomes of each call. */
class Server {
  uploads = new Map<string, { got: Uint8Array; size: number }>()
  calls: string[] = []
  sent = 0
  biggest = 0
  metadata = ''
  knowsSha256 = true

  constructor(private line: (call: number, method: string) => 'ok' | 'cut before' | 'cut after' | 'damaged' | Response = () => 'ok') {}

  ask: Ask = async (path, init) => {
    const fate = this.line(this.calls.length, init.method)
    this.calls.push(init.method)
    const body = init.body as Uint8Array | undefined
    this.sent += body?.length ?? 0
    this.biggest = Math.max(this.biggest, body?.length ?? 0)
    if (fate === 'cut before') throw new TypeError('network')
    if (typeof fate === 'object') return fate
    const answer = await this.act(path, init.method, init.headers, fate === 'damaged' && body ? body.map((byte) => byte ^ 1) : body)
    if (fate === 'cut after') throw new TypeError('network')
    return answer
  }

  private async act(path: string, method: string, headers: Record<string, string>, body?: Uint8Array): Promise<Response> {
    if (method === 'POST') {
      this.metadata = headers['Upload-Metadata']!
      const url = `/api/v1/files/u${this.uploads.size + 1}`
      this.uploads.set(url, { got: new Uint8Array(), size: Number(headers['Upload-Length']) })
      return said(201, { Location: `http://behind-a-proxy:8000${url}` })
    }
    const upload = this.uploads.get(path)
    if (!upload) return said(404)
    if (method === 'HEAD') return said(200, { 'Upload-Offset': String(upload.got.length) })
    if (Number(headers['Upload-Offset']) !== upload.got.length) return said(409)
    const [algorithm, sum] = headers['Upload-Checksum']!.split(' ')
    if (algorithm === 'sha256' && !this.knowsSha256) return said(400)
    const made = await crypto.subtle.digest(algorithm === 'sha1' ? 'SHA-1' : 'SHA-256', body!.slice())
    if (sum !== Buffer.from(made).toString('base64')) return said(460)
    upload.got = new Uint8Array(Buffer.concat([upload.got, body!]))
    return said(204, { 'Upload-Offset': String(upload.got.length) })
  }

  whole(): Uint8Array {
    return [...this.uploads.values()].pop()!.got
  }
}

function said(status: number, headers: Record<string, string> = {}): Response {
  return { status, ok: status < 300, headers: new Headers({ 'Tus-Resumable': '1.0.0', ...headers }), json: async () => ({}) } as Response
}

function photo(size: number): Content {
  const bytes = new Uint8Array(size).map((_, place) => (place * 31 + (place >> 8)) & 255)
  return { bytes, sha256: 'ab'.repeat(32), type: 'image/webp' }
}

const quick = { sleep: async () => undefined }

/** Small random numbers that a seed gives again. */
function dice(seed: number): () => number {
  let state = seed
  return () => (state = (state * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff
}

describe('a photo on its way', () => {
  it('arrives whole, in chunks of 64 kB at most, and says what it is', async () => {
    const server = new Server()
    const chunk = await upload(server.ask, photo(300_000), quick)
    expect(server.whole()).toEqual(photo(300_000).bytes)
    expect(server.biggest).toBe(MOST_CHUNK)
    expect(chunk).toBe(MOST_CHUNK)
    expect(server.sent).toBe(300_000)
    expect(server.metadata).toBe(`sha256 ${btoa('ab'.repeat(32))},type ${btoa('image/webp')}`)
  })

  it('after a cut sends again the chunk that was on its way and no other', async () => {
    const server = new Server((call) => (call === 3 ? 'cut before' : 'ok'))
    await upload(server.ask, photo(200_000), { ...quick, chunk: 32_768 })
    expect(server.whole()).toEqual(photo(200_000).bytes)
    expect(server.sent).toBeLessThanOrEqual(200_000 + MOST_CHUNK)
  })

  it('whose answer was lost is not sent twice at all', async () => {
    const server = new Server((call) => (call === 2 ? 'cut after' : 'ok'))
    await upload(server.ask, photo(100_000), quick)
    expect(server.sent).toBe(100_000)
  })

  it('goes on where it was after the phone was switched off', async () => {
    const server = new Server((call) => (call >= 4 && call < 8 ? 'cut before' : 'ok'))
    let url = ''
    await expect(upload(server.ask, photo(400_000), { ...quick, began: (made) => void (url = made) })).rejects.toBeInstanceOf(LineLost)
    const before = server.whole().length
    expect(before).toBeGreaterThan(0)
    const offsets: number[] = []
    await upload(server.ask, photo(400_000), { ...quick, url, came: (offset) => offsets.push(offset) })
    expect(offsets[0]).toBe(before)
    expect(server.whole()).toEqual(photo(400_000).bytes)
    expect(server.uploads.size).toBe(1)
  })

  it('begins anew when the server has forgotten the upload', async () => {
    const server = new Server()
    await upload(server.ask, photo(50_000), { ...quick, url: '/api/v1/files/long-ago' })
    expect(server.whole()).toEqual(photo(50_000).bytes)
  })

  it('that the server drops as another than was announced begins anew once, however often the line breaks in between', async () => {
    let dropped = false
    const options = { ...quick, onDropped: () => void (dropped = true) }
    const drops = (): Response => said(422)
    const first = new Server((call) => (call === 1 ? drops() : call > 1 ? 'cut before' : 'ok'))
    await expect(upload(first.ask, photo(40_000), options)).rejects.toBeInstanceOf(LineLost)
    expect(dropped).toBe(true)
    const second = new Server((call) => (call === 1 ? drops() : 'ok'))
    await expect(upload(second.ask, photo(40_000), { ...options, dropped })).rejects.toBeInstanceOf(FileRefused)
  })

  it('is not sent again in pieces of the size that has just been cut', async () => {
    const server = new Server()
    const sizes: number[] = []
    const ask: Ask = (path, init) => {
      const size = (init.body as Uint8Array | undefined)?.length ?? 0
      if (size) sizes.push(size)
      if (size > 20_000) throw new TypeError('network')
      return server.ask(path, init)
    }
    await upload(ask, photo(100_000), { ...quick, chunk: 32_768 })
    expect(sizes.filter((size) => size > 20_000)).toHaveLength(1)
  })

  it('damaged on the way is sent again in smaller pieces', async () => {
    const server = new Server((call) => (call === 1 ? 'damaged' : 'ok'))
    await upload(server.ask, photo(40_000), quick)
    expect(server.whole()).toEqual(photo(40_000).bytes)
  })

  it('uses the one checksum that every server knows when another is not known', async () => {
    const server = new Server()
    server.knowsSha256 = false
    await upload(server.ask, photo(40_000), quick)
    expect(server.whole()).toEqual(photo(40_000).bytes)
  })

  it('arrives through any mischief of the line that lets something through', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const roll = dice(seed)
      const fates = ['ok', 'ok', 'ok', 'cut before', 'cut after', 'damaged'] as const
      const server = new Server(() => fates[Math.floor(roll() * fates.length)]!)
      const content = photo(Math.floor(roll() * 300_000))
      let url: string | null = null
      for (let day = 0; day < 200; day++) {
        const done = await upload(server.ask, content, { ...quick, url, began: (made) => void (url = made) }).then(() => true, (error) => {
          if (!(error instanceof LineLost)) throw error
          return false
        })
        if (done) break
      }
      expect(Buffer.compare(server.whole(), content.bytes), `seed ${seed}`).toBe(0)
    }
  })
})

describe('a photo that does not arrive', () => {
  it('is given up for now when nothing gets through, in pieces as small as may be', async () => {
    const server = new Server((_, method) => (method === 'PATCH' ? 'cut before' : 'ok'))
    await expect(upload(server.ask, photo(100_000), quick)).rejects.toBeInstanceOf(LineLost)
    expect(server.calls.length).toBeLessThan(20)
  })

  it('waits as long as the server asks for', async () => {
    const server = new Server(() => said(503, { 'Retry-After': '120' }))
    const error = await upload(server.ask, photo(10), quick).catch((caught) => caught)
    expect(error).toBeInstanceOf(LineLost)
    expect(error.retryAfter).toBe(120_000)
    expect(server.calls.length).toBe(1)
  })

  it('is not taken for sent by the page of a hotel', async () => {
    const server = new Server(() => new Response('<html>log in', { status: 200 }))
    await expect(upload(server.ask, photo(10), quick)).rejects.toBeInstanceOf(Portal)
  })

  it('is not sent for ever when the server refuses it, and its sentence is kept', async () => {
    const problem = new Response(JSON.stringify({ detail: 'Foto terlalu besar.' }), { status: 413, headers: { 'Tus-Resumable': '1.0.0' } })
    const server = new Server(() => problem)
    const error = await upload(server.ask, photo(10), quick).catch((caught) => caught)
    expect(error).toBeInstanceOf(FileRefused)
    expect(error.says).toBe('Foto terlalu besar.')
  })

  it('of a revoked phone is for the sync to speak of', async () => {
    await expect(upload(new Server(() => said(401)).ask, photo(10), quick)).rejects.toBeInstanceOf(NotWelcome)
  })
})
