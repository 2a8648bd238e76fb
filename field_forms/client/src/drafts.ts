// Drafts: on the disk within a moment of the last keystroke, sealed, and beside the edits of everything else, which they never hold up.

import type { Disk } from './disk'
import { noop, strictly, whereOf } from './disk'
import type { Draft } from './types'

export class Drafts {
  /** the write of each draft that is under way: a later one waits for it, so that the later one stands */
  private readonly busy = new Map<string, Promise<unknown>>()
  /** saved or dropped: what the form still keeps of it a moment later is not to bring it back */
  private readonly over = new Set<string>()

  constructor(private readonly disk: Disk) {}

  async all(): Promise<Draft[]> {
    const drafts = await this.disk.look(async (page) => {
      return Promise.all((await page.all('drafts')).map(async (row) => JSON.parse(await page.text('drafts', row)) as Draft))
    })
    return drafts.sort((a, b) => b.saved - a.saved)
  }

  keep(draft: Draft): Promise<void> {
    const text = JSON.stringify(draft) // as it is now, whatever the form does to it next
    const { id, form, saved } = draft
    return this.queue(id, async () => {
      if (this.over.has(id)) return
      const box = await this.disk.vault.seal(whereOf('drafts', id), text)
      if (this.over.has(id)) return
      await strictly(this.disk.db, ['drafts'], async (tx) => {
        void tx.objectStore('drafts').put({ id, form, saved, practice: draft.practice ? 1 : 0, box }).catch(noop)
      })
    })
  }

  drop(id: string): Promise<void> {
    this.over.add(id)
    return this.queue(id, () => this.disk.db.delete('drafts', id))
  }

  /** Do what ends a draft (`work` takes it from the disk). When that fails the draft lives on. */
  async ending<T>(id: string | undefined, work: () => Promise<T>): Promise<T> {
    if (!id) return work()
    await this.busy.get(id)?.catch(noop)
    this.over.add(id)
    try {
      return await work()
    } catch (error) {
      this.over.delete(id)
      throw error
    }
  }

  /** Resolves when every draft that was handed in is on the disk. */
  async settled(): Promise<void> {
    while (this.busy.size) await Promise.all([...this.busy.values()].map((write) => write.catch(noop)))
  }

  private queue(id: string, work: () => Promise<void>): Promise<void> {
    const next = (this.busy.get(id) ?? Promise.resolve()).catch(noop).then(work)
    this.busy.set(id, next)
    void next.catch(noop).then(() => this.busy.get(id) === next && this.busy.delete(id))
    return next
  }
}
