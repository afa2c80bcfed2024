import { setTimeout } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import { Watch } from '../../api/watch.ts'

describe('watching bookings', () => {
  test('A-15 is one look for everybody who waits, and none when nobody does', async () => {
    const versions = new Map([
      ['a', 1],
      ['b', 1],
    ])
    const looks: string[][] = []
    const watch = new Watch(
      (ids) => {
        looks.push(ids.toSorted())
        return Promise.resolve(versions)
      },
      () => undefined,
    )
    const nobody = new AbortController()
    const waiting = [
      watch.changed('a', 1, nobody.signal),
      watch.changed('a', 1, nobody.signal),
      watch.changed('b', 1, nobody.signal),
    ]
    await vi.waitFor(() => expect(looks.length).toBeGreaterThan(0))
    expect(looks[0]).toEqual(['a', 'b'])
    versions.set('a', 2)
    await Promise.all(waiting.slice(0, 2))
    await vi.waitFor(() => expect(looks.at(-1)).toEqual(['b']))
    nobody.abort()
    await waiting[2]
    const last = looks.length
    await setTimeout(450)
    expect(looks.slice(last)).toEqual([])
    await expect(watch.changed('b', 1, nobody.signal)).resolves.toBeUndefined()
  })

  test('A-15 outlives a database that is out of reach', async () => {
    const failures: unknown[] = []
    const watch = new Watch(
      () => (failures.length === 0 ? Promise.reject(new Error('gone')) : Promise.resolve(new Map([['a', 5]]))),
      (error) => failures.push(error),
    )
    await watch.changed('a', 4, new AbortController().signal)
    expect(failures).toHaveLength(1)
  })

  test('A-15 tells at once whoever is behind already', async () => {
    const watch = new Watch(
      () => Promise.resolve(new Map([['a', 9]])),
      () => undefined,
    )
    await expect(watch.changed('a', 3, new AbortController().signal)).resolves.toBeUndefined()
  })
})
