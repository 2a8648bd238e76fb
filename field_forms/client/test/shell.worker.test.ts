import { readFileSync } from 'node:fs'
import { transformWithOxc } from 'vite'
import { beforeEach, describe, expect, test } from 'vitest'

// The service worker, run against a browser that is a few maps: what it keeps, what it answers, and what it leaves alone.

const SCOPE = 'https://desa.example/app/'
const OLD = { first: ['./', 'assets/index-1.js', 'assets/all-1.css'], rest: ['assets/form-1.js'] }
const NEW = { first: ['./', 'assets/index-2.js', 'assets/all-1.css'], rest: ['assets/form-2.js', 'assets/list-1.js'] }

type Answer = { ok: boolean; status: number; redirected: boolean; type: string; body: string; clone(): Answer; text(): Promise<string> }
type Listener = (event: { [name: string]: unknown }) => void

let disk: Map<string, Map<string, Answer>>
let server: Map<string, string>
let asked: string[]
let line: 'there' | 'cut' | 'portal'
let skipped: number

beforeEach(() => {
  disk = new Map()
  asked = []
  line = 'there'
  skipped = 0
  server = new Map(['assets/index-1.js', 'assets/all-1.css', 'assets/form-1.js'].map((name) => [SCOPE + name, name]))
  server.set(SCOPE, '<script src="/app/assets/index-1.js">')
})

const answer = (body: string, more: Partial<Answer> = {}): Answer => {
  const made: Answer = { ok: true, status: 200, redirected: false, type: 'basic', body, clone: () => made, text: async () => body, ...more }
  return made
}

async function fetched(asks: { url: string } | string): Promise<Answer> {
  const url = typeof asks === 'string' ? asks : asks.url
  asked.push(url.slice(SCOPE.length))
  if (line === 'cut') throw new TypeError('Failed to fetch')
  if (line === 'portal') return answer('<form>sign in</form>', { redirected: true })
  const found = server.get(url)
  return found === undefined ? answer('', { ok: false, status: 404 }) : answer(found)
}

const caches = {
  open: async (name: string) => {
    const kept = disk.get(name) ?? disk.set(name, new Map()).get(name)!
    return { match: async (url: string) => kept.get(url), put: async (url: string, what: Answer) => void kept.set(url, what) }
  },
  match: async (url: string, where?: { cacheName: string }) => {
    for (const [name, kept] of disk) if ((!where || name === where.cacheName) && kept.has(url)) return kept.get(url)
    return undefined
  },
  keys: async () => [...disk.keys()],
  delete: async (name: string) => disk.delete(name),
}

const built = transformWithOxc(readFileSync(new URL('../src/sw.ts', import.meta.url), 'utf8'), 'sw.ts').then((it) => it.code.replace(/export\s*\{\s*\};?/, ''))

/** A worker of one build. isUpdate: another one serves this phone already. */
async function worker(shell: typeof OLD, build: string, isUpdate = false) {
  const heard: { [event: string]: Listener } = {}
  const self = {
    registration: { scope: SCOPE, active: isUpdate ? {} : null },
    addEventListener: (name: string, listener: Listener) => (heard[name] = listener),
    skipWaiting: async () => void skipped++,
    clients: { claim: async () => {} },
  }
  const code = (await built).replace(/["'`]__SHELL__["'`]/, JSON.stringify(shell)).replace(/["'`]__BUILD__["'`]/, JSON.stringify(build))
  new Function('self', 'caches', 'fetch', 'Request', code)(self, caches, fetched, class { constructor(readonly url: string) {} })
  const tell = async (name: string, event: { [name: string]: unknown } = {}) => {
    let work: Promise<unknown> = Promise.resolve()
    heard[name]!({ ports: [], ...event, waitUntil: (it: Promise<unknown>) => (work = it) })
    await work
  }
  return {
    install: () => tell('install'),
    activate: () => tell('activate'),
    say: (data: string, said: string[] = []) => tell('message', { data, ports: [{ postMessage: (word: string) => said.push(word) }] }).then(() => said[0]),
    async open(url: string, mode = 'cors', method = 'GET'): Promise<string | undefined> {
      let given: Promise<Answer> | undefined
      heard.fetch!({ request: { url, mode, method }, respondWith: (it: Promise<Answer>) => (given = it) })
      return given && (await given).body
    },
  }
}

describe('the app on the phone', () => {
  test('the first visit waits for nothing but the first screen', async () => {
    const first = await worker(OLD, 'one')
    await first.install()
    expect(asked.sort()).toEqual(['', 'assets/all-1.css', 'assets/index-1.js'])
  })

  test('the rest comes when it is asked for, and then every screen opens without a line', async () => {
    const first = await worker(OLD, 'one')
    await first.install()
    expect(await first.say('rest')).toBe('kept')
    line = 'cut'
    expect(await first.open(`${SCOPE}assets/form-1.js`)).toBe('assets/form-1.js')
    expect(await first.open(SCOPE, 'navigate')).toContain('index-1.js')
    expect(await first.open(`${SCOPE}#/worker/k7f3q2-9`, 'navigate')).toContain('index-1.js')
  })

  test('a line that was cut costs the file that was on its way, and the page may ask again', async () => {
    const first = await worker(OLD, 'one')
    await first.install()
    line = 'cut'
    expect(await first.say('rest')).toBe('not yet')
    line = 'there'
    asked = []
    expect(await first.say('rest')).toBe('kept')
    expect(asked).toEqual(['assets/form-1.js'])
  })

  test('a screen that was opened before its turn is kept as well', async () => {
    const first = await worker(OLD, 'one')
    await first.install()
    await first.open(`${SCOPE}assets/form-1.js`)
    line = 'cut'
    expect(await first.open(`${SCOPE}assets/form-1.js`)).toBe('assets/form-1.js')
  })

  test('the server is never answered for, nor is anything that is sent', async () => {
    const first = await worker(OLD, 'one')
    await first.install()
    expect(await first.open('https://desa.example/api/v1/sync', 'cors', 'POST')).toBeUndefined()
    expect(await first.open('https://desa.example/api/v1/me')).toBeUndefined()
    expect(await first.open('https://desa.example/', 'navigate')).toBeUndefined()
    expect(await first.open(SCOPE, 'navigate', 'POST')).toBeUndefined()
    expect(await first.open(`${SCOPE}unknown.js`)).toBeUndefined()
  })

  test('the sign-in page of a WiFi never becomes the app', async () => {
    line = 'portal'
    const first = await worker(OLD, 'one')
    await expect(first.install()).rejects.toThrow()
    expect([...(disk.get('app-one') ?? [])]).toEqual([])
  })
})

describe('a new version of the app', () => {
  async function updated() {
    const first = await worker(OLD, 'one')
    await first.install()
    await first.say('rest')
    disk.set('drafts-of-somebody-else', new Map())
    for (const name of [...NEW.first, ...NEW.rest]) if (name !== './') server.set(SCOPE + name, name)
    server.set(SCOPE, '<script src="/app/assets/index-2.js">')
    asked = []
    return { first, next: await worker(NEW, 'two', true) }
  }

  test('is whole before it counts, and loads only what is new', async () => {
    const { next } = await updated()
    await next.install()
    expect(asked.sort()).toEqual(['', 'assets/form-2.js', 'assets/index-2.js', 'assets/list-1.js'])
    expect(disk.get('app-two')!.size).toBe(5)
  })

  test('waits until it is asked, and the old one serves on meanwhile', async () => {
    const { first, next } = await updated()
    await next.install()
    expect(skipped).toBe(0)
    expect(await first.open(SCOPE, 'navigate')).toContain('index-1.js')
    await next.say('skip')
    expect(skipped).toBe(1)
  })

  test('takes the place of the old one and of nothing else', async () => {
    const { next } = await updated()
    await next.install()
    await next.activate()
    expect([...disk.keys()].sort()).toEqual(['app-two', 'drafts-of-somebody-else'])
    expect(await next.open(SCOPE, 'navigate')).toContain('index-2.js')
  })

  test('does not take a page of a still newer one', async () => {
    const { next } = await updated()
    server.set(SCOPE, '<script src="/app/assets/index-3.js">')
    await expect(next.install()).rejects.toThrow('another version')
    expect(disk.get('app-two')!.has(SCOPE)).toBe(false)
  })
})
