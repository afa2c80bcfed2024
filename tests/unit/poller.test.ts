import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { startPoller } from '../../runtime/poller.ts'

/** So long that a test which waits for it fails. */
const LONG = 600_000

function polling(rounds: readonly (() => Promise<boolean>)[], intervalMs = LONG) {
  const lines: string[] = []
  const log = pino({ base: null, timestamp: false }, { write: (line: string) => lines.push(line) })
  let count = 0
  let allDone: () => void = () => undefined
  const played = new Promise<void>((resolve) => (allDone = resolve))
  const round = async () => {
    const next = rounds[count]
    count += 1
    if (count >= rounds.length) allDone()
    return next === undefined ? false : next()
  }
  const poller = startPoller({ round, intervalMs, log, trouble: 'it could not be done' })
  return { poller, played, lines, rounds: () => count }
}

describe('a poller', () => {
  test('goes on at once while there is more to do, then waits for its interval', async () => {
    const more = async () => true
    const { poller, played, rounds } = polling([more, more, async () => false])
    await played
    await poller.stop()
    expect(rounds()).toBe(3)
  })

  test('that failed says so and goes on after its interval', async () => {
    const fails = async () => {
      throw new Error('no database')
    }
    const { poller, played, lines } = polling([fails, fails, async () => false], 1)
    await played
    await poller.stop()
    const said = lines.map((line) => JSON.parse(line) as { msg: string; err: { message: string } })
    expect(said.map(({ msg, err }) => [msg, err.message])).toEqual([
      ['it could not be done', 'no database'],
      ['it could not be done', 'no database'],
    ])
  })

  test('is stopped when the round in hand is done, and begins no other', async () => {
    let finish: () => void = () => undefined
    const slow = new Promise<boolean>((resolve) => (finish = () => resolve(true)))
    const { poller, played, rounds } = polling([() => slow])
    await played
    let isStopped = false
    const stopped = poller.stop().then(() => (isStopped = true))
    await Promise.resolve()
    expect(isStopped).toBe(false)
    finish()
    await stopped
    expect(rounds()).toBe(1)
  })
})
