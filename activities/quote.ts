import { Refused } from '../domain/failures.ts'
import { money, type Money } from '../domain/money.ts'
import type { Order, OrderItem, Priced } from '../domain/order.ts'
import { addsUp } from '../domain/price.ts'
import type { Catalogue, Clinic, Courses, Directory, Pet, Person, Pricing, Tutor, Users } from '../services/ports.ts'

export type QuotePorts = {
  readonly pricing: Pricing
  readonly catalogue: Catalogue
  readonly directory: Directory
  /** What course orders are checked with (O-03); null: not configured, and not checked. */
  readonly users: Users | null
  readonly courses: Courses | null
}

/** List prices by item, and what was noted on the way. */
type ListPrices = { readonly of: (item: OrderItem) => Money; readonly snapshots: Record<string, unknown> }

/**
 * Prices an order: the list prices from where its profile has them, the total from the pricing service. Throws Refused: `policy_forbids` for an
 * event or course that is not on sale, `validation_failed` for what does not exist or cannot be priced in the order's currency.
 */
export async function priceOrder(ports: QuotePorts, order: Order): Promise<Priced> {
  const [list, people] = await Promise.all([listPrices(ports, order), peopleOf(ports, order)])
  const price = await ports.pricing.calculate({
    profile: order.profile,
    currency: order.currency,
    partySize: order.partySize,
    lines: order.items.map((item) => ({
      itemId: item.id,
      offeringId: item.offeringId,
      unitId: item.unitId,
      unitPrice: inCurrency(list.of(item), order.currency),
      priceUnit: item.priceUnit,
      quantity: item.quantity,
      range: item.start !== null && item.end !== null ? { start: item.start, end: item.end } : null,
      ...(item.nights !== undefined && { nights: item.nights }),
      partySize: order.partySize,
    })),
  })
  if (!addsUp(price) || price.currency !== order.currency) {
    throw new Refused({ code: 'unavailable', message: 'The pricing service gave a price that does not add up.' })
  }
  return { price, snapshots: { offerings: offeringSnapshots(order), ...people, ...list.snapshots } }
}

function offeringSnapshots({ offerings }: Order): object[] {
  return offerings.map(({ id, name, durationMinutes }) => ({ id, name, duration_minutes: durationMinutes }))
}

async function listPrices({ catalogue, directory, courses }: QuotePorts, order: Order): Promise<ListPrices> {
  const offered = (item: OrderItem) => money(item.listPrice, order.currency)
  switch (order.terms.priceSource) {
    case 'offering':
      return { of: offered, snapshots: {} }
    case 'tutor_rate': {
      const tutor = order.provider === null ? null : await directory.tutor(order.provider.id, staleSecondsOf(order))
      const rate = tutor?.hourlyRate
      return {
        of: (item) => rate ?? offered(item),
        snapshots: { tutor: tutorSnapshot(order, tutor), subject: order.subject, hourly_rate: rate ?? null },
      }
    }
    case 'event_catalogue':
      return seatPrices(catalogue, order)
    case 'course_service':
      return courses === null ? { of: offered, snapshots: {} } : coursePrices(courses, order)
  }
}

function tutorSnapshot(order: Order, tutor: Tutor | null): object | null {
  if (tutor !== null) return { id: tutor.id, name: tutor.name, email: tutor.email }
  return order.provider
}

/** E-03: the event exists and is on sale, and its catalogue knows the price of every seat. */
async function seatPrices(catalogue: Catalogue, order: Order): Promise<ListPrices> {
  const prices = new Map<string, Money>()
  const events: object[] = []
  for (const offeringId of new Set(order.items.map((item) => item.offeringId))) {
    const seats = order.items.filter((item) => item.offeringId === offeringId).map(({ unitId }) => unitId ?? '')
    const [event, seatPriceOf] = await Promise.all([
      catalogue.event(offeringId, staleSecondsOf(order)),
      catalogue.seatPrices(offeringId, seats, staleSecondsOf(order)),
    ])
    if (event === null) {
      throw new Refused({
        code: 'validation_failed',
        message: `The catalogue has no event ${offeringId}.`,
        details: faultAt(order, offeringId, 'the catalogue does not know it'),
      })
    }
    if (!event.onSale) throw new Refused({ code: 'policy_forbids', message: `${event.name} is not on sale.` })
    for (const [seat, price] of seatPriceOf) prices.set(`${offeringId} ${seat}`, price)
    events.push({ id: event.id, name: event.name, starts_at: event.startsAt, venue: event.venue })
  }
  return {
    of: (item) => {
      const price = prices.get(`${item.offeringId} ${item.unitId}`)
      if (price !== undefined) return price
      throw new Refused({
        code: 'validation_failed',
        message: `The catalogue has no price for seat ${item.unitId}.`,
        details: faultAt(order, item.offeringId, 'the catalogue does not know it'),
      })
    },
    snapshots: { events },
  }
}

/** O-03: every course exists and can be ordered, at the price its service names; sessions and whatever else is no course have their offering's. */
async function coursePrices(courses: Courses, order: Order): Promise<ListPrices> {
  const ids = new Set(order.items.filter(({ kind }) => kind === 'enrolment').map(({ offeringId }) => offeringId))
  const found = await Promise.all(
    [...ids].map(async (id) => [id, await courses.course(id, staleSecondsOf(order))] as const),
  )
  const prices = new Map<string, Money>()
  for (const [id, course] of found) {
    if (course === null) {
      throw new Refused({
        code: 'validation_failed',
        message: `The course service has no course ${id}.`,
        details: faultAt(order, id, 'the course service does not know it'),
      })
    }
    if (!course.onSale) throw new Refused({ code: 'policy_forbids', message: `${course.title} is not on sale.` })
    prices.set(id, course.price)
  }
  return {
    of: (item) => prices.get(item.offeringId) ?? money(item.listPrice, order.currency),
    snapshots: { courses: found.map(([id, course]) => ({ id, title: course?.title, price: course?.price })) },
  }
}

/** E-05: for how long a price may serve that can no longer be asked for. */
function staleSecondsOf({ terms }: Order): number {
  return terms.policy.stalePriceSeconds ?? 0
}

function faultAt(order: Order, offeringId: string, message: string): Record<string, unknown> {
  const index = order.items.findIndex((item) => item.offeringId === offeringId)
  return { errors: [{ pointer: `/items/${index}`, message }] }
}

/** The customer as the directory knows them, the pet, which must be theirs (T-04, C-03), and the clinic they come to. */
async function peopleOf(
  ports: QuotePorts,
  order: Order,
): Promise<{ customer: Person | object; pet?: Pet; clinic?: Clinic }> {
  const { directory } = ports
  const [customer, pet, clinic] = await Promise.all([
    customerOf(ports, order),
    order.petId === null ? null : directory.pet(order.petId),
    order.venue?.type === 'clinic' ? directory.clinic(order.venue.id) : null,
  ])
  const known = { customer, ...(clinic !== null && { clinic }) }
  if (order.petId === null) return known
  if (pet === null || pet.ownerId !== order.customer.id) {
    throw new Refused({
      code: 'validation_failed',
      message: 'The pet does not exist or is somebody else’s.',
      details: { errors: [{ pointer: '/pet_id', message: 'no such pet of this customer' }] },
    })
  }
  return { ...known, pet }
}

/** Whom nobody knows is taken at their word, but for a course: that is for users of the user service (O-03). */
async function customerOf({ directory, users }: QuotePorts, order: Order): Promise<Person | Order['customer']> {
  if (order.terms.priceSource !== 'course_service' || users === null) {
    return (await directory.user(order.customer.id)) ?? order.customer
  }
  const user = await users.user(order.customer.id)
  if (user !== null) return user
  throw new Refused({
    code: 'validation_failed',
    message: `The user service has no user ${order.customer.id}.`,
    details: { errors: [{ pointer: '/customer/id', message: 'the user service does not know it' }] },
  })
}

function inCurrency(price: Money, currency: string): Money {
  if (price.currency === currency) return price
  throw new Refused({
    code: 'validation_failed',
    message: `The price is in ${price.currency}, the booking in ${currency}: currencies do not mix.`,
    details: { errors: [{ pointer: '/items', message: `is priced in ${price.currency}, and booked in ${currency}` }] },
  })
}
