// The line to the server: every call with a deadline, told apart by what may be different next time and what may not.

import type { Json } from './types'

/** No answer, or a broken one: try again. retryAfter: milliseconds that the server asked for. */
export class LineLost extends Error {
  constructor(why: string, readonly retryAfter: number | null = null) {
    super(why)
  }
}

/** Nothing went out at all: it says nothing of how much the line bears. */
export class NotReached extends LineLost {}

/** Somebody on the way answers in the server's place: the login page of a hotel's or an operator's network. */
export class Portal extends LineLost {
  override readonly name = 'Portal' // for those who must know it without loading this part of the app
}

/** The server answered no, and would again. */
export class Refused extends Error {
  constructor(readonly status: number, readonly problem: Problem) {
    super(`${status} ${problem.type ?? ''} ${problem.detail ?? problem.title ?? ''}`.trim())
  }
}

export interface Problem { type?: string; title?: string; detail?: string; [more: string]: Json | undefined }
export interface Reply { status: number; answer: { [name: string]: Json }; etag: string | null }
export interface Traffic { up: number; down: number }

/** For whoever sends in other ways than JSON (`tus.ts`): with the token, a deadline, no redirects followed. */
export type Ask = (path: string, init: { method: string; headers: Record<string, string>; body?: BodyInit; deadline: number }) => Promise<Response>

const DEADLINE_MS = 90_000
const WORTH_GZIP_BYTES = 200

export class Line {
  /** bytes of bodies since the app was started */
  readonly traffic: Traffic = { up: 0, down: 0 }
  private readonly running = new Set<AbortController>()

  /** base: '' for the place the app came from. token: of this moment. lang: what the server speaks to the officer. */
  constructor(
    private readonly base: string,
    private readonly token: () => string | null,
    private readonly lang: () => string = () => 'id',
    private readonly fetches: typeof fetch = (...asked) => fetch(...asked),
  ) {}

  /** One call that answers JSON. Rejects with LineLost (NotReached, Portal) for all that may be different next time. */
  async post(path: string, text: string, auth = true): Promise<Reply> {
    const headers: Record<string, string> = { 'Content-Type': 'application/json' }
    const body = await packed(text, headers)
    this.traffic.up += typeof body === 'string' ? body.length : body.byteLength
    return this.json('POST', path, headers, body, auth)
  }

  /** etag: of what is held already; then 304 may be the answer, and `answer` is empty. */
  async get(path: string, etag?: string | null): Promise<Reply> {
    return this.json('GET', path, etag ? { 'If-None-Match': etag } : {}, undefined, true)
  }

  ask: Ask = async (path, init) => {
    const token = this.token()
    const headers = { ...init.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) }
    return this.within(init.deadline, (signal) => this.send(path, { method: init.method, headers, body: init.body, signal }))
  }

  /** Give up every call that is under way: the phone is being locked, or told to stop. */
  abandon(): void {
    this.running.forEach((one) => one.abort())
  }

  private async json(method: string, path: string, more: Record<string, string>, body: BodyInit | undefined, auth: boolean): Promise<Reply> {
    const headers: Record<string, string> = { ...more, Accept: 'application/json, application/problem+json', 'Accept-Language': this.lang() }
    const token = auth ? this.token() : null
    if (token) headers.Authorization = `Bearer ${token}`
    return this.within(DEADLINE_MS, async (signal) => {
      const response = await this.send(path, { method, headers, body, signal })
      return this.read(response)
    })
  }

  private async within<T>(deadline: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const control = new AbortController()
    const timer = setTimeout(() => control.abort(), deadline)
    this.running.add(control)
    try {
      return await work(control.signal)
    } finally {
      clearTimeout(timer)
      this.running.delete(control)
    }
  }

  private async send(path: string, init: RequestInit): Promise<Response> {
    let response: Response
    try {
      // A redirect is followed nowhere: it would carry the token, and the server sends none.
      response = await this.fetches(this.base + path, { ...init, redirect: 'manual', cache: 'no-store', credentials: 'omit' })
    } catch (error) {
      if (offline()) throw new NotReached('no line')
      throw new LineLost(String(error))
    }
    if (response.type === 'opaqueredirect' || (response.status >= 301 && response.status <= 308 && response.status !== 304)) {
      throw new Portal('redirected')
    }
    return response
  }

  private async read(response: Response): Promise<Reply> {
    const status = response.status
    if (status === 511) throw new Portal('this network wants somebody to sign in')
    if (status === 429 || status >= 500) throw new LineLost(`busy: ${status}`, retryAfter(response))
    const etag = response.headers.get('ETag')
    if (status === 304) return { status, answer: {}, etag }
    const text = await body(response)
    this.traffic.down += text.length
    const answer = parsed(text)
    if (answer) return { status, answer, etag }
    if (status === 413) return { status, answer: {}, etag } // a proxy on the way has a limit of its own
    if (looksLikePage(response, text)) throw new Portal(`a page (${status}) where an answer was expected`)
    throw new LineLost(`the answer (${status}) was none of the server's`)
  }
}

/** What the page has promised must be there; an answer without it came from somebody else. */
export function mustHold(answer: { [name: string]: Json }, kinds: { [name: string]: 'string' | 'number' | 'list' | 'object' }): void {
  for (const [name, kind] of Object.entries(kinds)) {
    const value = answer[name]
    const is = Array.isArray(value) ? 'list' : value === null ? 'null' : typeof value
    if (is !== kind) throw new Portal(`the answer lacks ${name}`)
  }
}

async function body(response: Response): Promise<string> {
  try {
    return await response.text()
  } catch (error) {
    throw new LineLost(String(error))
  }
}

function parsed(text: string): { [name: string]: Json } | null {
  try {
    const answer = JSON.parse(text) as Json
    return answer !== null && typeof answer === 'object' && !Array.isArray(answer) ? answer : null
  } catch {
    return null
  }
}

function looksLikePage(response: Response, text: string): boolean {
  return /html/i.test(response.headers.get('Content-Type') ?? '') || /^\s*</.test(text)
}

function retryAfter(response: Response): number | null {
  const said = response.headers.get('Retry-After') ?? ''
  return /^\d{1,6}$/.test(said) ? Number(said) * 1000 : null
}

function offline(): boolean {
  return typeof navigator !== 'undefined' && navigator.onLine === false
}

/** Squeezed where the phone can; else plain, which the server takes as well. */
async function packed(text: string, headers: Record<string, string>): Promise<BodyInit & (string | ArrayBuffer)> {
  if (text.length < WORTH_GZIP_BYTES || typeof CompressionStream === 'undefined') return text
  const squeezed = await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer()
  headers['Content-Encoding'] = 'gzip'
  return squeezed
}
