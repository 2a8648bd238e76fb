import { useEffect, useState } from 'preact/hooks'

/** `#/worker/k7f3q2-9?at=nik` is {name: 'worker', rest: ['k7f3q2-9'], query: {at: 'nik'}}; nothing at all is home. */
export interface Route {
  name: string
  rest: string[]
  query: { [name: string]: string }
}

export function parse(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?')
  const [name = '', ...rest] = path.split('/').map(decoded)
  return { name: name || 'home', rest: rest.filter(Boolean), query: Object.fromEntries(new URLSearchParams(query)) }
}

/** The fragment that leads there. Ids of records may stand in it, never a name or a NIK: addresses are remembered by the browser. */
export function to(name: string, rest: (string | number)[] = [], query: { [name: string]: string } = {}): string {
  const path = [name === 'home' ? '' : name, ...rest.map((part) => encodeURIComponent(part))].join('/')
  const asked = new URLSearchParams(query).toString()
  return `#/${path}${asked && `?${asked}`}`
}

let behind = 0 // pages of this app behind this one; the browser's own count holds other sites too

export function go(where: string): void {
  behind++
  location.hash = where
}

/** Like `go`, and Back does not lead here again: for what should not be done twice. */
export function replace(where: string): void {
  history.replaceState(null, '', where)
  dispatchEvent(new HashChangeEvent('hashchange'))
}

export function back(): void {
  if (behind > 0) {
    behind--
    history.back()
  } else replace(to('home'))
}

/** Links are plain anchors; they count as a page too. */
export function countLinks(): void {
  addEventListener('click', (event) => {
    const link = (event.target as Element).closest?.('a[href^="#/"]')
    if (link && link.getAttribute('href') !== location.hash) behind++
  })
}

export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash)
  useEffect(() => {
    const heard = () => setHash(location.hash)
    addEventListener('hashchange', heard)
    return () => removeEventListener('hashchange', heard)
  }, [])
  return parse(hash)
}

/**
 * The enrolment code with which a QR code opened the app (`/app/#7K4Q-9WXB`), or null. It is a secret until it is used:
 * it is taken out of the address, and so out of the browser's memory.
 */
export function takeCode(): string | null {
  const found = /^#([0-9a-z]{4}-?[0-9a-z]{4})$/i.exec(location.hash)
  if (!found) return null
  history.replaceState(null, '', location.pathname + location.search)
  return found[1]!.toUpperCase()
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part // typed by hand, or cut by a messenger
  }
}
