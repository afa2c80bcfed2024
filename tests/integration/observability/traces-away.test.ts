import { createServer, type Socket } from 'node:net'
import { afterAll, describe, expect, test } from 'vitest'
import { hold, pay, until } from '../../support/booking.ts'
import { offerSeats } from '../../support/offers.ts'
import { freePort } from '../../support/ports.ts'
import { openWorld } from '../../support/world.ts'

describe('O-07 when what collects traces is away', () => {
  const sockets = new Set<Socket>()
  const mute = createServer((socket) => sockets.add(socket.on('error', () => undefined)))
  afterAll(() => {
    for (const socket of sockets) socket.destroy()
    mute.close()
  })

  test.each(['refuses', 'never answers'])(
    'O-07 X-02 and %s: bookings are made and paid as ever, and a process ends in seconds',
    async (how) => {
      const port = await freePort()
      if (how === 'never answers') await new Promise<void>((done) => mute.listen(port, '127.0.0.1', done))
      const world = await openWorld({
        environment: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` },
      })
      const ada = await world.as('customer', 'ada')
      const offer = await offerSeats(world, 3)
      const from = performance.now()
      for (const unit of offer.unitIds) {
        const booking = await hold(ada, offer.order({}, unit))
        await pay(world, booking)
        await until(ada, booking.id, { status: 'confirmed' })
      }
      expect(performance.now() - from).toBeLessThan(15_000)
      const closing = performance.now()
      await world.close({ replay: false })
      expect(performance.now() - closing).toBeLessThan(10_000)
    },
  )
})
