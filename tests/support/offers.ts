import { randomUUID } from 'node:crypto'
import type { Caller } from './caller.ts'
import type { Outside } from './world.ts'

/** Something to sell, loaded through the API and the sandbox, and the body that orders it. */
export type Offer = {
  readonly offeringId: string
  readonly unitIds: readonly string[]
  /** A create request for the first unit (or the one named), `more` merged in. */
  order(more?: Record<string, unknown>, unitId?: string): Record<string, unknown>
}

const HOUR_MS = 3_600_000

/** The same all through a world, whatever hour strikes meanwhile; set anew only once days have been skipped. */
let nextHour = Math.ceil(Date.now() / HOUR_MS) * HOUR_MS

/** For a new world: the one before it, in the same process, may have skipped days. */
export function beginNow(): void {
  nextHour = Math.ceil(Date.now() / HOUR_MS) * HOUR_MS
}

/** An instant so many days from now, on the hour. */
export function inDays(days: number, hours = 0): string {
  if (Math.abs(Date.now() - nextHour) > 24 * HOUR_MS) beginNow()
  return new Date(nextHour + (24 * days + hours) * HOUR_MS).toISOString()
}

type Policy = Record<string, unknown>

/** A tutor with a calendar and an hourly rate in the directory. */
export async function offerTutor(
  world: Outside,
  policy: Policy = {},
  rate = { amount: 6000, currency: 'USD' },
): Promise<Offer> {
  const id = `tutor-${randomUUID().slice(0, 8)}`
  await ok(
    world.service.put(`/control/tutors/${id}`, {
      name: 'Tess Tutor',
      email: 'tess@example.test',
      hourly_rate: rate,
      subjects: ['maths'],
    }),
  )
  await load(world, id, {
    profile: 'tutoring',
    name: 'Maths',
    provider: { id, name: 'Tess Tutor' },
    price: rate,
    price_unit: 'hour',
    policy,
  })
  return {
    offeringId: id,
    unitIds: [id],
    order: (more = {}) => ({
      profile: 'tutoring',
      subject: 'Algebra',
      items: [{ offering_id: id, start: inDays(7), end: inDays(7, 1) }],
      ...more,
    }),
  }
}

/** A clinic service with one slot of a capacity, a week from now. */
export async function offerSlots(
  world: Outside,
  {
    capacity = 1,
    slots = 1,
    policy = {},
    more = {},
  }: { capacity?: number; slots?: number; policy?: Policy; more?: object } = {},
): Promise<Offer> {
  const id = `service-${randomUUID().slice(0, 8)}`
  await load(world, id, {
    profile: 'clinic',
    name: 'Vaccination',
    venue: { id: 'clinic-1', type: 'clinic', name: 'Paws' },
    price: { amount: 15_000_000, currency: 'IDR' },
    duration_minutes: 30,
    policy,
    ...more,
  })
  const unitIds = Array.from({ length: slots }, (_, index) => `slot-${index + 1}`)
  await loadUnits(
    world,
    id,
    unitIds.map((unit, index) => ({
      id: unit,
      kind: 'slot',
      start: inDays(7, index),
      end: inDays(7, index + 1),
      staff_id: 'vet-1',
      capacity,
    })),
  )
  return {
    offeringId: id,
    unitIds,
    order: (extra = {}, unitId = unitIds[0]) => ({
      profile: 'clinic',
      items: [{ offering_id: id, unit_id: unitId }],
      ...extra,
    }),
  }
}

/** An event with numbered seats, in the catalogue with a price each. */
export async function offerSeats(world: Outside, seats = 1, policy: Policy = {}, price = 45): Promise<Offer> {
  const id = `event-${randomUUID().slice(0, 8)}`
  const unitIds = Array.from({ length: seats }, (_, index) => `A-${index + 1}`)
  const start = inDays(30)
  await ok(
    world.service.put(`/control/events/${id}`, {
      name: 'Concert',
      venue: { id: 'hall', name: 'Hall' },
      starts_at: start,
      ends_at: inDays(30, 3),
      on_sale: true,
      currency: 'USD',
      seats: unitIds.map((seat) => ({ id: seat, price })),
    }),
  )
  await load(world, id, { profile: 'ticketing', name: 'Concert', price: { amount: 4500, currency: 'USD' }, policy })
  await loadUnits(
    world,
    id,
    unitIds.map((seat) => ({ id: seat, kind: 'seat', label: seat, section: 'A', row: '1', start, end: inDays(30, 3) })),
  )
  return {
    offeringId: id,
    unitIds,
    order: (more = {}, unitId = unitIds[0]) => ({
      profile: 'ticketing',
      items: [{ offering_id: id, unit_id: unitId }],
      ...more,
    }),
  }
}

/** A restaurant with tables of the sizes named. */
export async function offerTables(world: Outside, sizes: readonly number[] = [4], policy: Policy = {}): Promise<Offer> {
  const id = `dinner-${randomUUID().slice(0, 8)}`
  await load(world, id, {
    profile: 'venue',
    name: 'Dinner',
    venue: { id: `bistro-${id}`, type: 'restaurant', name: 'Bistro' },
    price: { amount: 2500, currency: 'USD' },
    price_unit: 'person',
    duration_minutes: 90,
    policy,
  })
  const unitIds = sizes.map((_, index) => `T${index + 1}`)
  await loadUnits(
    world,
    id,
    sizes.map((size, index) => ({ id: unitIds[index], kind: 'table', min_party: 1, max_party: size })),
  )
  return {
    offeringId: id,
    unitIds,
    order: (more = {}) => ({
      profile: 'venue',
      party_size: 2,
      items: [{ offering_id: id, start: inDays(7) }],
      ...more,
    }),
  }
}

/** A course with so many places; null: any number. */
export async function offerCourse(world: Outside, capacity: number | null = null, policy: Policy = {}): Promise<Offer> {
  const id = `course-${randomUUID().slice(0, 8)}`
  await load(world, id, {
    profile: 'course',
    name: 'TypeScript',
    price: { amount: 9900, currency: 'USD' },
    capacity,
    policy,
  })
  return {
    offeringId: id,
    unitIds: [id],
    order: (more = {}) => ({ profile: 'course', items: [{ offering_id: id }], ...more }),
  }
}

/** A course's sessions, so many of them with a capacity each, an hour apart. */
export async function offerSessions(world: Outside, capacity = 1, sessions = 1, policy: Policy = {}): Promise<Offer> {
  const id = `sessions-${randomUUID().slice(0, 8)}`
  await load(world, id, {
    profile: 'course',
    name: 'TypeScript, live',
    provider: { id: `teacher-${id}`, name: 'Theo Teacher' },
    price: { amount: 3500, currency: 'USD' },
    policy,
  })
  const unitIds = Array.from({ length: sessions }, (_, index) => `live-${index + 1}`)
  await loadUnits(
    world,
    id,
    unitIds.map((unit, index) => ({
      id: unit,
      kind: 'slot',
      start: inDays(7, index),
      end: inDays(7, index + 1),
      capacity,
    })),
  )
  return {
    offeringId: id,
    unitIds,
    order: (more = {}, unitId = unitIds[0]) => ({
      profile: 'course',
      items: [{ offering_id: id, unit_id: unitId }],
      ...more,
    }),
  }
}

async function load(world: Outside, id: string, body: object): Promise<void> {
  const operator = await world.as('operator', 'olga')
  await ok(operator.put(`/offerings/${id}`, body))
}

async function loadUnits(world: Outside, id: string, units: object[]): Promise<void> {
  const operator = await world.as('operator', 'olga')
  await ok(operator.put(`/offerings/${id}/units`, { units }))
}

async function ok(answer: ReturnType<Caller['put']>): Promise<void> {
  const { status, body } = await answer
  if (status >= 300) throw new Error(`could not load an offer: ${status} ${JSON.stringify(body)}`)
}
