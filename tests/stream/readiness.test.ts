import { describe, expect, inject, test } from 'vitest'
import { freePort } from '../support/ports.ts'
import { openWorld } from '../support/world.ts'

const { brokers, reason } = inject('kafka')

describe.skipIf(brokers === null)(`the API’s readiness (needs Kafka${reason === null ? '' : `: ${reason}`})`, () => {
  test('A-22 E-08 K-06 names Kafka, and does not wait for it', async () => {
    const away = `127.0.0.1:${await freePort()}`
    for (const [address, state] of [
      [brokers!, 'up'],
      [away, 'down'],
    ] as const) {
      const world = await openWorld({ worker: false, environment: { KAFKA_BROKERS: address } })
      try {
        const answer = await fetch(`http://127.0.0.1:${world.config.PORT}/ready`)
        expect({ status: answer.status, body: await answer.json() }).toMatchObject({
          status: 200,
          body: { status: 'ready', checks: { database: 'up', kafka: state } },
        })
      } finally {
        await world.close()
      }
    }
  })
})
