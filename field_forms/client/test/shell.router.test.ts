// @vitest-environment happy-dom
import { beforeEach, describe, expect, test } from 'vitest'
import { back, go, parse, replace, takeCode, to } from '../src/router'

beforeEach(() => history.replaceState(null, '', '/app/'))

describe('where one is', () => {
  test('nothing after the sign is home', () => {
    for (const hash of ['', '#', '#/', '#/?x=1']) expect(parse(hash).name).toBe('home')
  })

  test('a record and a question are read from the address', () => {
    expect(parse('#/edit/k7f3q2-9?at=birth_date')).toEqual({ name: 'edit', rest: ['k7f3q2-9'], query: { at: 'birth_date' } })
  })

  test('whatever an id is made of, it comes back as it went in', () => {
    for (const id of ['eligible:64.02.11.2005:2026-11', 'uuid:1234', 'a/b?c#d', '50% jadi', 'k7f3q2-9']) {
      expect(parse(to('record', [id], { at: 'extra.jarak' }))).toEqual({ name: 'record', rest: [id], query: { at: 'extra.jarak' } })
    }
  })

  test('an address that a messenger cut off opens all the same', () => {
    expect(parse('#/worker/%E0%A4').name).toBe('worker')
  })

  test('home has one address', () => {
    expect(to('home')).toBe('#/')
  })

  test('what replaces an address leaves nothing to go back to', () => {
    go(to('search'))
    const length = history.length
    replace(to('form', ['d1']))
    expect(location.hash).toBe('#/form/d1')
    expect(history.length).toBe(length)
  })

  test('back from the first screen leads home, not out of the app', () => {
    replace(to('settings'))
    let heard = 0
    addEventListener('hashchange', () => heard++)
    back() // the one step of the test before
    back()
    expect(heard).toBeGreaterThan(0)
  })
})

describe('the code in the address', () => {
  test('is taken over and gone from the address', () => {
    for (const [hash, code] of [['#7K4Q-9WXB', '7K4Q-9WXB'], ['#7k4q9wxb', '7K4Q9WXB']]) {
      history.replaceState(null, '', `/app/${hash}`)
      expect(takeCode()).toBe(code)
      expect(location.href).not.toContain('#')
    }
  })

  test('a screen is not taken for a code', () => {
    history.replaceState(null, '', '/app/#/settings')
    expect(takeCode()).toBeNull()
    expect(location.hash).toBe('#/settings')
  })
})
