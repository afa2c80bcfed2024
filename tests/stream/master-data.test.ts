import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import type { BookingBody } from '../../api/schemas/booking.ts'
import { hold } from '../support/booking.ts'
import { openStream, withKafka, type Stream } from '../support/consumers.ts'
import { eventually } from '../support/eventually.ts'
import { offerSlots } from '../support/offers.ts'
import { openWorld, type World } from '../support/world.ts'

describe.skipIf(inject('kafka').brokers === null)('master data from Kafka (needs Kafka)', () => {
  let world: World
  let stream: Stream
  beforeAll(async () => {
    world = await openWorld({ environment: withKafka() })
    stream = await openStream(world)
  })
  afterAll(async () => {
    await stream.close()
    await world.close()
  })

  test('C-11 K-04 service.updated changes name, price, length and availability of what is sold from now on, and no booking that was made', async () => {
    const ada = await world.as('customer', 'ada')
    const service = await offerSlots(world, { slots: 3 })
    const before = await hold(ada, service.order({}, service.unitIds[0]))
    await stream.send(
      serviceUpdated(service.offeringId, { name: 'Vaccination plus', price: '175000.50', duration_minutes: 45 }),
    )
    await eventually(async () => {
      expect(await serviceOf(service.offeringId)).toMatchObject({
        name: 'Vaccination plus',
        price: { amount: 17_500_050, currency: 'IDR' },
        duration_minutes: 45,
      })
    })
    const after = await hold(ada, service.order({}, service.unitIds[1]))
    expect([before.amount, after.amount]).toEqual([15_000_000, 17_500_050])
    const { body } = await ada.get<BookingBody>(`/bookings/${before.id}`)
    expect(body).toEqual(before)
    expect(body.snapshots).toMatchObject({ offerings: [{ name: 'Vaccination', duration_minutes: 30 }] })

    await stream.send(serviceUpdated(service.offeringId, { is_available: false }))
    await eventually(async () => {
      const answer = await ada.post('/bookings', service.order({}, service.unitIds[2]))
      expect(answer).toMatchObject({ status: 409 })
    })
  })

  test('C-11 clinic.updated gives the services of the clinic its new name, and those of no other', async () => {
    const clinicId = `clinic-${randomUUID()}`
    const offer = (id: string) => offerSlots(world, { more: { venue: { id, type: 'clinic', name: 'Paws' } } })
    const [service, other] = [await offer(clinicId), await offer(`clinic-${randomUUID()}`)]
    const before = await serviceOf(service.offeringId)
    await stream.send({
      topic: 'clinic.updated',
      key: clinicId,
      value: {
        clinic_id: clinicId,
        name: 'Paws & Co',
        address: '1 Kennel Road',
        phone_number: null,
        updated_at: now(),
      },
    })
    await eventually(async () => {
      const venue = { id: clinicId, type: 'clinic', name: 'Paws & Co' }
      expect(await serviceOf(service.offeringId)).toEqual({ ...before, venue })
    })
    expect(await serviceOf(other.offeringId)).toMatchObject({ venue: { name: 'Paws' } })
  })

  test('C-11 T-04 user.updated changes whom a booking reaches, not what was snapshotted; older and repeated news changes nothing', async () => {
    const person = `user-${randomUUID()}`
    const customer = await world.as('customer', person)
    const service = await offerSlots(world)
    const booking = await hold(customer, service.order())
    const update = (full_name: string, updated_at: string) => ({
      topic: 'user.updated',
      key: person,
      value: { user_id: person, email: 'new@example.test', full_name, phone_number: '+62 21', updated_at },
    })
    const [early, late] = [now(), now(1000)]
    await stream.send(update('New Name', late), update('Old Name', early), update('New Name', late))
    await settled()
    const { body } = await customer.get<BookingBody>(`/bookings/${booking.id}`)
    expect(body).toEqual({
      ...booking,
      customer: { id: person, name: 'New Name', email: 'new@example.test', phone: '+62 21' },
    })
    // The booking goes on as if nothing had happened: nobody but its workflow writes its state.
    expect((await customer.post<BookingBody>(`/bookings/${booking.id}/cancel`, {})).body).toMatchObject({
      status: 'cancelled',
      customer: { name: 'New Name' },
    })
  })

  test('C-11 pet.updated is kept, the latest of each pet, and the same again changes nothing', async () => {
    const pet = `pet-${randomUUID()}`
    const update = (name: string, updated_at: string) => ({
      topic: 'pet.updated',
      key: pet,
      value: { event_type: 'pet.updated', pet_id: pet, name, species: 'dog', breed: 'mixed', updated_at },
    })
    const [early, late] = [now(), now(5)]
    await stream.send(update('Rex', early), update('Max', late), update('Rex', early), update('Max', late))
    await settled()
    const row = await world.parts.database.masterData.findUniqueOrThrow({
      where: { kind_id: { kind: 'pet', id: pet } },
    })
    expect(row).toMatchObject({ data: { name: 'Max', species: 'dog', breed: 'mixed' }, updatedAt: new Date(late) })
  })

  test('C-11 K-05 a service with a price finer than its currency goes to the dead letters, and the next of its key is taken', async () => {
    const service = await offerSlots(world)
    await stream.send(
      serviceUpdated(service.offeringId, { price: '10.001' }),
      serviceUpdated(service.offeringId, { price: 99 }),
    )
    await eventually(async () => {
      const row = await world.parts.database.offering.findUniqueOrThrow({ where: { id: service.offeringId } })
      expect(row.priceAmount).toBe(9900n)
    })
    expect(await stream.deadLetters(service.offeringId)).toMatchObject([
      {
        topic: 'service.updated',
        reason: 'The price is wrong: 10.001 is finer than the minor unit of IDR.',
        attempts: 1,
      },
    ])
  })

  /** A service as everybody sees it. */
  async function serviceOf(id: string): Promise<Record<string, unknown>> {
    const ada = await world.as('customer', 'ada')
    const { body } = await ada.get<{ service: Record<string, unknown> }>(`/services/${id}/slots`)
    return body.service
  }

  /** Until nothing is waiting that was sent so far: the test's messages are the last ones of their topics. */
  async function settled(): Promise<void> {
    const marker = `pet-${randomUUID()}`
    const topics = ['pet.updated', 'user.updated'] as const
    for (const topic of topics) {
      const value = { pet_id: marker, user_id: marker, name: 'M', full_name: 'M', species: 'dog', updated_at: now() }
      // One on every partition, so that each comes after what is there.
      const messages = Array.from({ length: world.config.KAFKA_PARTITIONS }, (_, partition) => ({
        partition,
        key: `${marker}-${partition}`,
        value: JSON.stringify({ ...value, pet_id: `${marker}-${partition}`, user_id: `${marker}-${partition}` }),
      }))
      await stream.producer.send({ topic, messages })
    }
    await eventually(async () => {
      const { database } = world.parts
      const seen = await database.masterData.count({ where: { id: { startsWith: marker } } })
      expect(seen).toBe(topics.length * world.config.KAFKA_PARTITIONS)
      expect(await database.consumedMessage.count({ where: { topic: { in: [...topics] } } })).toBe(0)
    }, 30)
  }
})

function now(laterMs = 0): string {
  return new Date(Date.now() + laterMs).toISOString()
}

function serviceUpdated(id: string, more: object) {
  return {
    topic: 'service.updated',
    key: id,
    value: {
      event_type: 'service.updated',
      service_id: id,
      clinic_id: 'clinic-1',
      name: 'Vaccination',
      price: '150000.00',
      duration_minutes: 30,
      is_available: true,
      updated_at: now(),
      ...more,
    },
  }
}
