import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { Registry } from 'prom-client'
import { startConsumers } from '../../events/consumers/start.ts'
import { openDatabase, type Database } from '../../prisma/client.ts'
import { hold, ledgerOf, pay, until } from '../support/booking.ts'
import { openStream, ticketing, withKafka, type Stream } from '../support/consumers.ts'
import { eventually } from '../support/eventually.ts'
import { offerSeats } from '../support/offers.ts'
import { openTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { openWorld, type World } from '../support/world.ts'

describe.skipIf(inject('kafka').brokers === null)('consumers while others are down (needs Kafka)', () => {
  let world: World
  let stream: Stream
  let proxy: TcpProxy
  let database: Database
  let stopConsumers: () => Promise<void>
  const metrics = new Registry()
  beforeAll(async () => {
    world = await openWorld({ environment: withKafka() })
    stream = await openStream(world, { consumers: false })
    await world.service.put('/control/faults', { rules: [{ service: 'webhooks', drop: true }] })
    // The consumers have a way of their own to the database, which the test can cut.
    const url = new URL(world.config.DATABASE_URL)
    proxy = await openTcpProxy(url.hostname, Number(url.port))
    url.host = `127.0.0.1:${proxy.port}`
    database = openDatabase(url.href, 10)
    const consumers = await startConsumers({ ...world.parts, database, kafka: stream.kafka, metrics })
    stopConsumers = () => consumers.stop()
  })
  afterAll(async () => {
    await stopConsumers()
    await database.$disconnect()
    await proxy.close()
    await stream.close()
    await world.close()
  })

  test('K-04 H-24 what comes while the database is away is stored when it is back, and nothing is acknowledged before', async () => {
    const ada = await world.as('customer', 'ada')
    const event = await offerSeats(world, 6)
    const bookings = await Promise.all(event.unitIds.map((seat) => hold(ada, event.order({}, seat))))
    for (const booking of bookings) await pay(world, booking, 'pm_bank_immediate')
    const [first, ...others] = bookings
    if (first === undefined) throw new Error('no booking was made')
    await stream.send(ticketing('payment.success', first))
    await until(ada, first.id, { status: 'confirmed' }, 60)

    proxy.cut()
    const admin = stream.kafka.admin()
    await admin.connect()
    try {
      // What was stored before the cut may be committed after it.
      const before = await eventually(async () => {
        const seen = await committed()
        await setTimeout(1000)
        expect(await committed()).toBe(seen)
        return seen
      })
      await stream.send(...others.map((booking) => ticketing('payment.success', booking)))
      // Long enough for the batch to be read, and to fail to be stored more than once.
      await setTimeout(3000)
      expect(await committed()).toBe(before)
      proxy.heal()
      for (const { id } of others) await until(ada, id, { status: 'confirmed' }, 60)
    } finally {
      proxy.heal()
      await admin.disconnect()
    }

    async function committed(): Promise<number> {
      const groupId = `${world.config.TASK_QUEUE}.consumers`
      const [offsets] = await admin.fetchOffsets({ groupId, topics: ['payment.success'] })
      return (offsets?.partitions ?? []).reduce((total, { offset }) => total + Math.max(0, Number(offset)), 0)
    }
  })

  test('K-04 K-05 H-24 a fact whose amount the payment service cannot tell now is tried until it can', async () => {
    const ada = await world.as('customer', 'ada')
    const booking = await hold(ada, (await offerSeats(world)).order())
    await pay(world, booking, 'pm_bank_immediate')
    await world.service.put('/control/faults', {
      rules: [
        { service: 'payments', operation: 'get_intent', status: 503 },
        { service: 'webhooks', drop: true },
      ],
    })
    await stream.send(ticketing('payment.success', booking))
    await eventually(async () => {
      expect(await metrics.metrics()).toMatch(
        /holdfast_consumed_messages_total\{topic="payment.success",outcome="put_off"\} [1-9]/,
      )
    })
    await world.service.put('/control/faults', { rules: [{ service: 'webhooks', drop: true }] })
    await until(ada, booking.id, { status: 'confirmed' }, 60)
    expect(await ledgerOf(world, booking.id)).toEqual({ captured: 4500 })
    expect(await stream.deadLetters(booking.id)).toEqual([])
    expect(await metrics.metrics()).toMatch(
      /holdfast_consumed_messages_total\{topic="payment.success",outcome="applied"\} [1-9]/,
    )
  })
})
