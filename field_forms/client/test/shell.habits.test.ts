// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { formFor, isTouched } from '../src/forms'
import { LOCK_MINUTES, watchIdle } from '../src/idle'
import { matters } from '../src/matters'
import type { Counts, Draft, StorageHealth } from '../src/types'
import { fakePhone } from './fakephone'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

describe('a phone that is put away', () => {
  let seen: 'visible' | 'hidden' = 'visible'
  const look = (state: typeof seen) => {
    seen = state
    document.dispatchEvent(new Event('visibilitychange'))
  }
  beforeEach(() => {
    vi.useFakeTimers({ now: Date.UTC(2026, 10, 26) })
    vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => seen)
    seen = 'visible'
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })
  const watched = async (minutes?: number) => {
    const phone = fakePhone()
    if (minutes !== undefined) await phone.put(LOCK_MINUTES, minutes)
    const lock = vi.fn()
    const stop = watchIdle(phone, lock)
    await vi.advanceTimersByTimeAsync(0)
    return { lock, stop }
  }

  test('locks after five minutes out of sight, not before', async () => {
    const { lock, stop } = await watched()
    look('hidden')
    await vi.advanceTimersByTimeAsync(5 * MINUTE - 1)
    expect(lock).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect(lock).toHaveBeenCalledOnce()
    stop()
  })

  test('stays open for who only looked at a message, and for who holds it', async () => {
    const { lock, stop } = await watched(2)
    look('hidden')
    await vi.advanceTimersByTimeAsync(MINUTE)
    look('visible')
    await vi.advanceTimersByTimeAsync(60 * MINUTE)
    expect(lock).not.toHaveBeenCalled()
    stop()
  })

  test('locks when it wakes from a sleep in which no timer ran', async () => {
    const { lock, stop } = await watched()
    look('hidden')
    vi.setSystemTime(Date.now() + 6 * MINUTE)
    look('visible')
    expect(lock).toHaveBeenCalledOnce()
    stop()
  })

  test('stays open while a form has what could be kept nowhere, and locks the next time', async () => {
    const { lock, stop } = await watched()
    const hold = (event: Event) => event.preventDefault()
    addEventListener('idle', hold)
    look('hidden')
    await vi.advanceTimersByTimeAsync(6 * MINUTE)
    expect(lock).not.toHaveBeenCalled()
    removeEventListener('idle', hold)
    look('visible')
    expect(lock).toHaveBeenCalledOnce()
    stop()
  })

  test('locks when somebody set the clock back meanwhile', async () => {
    const { lock, stop } = await watched()
    look('hidden')
    vi.setSystemTime(Date.now() - DAY)
    look('visible')
    expect(lock).toHaveBeenCalledOnce()
    stop()
  })
})

describe('what the officer is told on the first screen', () => {
  const now = Date.UTC(2026, 10, 26)
  const counts = (oldest: number | null) => ({ oldest }) as Counts
  const storage = (free: number | null) => ({ free, used: null, persisted: true }) as StorageHealth

  test('what has waited as long as he set, and nothing younger', () => {
    expect(matters('idle', counts(now - 3 * DAY), storage(null), 3, false, now).old).toBe(3)
    expect(matters('idle', counts(now - 3 * DAY + 1), storage(null), 3, false, now).old).toBe(0)
    expect(matters('idle', counts(null), storage(null), 1, false, now)).toEqual({ old: 0, nearly: false, update: false })
  })

  test('that the phone is nearly full, once', () => {
    expect(matters('idle', counts(null), storage(20_000_000), 3, false, now).nearly).toBe(true)
    expect(matters('full', counts(null), storage(20_000_000), 3, false, now).nearly).toBe(false)
    expect(matters('idle', counts(null), storage(900_000_000), 3, false, now).nearly).toBe(false)
  })
})

describe('which form opens', () => {
  const form = (name: string, kind: string, does: 'create' | 'edit') => ({ name, kind, does, version: 1, title: {} })
  const forms = [form('boat_survey', 'visit', 'create'), form('visit', 'visit', 'create'), form('worker_update', 'worker', 'edit'), form('worker', 'worker', 'create')]

  test('the kind\'s own form before others of the kind', () => {
    expect(formFor(forms, 'visit', 'create')!.name).toBe('visit')
    expect(formFor(forms.slice(0, 1), 'visit', 'create')!.name).toBe('boat_survey')
  })

  test('a worker is changed by the update form, a visit by the one that makes it', () => {
    expect(formFor(forms, 'worker', 'edit')!.name).toBe('worker_update')
    expect(formFor(forms, 'visit', 'edit')!.name).toBe('visit')
    expect(formFor(forms, 'claim', 'edit')).toBeUndefined()
  })

  test('a form that was opened and left is no unfinished work', () => {
    expect(isTouched({ begun: 5, saved: 5 } as Draft)).toBe(false)
    expect(isTouched({ begun: 5, saved: 6 } as Draft)).toBe(true)
  })
})
