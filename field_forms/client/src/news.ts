// What the tabs of one phone tell each other. Ids and counts only: where there is no channel it goes through `localStorage`.

import type { SyncState } from './types'

export type News =
  | { kind: 'changed'; chunks: number[] }
  | { kind: 'sync'; state: SyncState }
  | { kind: 'wanted' }
  | { kind: 'gone' }

export class Tabs {
  private readonly channel: BroadcastChannel | null
  private readonly stored = (event: StorageEvent): void => {
    if (event.key === this.name && event.newValue) this.heard((JSON.parse(event.newValue) as { news: News }).news)
  }

  constructor(private readonly heard: (news: News) => void, private readonly name: string) {
    this.channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(name)
    if (this.channel) this.channel.onmessage = (event: MessageEvent<News>) => this.heard(event.data)
    else if (typeof addEventListener !== 'undefined') addEventListener('storage', this.stored)
    // Node waits for an open channel before it ends.
    ;(this.channel as unknown as { unref?: () => void } | null)?.unref?.()
  }

  tell(news: News): void {
    if (this.channel) return this.channel.postMessage(news)
    const said: News = news.kind === 'sync' ? { kind: 'sync', state: { ...news.state, says: null } } : news
    try {
      localStorage.setItem(this.name, JSON.stringify({ news: said, at: Math.random() })) // the same value twice is no event
    } catch { /* no storage: the other tab finds out when it looks */ }
  }

  close(): void {
    this.channel?.close()
    if (typeof removeEventListener !== 'undefined') removeEventListener('storage', this.stored)
  }
}

const LEASE_MS = 120_000

interface Lease { holder: string; until: number }

/**
 * Do `work` in this tab if no other tab of this phone is at it; answers whether it was done here. `extend` is to be called now and
 * then by long work, where the browser knows no locks.
 */
export async function alone(
  lease: { swap(change: (held: unknown) => unknown): Promise<boolean> },
  work: (extend: () => Promise<void>) => Promise<void>,
  name: string,
): Promise<boolean> {
  const locks = typeof navigator === 'undefined' ? undefined : (navigator as { locks?: LockManager }).locks
  if (locks) {
    return locks.request(`${name}-sync`, { ifAvailable: true }, async (lock) => {
      if (lock) await work(() => Promise.resolve())
      return lock !== null
    })
  }
  const holder = String(Math.random())
  const hold = (): Promise<boolean> => lease.swap((held) => {
    const { holder: other, until } = (held as Lease | undefined) ?? { holder, until: 0 }
    // A lease that ends beyond any that is given out is of before the clock was set back.
    const free = other === holder || until < Date.now() || until > Date.now() + LEASE_MS
    return free ? ({ holder, until: Date.now() + LEASE_MS } satisfies Lease) : undefined
  })
  if (!(await hold())) return false
  try {
    await work(async () => void (await hold()))
  } finally {
    await lease.swap((held) => ((held as Lease | undefined)?.holder === holder ? null : undefined))
  }
  return true
}
