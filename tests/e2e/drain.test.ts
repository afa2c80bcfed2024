import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { hold, ledgerOf, pay, until } from '../support/booking.ts'
import { offerSlots } from '../support/offers.ts'
import { startServerProcess } from '../support/server-process.ts'
import { startWorkerProcess } from '../support/worker-process.ts'
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

test('A-22 T-11 a worker that is told to stop is not ready, finishes the capture it has begun, and ends', async () => {
  const ada = await world.as('customer', 'ada')
  const captures = { service: 'payments', operation: 'capture', executed: true, delay_ms: 3000 }
  await world.service.put('/control/faults', { rules: [captures] })
  // The payment service would not be waited for so long.
  const first = await startWorkerProcess(world.config, { SERVICE_DEADLINE_MS: '10000' })
  const booking = await hold(ada, (await offerSlots(world)).order())
  await pay(world, booking)
  const { temporal } = world.parts
  const pending = async () => (await temporal.workflow.getHandle(booking.id).describe()).raw.pendingActivities ?? []
  // Begun, and not merely asked for.
  const begun = async () =>
    (await pending()).flatMap(({ activityType, lastStartedTime }) => (lastStartedTime ? [activityType?.name] : []))
  await eventually(async () => expect(await begun()).toEqual(['capture']))

  const stopped = first.stop()
  await eventually(async () => expect((await fetch(`${first.url}/ready`)).status).toBe(503), 3)
  expect((await fetch(`${first.url}/health`)).status).toBe(200)
  await stopped
  expect(await first.gone).toMatch(/^0/)
  expect((await pending()).map(({ activityType }) => activityType?.name)).not.toContain('capture')
  const { events } = await temporal.workflow.getHandle(booking.id).fetchHistory()
  const attempts = (events ?? []).flatMap(({ activityTaskStartedEventAttributes: started }) => started?.attempt ?? [])
  expect(attempts).toEqual([1])

  await world.service.put('/control/faults', { rules: [] })
  const second = await startWorkerProcess(world.config)
  await until(ada, booking.id, { status: 'confirmed' }, 30)
  expect(await ledgerOf(world, booking.id)).toEqual({ authorized: 15_000_000, captured: 15_000_000 })
  await second.stop()
}, 120_000)
