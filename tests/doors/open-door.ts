import { inject } from 'vitest'
import { applyPayment } from '../../events/consumers/payments.ts'
import { messageOf } from '../../events/envelope.ts'
import { freePort } from '../support/ports.ts'
import { openWorld, type World } from '../support/world.ts'
import type { Door, DoorName } from './door.ts'
import { openDoorOfStack } from './stack-door.ts'

/** Opens a door; close it in `afterAll`. */
export async function openDoor(name: DoorName): Promise<Door> {
  const stack = inject('stack') as ReturnType<typeof inject<'stack'>> | undefined
  if (stack !== undefined) return openDoorOfStack(name, stack)
  if (name !== 'course') return doorOf(name, await openWorld())
  const port = await freePort()
  const world = await openWorld({ environment: { COURSE_PORT: String(port) } })
  await world.grpc()
  return doorOf(name, world, `127.0.0.1:${port}`)
}

function doorOf(name: DoorName, world: World, url = `${world.apiUrl}/doors/${name}`): Door {
  return {
    name,
    url,
    as: (role, sub) => world.as(role, sub),
    service: world.service,
    async told() {
      const where = { profile: name }
      const rows = await world.parts.database.outboxMessage.findMany({ where, orderBy: { id: 'asc' } })
      return rows.map((row) => {
        const message = messageOf({ ...row, id: String(row.id), payload: JSON.stringify(row.payload) })
        return { key: String(message.key), type: row.eventType, value: String(message.value) }
      })
    },
    async tell(topic, value, outcome) {
      const made = await apply(world, topic, value).catch((error: Error) => error.message)
      if (made !== outcome) throw new Error(`a message on ${topic} was ${made}, and not ${outcome}`)
    },
    close: () => world.close(),
  }
}

/** A message as the consumers take it once the broker has given it to them (tests/stream has them on a broker). */
function apply(world: World, topic: string, value: object): Promise<string | null> {
  const sentAt = new Date()
  return applyPayment(world.parts, {
    id: 1n,
    topic,
    partition: 0,
    offset: '0',
    key: null,
    value: Buffer.from(JSON.stringify(value)),
    headers: {},
    sentAt,
    receivedAt: sentAt,
    attempts: 1,
  })
}
