/// <reference lib="webworker" />
// Keeps the app itself, so that it starts without a line; never what is in it. Forms, records and drafts are the app's own matter.
export {}
declare const self: ServiceWorkerGlobalScope

/** Written in by the build. first: what the first screen needs; rest: what other screens need. Both hold the names below the scope. */
const SHELL = '__SHELL__' as unknown as { first: string[]; rest: string[] }
const BUILD = '__BUILD__'
const PREFIX = 'app-'
const CACHE = PREFIX + BUILD
const PAGE = './'
const PATIENCE_MS = 120_000 // for one file; at 2 kB/s the largest takes half of that
const FOR_GOOD = 'assets/' // named after their content: the same name is the same file, in whichever version

const scope = self.registration.scope
const kept = new Set([...SHELL.first, ...SHELL.rest].map(url))

self.addEventListener('install', (event) => event.waitUntil(install()))
self.addEventListener('activate', (event) => event.waitUntil(begin()))
self.addEventListener('message', (event) => {
  if (event.data === 'rest') event.waitUntil(keepRest(event))
  // Only when asked: a new version in the middle of a form is the last thing an officer needs.
  if (event.data === 'skip') void self.skipWaiting()
})
// Background Sync, where there is one: a line has come. Only a page that is open and unlocked can send; it is told.
self.addEventListener('sync' as 'message', (event) => event.waitUntil(wakePages()))
self.addEventListener('fetch', (event) => {
  const { request } = event
  if (request.method !== 'GET' || !request.url.startsWith(scope)) return // the server's door is none of ours
  if (request.mode === 'navigate') event.respondWith(answer(new Request(url(PAGE)), request))
  else if (kept.has(request.url)) event.respondWith(answer(request, request))
})

async function wakePages(): Promise<void> {
  for (const page of await self.clients.matchAll({ type: 'window' })) page.postMessage('sync')
}

function url(name: string): string {
  return new URL(name, scope).href
}

/**
 * The first version must not stand between the officer and his first screen on a slow line: it takes what the page has just loaded, and
 * the rest is asked for later. A newer one takes everything before it counts as installed: once the old one is gone there is no
 * going back, and there may be no line then.
 */
async function install(): Promise<void> {
  await keep(self.registration.active ? [...SHELL.first, ...SHELL.rest] : SHELL.first)
}

async function keepRest(event: ExtendableMessageEvent): Promise<void> {
  try {
    await keep(SHELL.rest)
    event.ports[0]?.postMessage('kept')
  } catch {
    event.ports[0]?.postMessage('not yet') // the page asks again when there is a line
  }
}

/** One file at a time, each for good: a line that is cut costs the file that was on its way. The page last, so that it fits them. */
async function keep(names: string[]): Promise<void> {
  const cache = await caches.open(CACHE)
  for (const name of [...names.filter((one) => one !== PAGE), ...names.filter((one) => one === PAGE)]) {
    if (await cache.match(url(name))) continue
    const had = name.startsWith(FOR_GOOD) ? await caches.match(url(name)) : undefined
    const response = had ?? (await loaded(name))
    if (name === PAGE) await mustFit(response.clone())
    await cache.put(url(name), response)
  }
}

/** With an end: a line that hangs would hold up a newer version, which waits until this one has nothing to do. */
async function loaded(name: string): Promise<Response> {
  const control = new AbortController()
  const timer = setTimeout(() => control.abort(), PATIENCE_MS)
  try {
    const response = await fetch(url(name), { cache: name.startsWith(FOR_GOOD) ? 'default' : 'no-cache', signal: control.signal })
    if (!ours(response)) throw new Error(`${name}: ${response.status}`)
    await response.clone().text() // all of it, within the time
    return response
  } finally {
    clearTimeout(timer)
  }
}

/** A WiFi's sign-in page answers everything with a page of its own; it must not become the app. */
function ours(response: Response): boolean {
  return response.ok && !response.redirected && response.type === 'basic'
}

/** The page names the files it starts with. Published again while we were loading, it names others; then this install fails and a newer one comes. */
async function mustFit(page: Response): Promise<void> {
  const text = await page.text()
  const entry = SHELL.first.filter((name) => name.startsWith(FOR_GOOD) && name.includes('/index-'))
  if (!entry.every((name) => text.includes(name))) throw new Error('the page is of another version')
}

/** The page that is open now, on the very first day too, is one of ours: a newer version does not wait for pages that nobody leads. */
async function begin(): Promise<void> {
  await forgetOthers()
  await self.clients.claim()
}

async function forgetOthers(): Promise<void> {
  for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name)
}

/** From what is kept; else from the line, and kept from then on when it is part of the app. */
async function answer(wanted: Request, asked: Request): Promise<Response> {
  const found = await caches.match(wanted.url, { cacheName: CACHE })
  if (found) return found
  const response = await fetch(asked)
  if (asked.mode !== 'navigate' && ours(response)) await (await caches.open(CACHE)).put(wanted.url, response.clone())
  return response
}
