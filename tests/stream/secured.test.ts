import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { startRelayProcess } from '../support/relay-process.ts'
import { openSecuredBroker, type SecuredBroker } from '../support/secured-broker.ts'
import { openWorld, type World } from '../support/world.ts'

const { brokers, reason } = inject('kafka')

describe.skipIf(brokers === null)(
  `a broker with TLS and SASL (needs Kafka${reason === null ? '' : `: ${reason}`})`,
  () => {
    let world: World
    let broker: SecuredBroker
    beforeAll(async () => {
      ;[world, broker] = await Promise.all([openWorld({ worker: false }), openSecuredBroker()])
    })
    afterAll(async () => {
      await world.close({ replay: false, audit: false })
      await broker.close()
    })

    test('K-01 lets the relay in by configuration, and only with the right password', async () => {
      const { database } = world.parts
      await database.outboxMessage.create({
        data: {
          bookingId: randomUUID(),
          version: 1,
          profile: 'tutoring',
          factType: 'held',
          eventType: 'BookingRequested',
          topic: 'booking.events',
          payload: {},
        },
      })
      const access = {
        KAFKA_BROKERS: broker.brokers,
        KAFKA_SSL: 'true',
        KAFKA_SASL_MECHANISM: 'plain',
        KAFKA_SASL_USERNAME: broker.username,
        NODE_EXTRA_CA_CERTS: broker.certificate,
        LOG_LEVEL: 'warn',
      }
      const stranger = await startRelayProcess(
        world.config,
        { ...access, KAFKA_SASL_PASSWORD: 'guessed' },
        { wait: false },
      )
      await eventually(async () => expect(stranger.output()).toMatch(/SASL PLAIN authentication failed/), 60)
      await stranger.stop()
      expect(await database.outboxMessage.count({ where: { publishedAt: null } })).toBe(1)

      const relay = await startRelayProcess(world.config, { ...access, KAFKA_SASL_PASSWORD: broker.password })
      await eventually(
        async () => expect(await database.outboxMessage.count({ where: { publishedAt: null } })).toBe(0),
        60,
      )
      expect(await relay.stop()).toBe(0)
    })
  },
)
