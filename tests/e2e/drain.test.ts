import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startServerProcess } from '../support/server-process.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld({ worker: false, environment: { DRAIN_SECONDS: '3' } })
})
afterAll(() => world.close())

test('A-22 T-11 an API that is told to stop is not ready for a while, answers all the same, and then ends', async () => {
  const server = await startServerProcess(world.config)
  expect((await fetch(`${server.apiUrl}/ready`)).status).toBe(200)
  const stopped = server.stop()
  await eventually(async () => expect((await fetch(`${server.apiUrl}/ready`)).status).toBe(503), 3)
  expect((await fetch(`${server.apiUrl}/health`)).status).toBe(200)
  expect(await stopped).toBe(0)
  await expect(fetch(`${server.apiUrl}/health`)).rejects.toThrow('fetch failed')
})
