import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { DeadlineTimer as Timer } from '../../workflows/clock.ts'

const START = Date.parse('2026-05-04T09:00:00.000Z')
const AN_HOUR = 3_600_000
const deadline = { at: new Date(START + AN_HOUR).toISOString(), kind: 'no_show' } as const

/** The timers of the server that are set: for how long, and what lets them ring. */
let timers: { readonly ms: number; readonly ring: () => void }[] = []
let DeadlineTimer: typeof Timer

/** The timer's own code over timers that ring when the test says so: no server does that. */
beforeAll(async () => {
  vi.resetModules()
  vi.doMock('@temporalio/workflow', () => ({
    CancellationScope: class {
      run = (body: () => unknown) => body()
      cancel = () => undefined
    },
    isCancellation: () => false,
    sleep: (ms: number) => new Promise<void>((ring) => timers.push({ ms, ring })),
  }))
  ;({ DeadlineTimer } = await import('../../workflows/clock.ts'))
})
afterAll(() => {
  vi.doUnmock('@temporalio/workflow')
  vi.resetModules()
  vi.useRealTimers()
})
beforeEach(() => {
  timers = []
  vi.useFakeTimers({ now: START, toFake: ['Date'] })
})

async function ringAt(epochMs: number): Promise<void> {
  vi.setSystemTime(epochMs)
  timers.at(-1)?.ring()
  await Promise.resolve()
  await Promise.resolve()
}

describe('N-22 the timer of a deadline', () => {
  test.each([
    ['half an hour', AN_HOUR / 2, AN_HOUR / 2],
    ['a second', 1000, 1000],
    ['a moment: it waits a second at least, and does not spin', 3, 1000],
    ['all of it, because the clock was set back', AN_HOUR, AN_HOUR],
  ])('that rings too early by %s is set again, as often as it happens', async (_, early, again) => {
    let rang = 0
    const timer = new DeadlineTimer(() => (rang += 1))
    timer.set(deadline)
    expect(timers.map(({ ms }) => ms)).toEqual([AN_HOUR])
    for (const times of [1, 2, 3]) {
      await ringAt(START + AN_HOUR - early)
      expect(rang).toBe(times)
      // The main loop processes the message, which brings nothing, and sets the timer for the same deadline.
      timer.set(deadline)
      expect(timers).toHaveLength(times + 1)
      expect(timers.at(-1)?.ms).toBe(again)
    }
  })

  test('that rings in time is not set again for the same deadline', async () => {
    const timer = new DeadlineTimer(() => undefined)
    timer.set(deadline)
    await ringAt(START + AN_HOUR)
    timer.set(deadline)
    expect(timers).toHaveLength(1)
  })
})
