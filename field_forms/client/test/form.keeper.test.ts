import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Keeper, LATEST, PAUSE } from '../src/form/keeper'
import { PhoneFull } from '../src/types'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('what was typed', () => {
  it('is on the disk within a second of the last keystroke', async () => {
    const write = vi.fn(async () => {})
    const keeper = new Keeper(write)
    keeper.touch()
    expect(keeper.state).toBe('keeping')
    await vi.advanceTimersByTimeAsync(PAUSE - 1)
    expect(write).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect([write.mock.calls.length, keeper.state]).toEqual([1, 'kept'])
  })

  it('is kept also while somebody types on without a pause', async () => {
    const write = vi.fn(async () => {})
    const keeper = new Keeper(write)
    for (let typed = 0; typed < 40; typed++) {
      keeper.touch()
      await vi.advanceTimersByTimeAsync(PAUSE / 4)
    }
    expect(write.mock.calls.length).toBeGreaterThanOrEqual(Math.floor((40 * PAUSE) / 4 / LATEST))
  })

  it('is written by one hand at a time, the newest last', async () => {
    let text = ''
    const written: string[] = []
    let running = 0
    const keeper = new Keeper(async () => {
      expect(++running).toBe(1)
      const now = text
      await new Promise((resolve) => setTimeout(resolve, 700))
      written.push(now)
      running--
    })
    for (const letter of 'abcdef') {
      text += letter
      keeper.touch()
      await vi.advanceTimersByTimeAsync(300)
    }
    const flushed = keeper.flush()
    await vi.runAllTimersAsync()
    expect(await flushed).toBe(true)
    expect(written[written.length - 1]).toBe('abcdef')
  })

  it('is tried again when the phone was full, and says so', async () => {
    let room = false
    const keeper = new Keeper(async () => {
      if (!room) throw new PhoneFull()
    })
    keeper.touch()
    await vi.advanceTimersByTimeAsync(PAUSE)
    expect(keeper.state).toBe('full')
    expect(await keeper.flush()).toBe(false)
    room = true
    await vi.advanceTimersByTimeAsync(6000)
    expect(keeper.state).toBe('kept')
  })

  it('does not come back as a draft once it has become a change', async () => {
    const write = vi.fn(async () => {})
    const keeper = new Keeper(write)
    keeper.touch()
    await keeper.stop()
    keeper.touch()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(write).not.toHaveBeenCalled()
    keeper.resume()
    await vi.advanceTimersByTimeAsync(PAUSE)
    expect(write).toHaveBeenCalledTimes(1) // saving failed: what was typed is a draft again
  })
})
