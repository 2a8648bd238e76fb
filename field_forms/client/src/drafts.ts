// Drafts: on the disk within a moment of the last keystroke, sealed, and beside the edits of everything else, which they never hold up.

import { toThisLife } from './born'
import type { DraftRow } from './db'
import type { Disk } from './disk'
import { Closed, noop, strictly, whereOf, type Page } from './disk'
import type { Draft } from './types'

/** Another tab has written this draft since, saved it or dropped it: to write over that would lose it, or make two of one. */
export class Elsewhere extends Error {
  override readonly name = 'Elsewhere' // for those who must know it without loading this part of the app
}

export class Drafts {
  /** the write of each draft that is under way: a later one waits for it, so that the later one stands */
  private readonly busy = new Map<string, Promise<unknown>>()
  /** saved or dropped: what the form still keeps of it a moment later is not to bring it back */
  private readonly over = new Set<string>()
  /** by draft: the moments of all that was read or written here; any other on the disk is another tab's */
  private readonly ours = new Map<string, Set<number>>()
  /** by draft: the life in which the ids and the seq that it names were given, as it is held here */
  private readonly lives = new Map<string, number>()

  constructor(private readonly disk: Disk) {}

  async all(): Promise<Draft[]> {
    const drafts = await this.disk.look(async (page) => {
      return Promise.all((await page.all('drafts')).map(async (row) => {
        this.note(row.id, row.saved)
        this.lives.set(row.id, (await page.me()).life)
        return toThisLife(page, JSON.parse(await page.text('drafts', row)) as Draft, row.life)
      }))
    })
    return drafts.sort((a, b) => b.saved - a.saved)
  }

  keep(draft: Draft): Promise<void> {
    const text = JSON.stringify(draft) // as it is now, whatever the form does to it next
    const { id, form, saved } = draft
    const life = this.lives.get(id) ?? this.disk.last.life
    this.lives.set(id, life)
    return this.queue(id, async () => {
      if (this.over.has(id)) return
      const box = await this.disk.vault.seal(whereOf('drafts', id), text)
      if (this.over.has(id)) return
      await strictly(this.disk.db, ['drafts'], async (tx) => {
        const [held, state] = await Promise.all([tx.objectStore('drafts').get(id), tx.objectStore('meta').get('state')])
        if (state === 'moved' || state === 'wiped') throw new Closed(state)
        if (!this.isOurs(id, held) && !(held === undefined && this.knowsOnly(id, draft.begun))) throw new Elsewhere()
        void tx.objectStore('drafts').put({ id, form, saved, practice: draft.practice ? 1 : 0, life, box }).catch(noop)
      })
      this.note(id, saved)
    })
  }

  drop(id: string): Promise<void> {
    this.over.add(id)
    return this.queue(id, () => this.disk.db.delete('drafts', id))
  }

  /** Do what ends a draft (`work` takes it from the disk, after `mine`, which tells its life). When that fails the draft lives on. Rejects with Elsewhere. */
  async ending<T>(id: string | undefined, work: (mine: (page: Page) => Promise<number | undefined>) => Promise<T>): Promise<T> {
    if (!id) return work(() => Promise.resolve(undefined))
    await this.busy.get(id)?.catch(noop)
    this.over.add(id)
    try {
      return await work(async (page) => {
        if (!this.isOurs(id, await page.get('drafts', id))) throw new Elsewhere()
        return this.lives.get(id)
      })
    } catch (error) {
      this.over.delete(id)
      throw error
    }
  }

  /** Resolves when every draft that was handed in is on the disk. */
  async settled(): Promise<void> {
    while (this.busy.size) await Promise.all([...this.busy.values()].map((write) => write.catch(noop)))
  }

  private isOurs(id: string, held: DraftRow | undefined): boolean {
    const ours = this.ours.get(id)
    return !ours || (held !== undefined && ours.has(held.saved))
  }

  /** Another tab clears away what was opened and not touched; who types in it after all has lost nothing. */
  private knowsOnly(id: string, begun: number): boolean {
    const ours = this.ours.get(id)
    return ours?.size === 1 && ours.has(begun)
  }

  private note(id: string, saved: number): void {
    this.ours.set(id, (this.ours.get(id) ?? new Set<number>()).add(saved))
  }

  private queue(id: string, work: () => Promise<void>): Promise<void> {
    const next = (this.busy.get(id) ?? Promise.resolve()).catch(noop).then(work)
    this.busy.set(id, next)
    void next.catch(noop).then(() => this.busy.get(id) === next && this.busy.delete(id))
    return next
  }
}
