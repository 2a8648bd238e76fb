// How much at a time, how long to wait, and what is a code.
import { expect, it } from 'vitest'
import { parseCode } from '../src/enrol'
import { afterFailure, afterFullDisk, afterSuccess, afterTooLarge, FIRST_PACE, LEAST_PULL, MOST_PULL, waitMs } from '../src/pace'

it('a broken line gets a quarter of what was on it, a good one double, within the bounds', () => {
  expect(afterFailure(FIRST_PACE, 120)).toEqual({ changes: 30, pull: MOST_PULL / 4 })
  expect(afterFailure({ changes: 2, pull: LEAST_PULL }, 2)).toEqual({ changes: 1, pull: LEAST_PULL })
  expect(afterSuccess({ changes: 600, pull: MOST_PULL }, 1000)).toEqual({ changes: 1000, pull: MOST_PULL })
  expect(afterTooLarge({ changes: 200, pull: 5000 }, 31)).toEqual({ changes: 15, pull: 5000 })
  let pace = FIRST_PACE
  for (let n = 0; n < 9; n++) pace = afterFullDisk(pace)
  expect(pace).toEqual({ changes: 200, pull: LEAST_PULL })
})

it('waits double each time up to five minutes, half by chance, and never less than the server asked for', () => {
  expect([0, 1, 2, 3, 20, 99].map((attempt) => waitMs(attempt, () => 1))).toEqual([1000, 2000, 4000, 8000, 300_000, 300_000])
  expect(waitMs(3, () => 0)).toBe(4000)
  expect(waitMs(0, () => 0, 40_000)).toBeGreaterThan(40_000)
})

it('a code is read as it is typed by thumb, from a QR code, or from the address', () => {
  for (const typed of ['7K4Q-9WXB', '7k4q9wxb', ' 7k4q 9wxb ', 'https://sambung.example.go.id/app/#7K4Q-9WXB', '#7k4q-9wxb', '/app/#code=7K4Q-9WXB', '7k4q.9wxb']) {
    expect(parseCode(typed), typed).toBe('7K4Q-9WXB')
  }
  expect(parseCode('ilo0-1234')).toBe('1100-1234')
  for (const wrong of ['', '7K4Q-9WX', '7K4Q-9WXBB', 'UUUU-UUUU', 'https://sambung.example.go.id/app/', '7K4Q%9WXB']) expect(parseCode(wrong), wrong).toBeNull()
})
