// Resumable upload by tus 1.0.0, as much of it as a phone needs: create, ask how far it came, send on in chunks with a checksum.
// The line that this is for carries a photo in ten minutes or breaks off in the middle: a cut costs at most the chunk that was on its way.

import { type Ask, LineLost, NotReached, Portal } from './line'

export interface Content { bytes: Uint8Array; sha256: string; type: string }

export interface UploadOptions {
  /** where the upload was begun before; forgotten by the server after a while, which is no harm */
  url?: string | null
  /** bytes of a chunk to begin with, kept between files: what the line took last time */
  chunk?: number
  /** The upload has an address now: it is to be kept before the first byte goes, so that a reload goes on where it was. */
  began?: (url: string) => void | Promise<void>
  /** The server dropped it once, as not what was announced; a second time is its last word. */
  dropped?: boolean
  /** It was dropped and begins anew: to be kept, lest each run on a broken line begins anew for ever. */
  onDropped?: () => void | Promise<void>
  /** So many bytes are on the server's disk. */
  came?: (offset: number) => void
  /** bytes a second that the line is thought to carry at least; a deadline is made of it */
  slowest?: number
  sleep?: (milliseconds: number) => Promise<void>
}

/** What the server will never take: `says` is its own sentence. Trying again is no use. */
export class FileRefused extends Error {
  constructor(readonly status: number, readonly says: string) {
    super(says || `refused: ${status}`)
  }
}

/** The token is no longer taken: the sync, which can tell why, is to speak next. */
export class NotWelcome extends Error {}

export const MOST_CHUNK = 64 * 1024
export const LEAST_CHUNK = 2 * 1024
/** Tries without one byte more on the server before the line is given up for now. */
const TRIES = 4
const VERSION = { 'Tus-Resumable': '1.0.0' }

export const FILES = '/api/v1/files'

/** Sends one content to its end. Answers the size of chunk that the line takes now. Rejects with FileRefused, NotWelcome, or LineLost: it goes on from here another time. */
export async function upload(ask: Ask, content: Content, options: UploadOptions = {}): Promise<number> {
  const run = new Run(ask, content, options)
  let failures = 0
  let best = -1
  while (run.offset === null || run.offset < content.bytes.length) {
    try {
      if (run.url === null) await run.create()
      else if (run.offset === null) await run.find()
      else await run.send()
    } catch (error) {
      if (!(error instanceof Cut)) throw error
      run.cut()
      if (++failures >= TRIES || error.retryAfter !== null) throw new LineLost('cut again and again', error.retryAfter)
      await run.sleep(500 * 2 ** failures * (0.5 + Math.random()))
      continue
    }
    if (run.offset !== null && run.offset > best) {
      best = run.offset
      failures = 0
      options.came?.(best)
    } else if (run.offset !== null && ++failures > 2 * TRIES) throw new LineLost('no progress')
  }
  return run.chunk
}

/** No answer, or one that says "later": ask how far it came and go on. */
class Cut extends Error {
  constructor(readonly retryAfter: number | null = null) {
    super('cut')
  }
}

class Run {
  url: string | null
  /** null: unknown, because of a cut or a reload */
  offset: number | null = null
  chunk: number
  readonly sleep: (milliseconds: number) => Promise<void>
  private restarted: boolean
  /** what the line broke on is not tried again at once in this run */
  private most = MOST_CHUNK
  private algorithm: 'sha256' | 'sha1' = 'sha256'
  private readonly slowest: number

  constructor(private readonly ask: Ask, private readonly content: Content, private readonly options: UploadOptions) {
    this.url = options.url ?? null
    this.restarted = options.dropped ?? false
    this.chunk = clamp(options.chunk ?? 16 * 1024)
    this.slowest = options.slowest ?? 700
    this.sleep = options.sleep ?? ((milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)))
  }

  async create(): Promise<void> {
    const metadata = `sha256 ${base64(utf8(this.content.sha256))},type ${base64(utf8(this.content.type))}`
    const answer = await this.call(FILES, 'POST', { 'Upload-Length': String(this.content.bytes.length), 'Upload-Metadata': metadata })
    if (answer.status === 409) { // known whole already, of another phone or of a lost answer
      this.offset = this.content.bytes.length
      return
    }
    const location = answer.headers.get('Location')
    if (answer.status !== 201 || !location) throw await refusal(answer)
    this.url = pathOf(location)
    // A server that holds this content already says so at once, and nothing is sent twice.
    this.offset = number(answer.headers.get('Upload-Offset')) ?? 0
    await this.options.began?.(this.url)
  }

  async find(): Promise<void> {
    const answer = await this.call(this.url!, 'HEAD', {})
    if (gone(answer.status)) return this.forget()
    const offset = number(answer.headers.get('Upload-Offset'))
    if (!answer.ok || offset === null) throw await refusal(answer)
    this.offset = offset
  }

  async send(): Promise<void> {
    const from = this.offset!
    const part = this.content.bytes.subarray(from, from + this.chunk)
    const headers = {
      'Content-Type': 'application/offset+octet-stream',
      'Upload-Offset': String(from),
      'Upload-Checksum': `${this.algorithm} ${await digest(this.algorithm, part)}`,
    }
    this.offset = null // until an answer says otherwise
    const answer = await this.call(this.url!, 'PATCH', headers, part)
    if (gone(answer.status)) return this.forget()
    if (answer.status === 409) return // the offset moved: a chunk whose answer was lost had arrived
    if (answer.status === 460) { // damaged on the way
      this.cut()
      return
    }
    if (answer.status === 422 && !this.restarted) { // whole, and not what was announced: the server dropped it
      this.restarted = true
      await this.options.onDropped?.()
      return this.forget()
    }
    if (answer.status === 400 && this.algorithm === 'sha256') { // the one algorithm that every server knows
      this.algorithm = 'sha1'
      return
    }
    if (!answer.ok) throw await refusal(answer)
    this.offset = number(answer.headers.get('Upload-Offset')) ?? from + part.length
    if (part.length === this.chunk) this.chunk = Math.min(this.most, clamp(this.chunk * 2))
  }

  cut(): void {
    this.offset = null
    this.most = clamp(this.chunk / 2)
    this.chunk = clamp(this.chunk / 4)
  }

  private forget(): void {
    this.url = null
    this.offset = null
  }

  private async call(path: string, method: string, headers: Record<string, string>, body?: Uint8Array): Promise<Response> {
    const deadline = 20_000 + (1000 * (body?.length ?? 0)) / this.slowest
    let answer: Response
    try {
      answer = await this.ask(path, { method, headers: { ...VERSION, ...headers }, ...(body ? { body: body.slice() } : {}), deadline })
    } catch (error) {
      if (error instanceof NotReached || error instanceof Portal) throw error // trying again at once is no use
      throw new Cut()
    }
    if (answer.status === 401) throw new NotWelcome()
    if (answer.status === 423 || answer.status === 408 || answer.status === 429 || answer.status >= 500) {
      const seconds = number(answer.headers.get('Retry-After'))
      throw new Cut(seconds === null ? null : seconds * 1000)
    }
    // A portal answers anything with a page of its own.
    if (answer.ok && !answer.headers.get('Tus-Resumable')) throw new Portal('a page where an upload was expected')
    return answer
  }
}

const gone = (status: number) => status === 404 || status === 410
const clamp = (size: number) => Math.max(LEAST_CHUNK, Math.min(MOST_CHUNK, Math.floor(size)))
const utf8 = (text: string) => new TextEncoder().encode(text)

function number(text: string | null): number | null {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null
}

/** The server stands behind a proxy and may not know its own name: only the path of what it says is used. */
function pathOf(location: string): string {
  return new URL(location, 'http://here').pathname
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
}

async function digest(algorithm: 'sha256' | 'sha1', bytes: Uint8Array): Promise<string> {
  const name = algorithm === 'sha256' ? 'SHA-256' : 'SHA-1'
  return base64(new Uint8Array(await crypto.subtle.digest(name, bytes.slice())))
}

/** Too large, of a type that is not taken, not what it was said to be: no other day will change that. */
const FOR_GOOD = [400, 413, 415, 422]

async function refusal(answer: Response): Promise<FileRefused | LineLost> {
  if (!FOR_GOOD.includes(answer.status)) return new LineLost(`the answer (${answer.status}) was none that was expected`)
  const problem = await answer.json().catch(() => ({}))
  return new FileRefused(answer.status, String(problem.detail ?? problem.title ?? ''))
}
