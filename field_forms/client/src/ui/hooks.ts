import { useEffect, useReducer, useRef, useState } from 'preact/hooks'
import type { Phone } from '../types'

/** Draws again whenever the phone says that something may have changed. */
export function useHeard(phone: Phone): void {
  const [, again] = useReducer((n: number) => n + 1, 0)
  useEffect(() => phone.subscribe(() => again(undefined as never)), [phone])
}

/**
 * What the phone answers, asked again when it says that something changed; undefined until the first answer. While one question
 * is under way others wait and become one: a sync that brings 2,000 records does not ask 2,000 times.
 */
export function useAsked<T>(phone: Phone, ask: () => Promise<T>, by: unknown[] = []): T | undefined {
  const [answer, setAnswer] = useState<{ value: T } | undefined>(undefined)
  useEffect(() => {
    let wanted = true
    let busy = false
    let missed = false
    const run = async () => {
      if (busy) return void (missed = true)
      busy = true
      do {
        missed = false
        const value = await ask().catch(() => undefined) // locked in the middle: the screen is going away
        if (wanted && value !== undefined) setAnswer({ value })
      } while (missed && wanted)
      busy = false
    }
    setAnswer(undefined)
    void run()
    const stop = phone.subscribe(run)
    return () => {
      wanted = false
      stop()
    }
  }, [phone, ...by])
  return answer?.value
}

/** Draws again every so often: `3 menit yang lalu` grows old by itself. */
export function useTicking(milliseconds: number): void {
  const [, again] = useReducer((n: number) => n + 1, 0)
  useEffect(() => {
    const timer = setInterval(() => again(undefined as never), milliseconds)
    return () => clearInterval(timer)
  }, [milliseconds])
}

/** For what is pressed once and takes a moment: while it runs, pressing again does nothing. */
export function useBusy(): [boolean, (work: () => Promise<unknown>) => void] {
  const [busy, setBusy] = useState(false)
  const running = useRef(false)
  const run = (work: () => Promise<unknown>) => {
    if (running.current) return
    running.current = true
    setBusy(true)
    void work().finally(() => {
      running.current = false
      setBusy(false)
    })
  }
  return [busy, run]
}
