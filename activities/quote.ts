import { Refused } from '../domain/failures.ts'
import { money, type Money } from '../domain/money.ts'
import { placeInRequest, type Order, type OrderItem, type Priced } from '../domain/order.ts'
import { addsUp } from '../domain/price.ts'
import type {
  Advisor,
  Catalogue,
  CatalogueEvent,
  Clinic,
  Course,
  Courses,
  Directory,
  Person,
  Pet,
  Pricing,
  Tutor,
  Users,
} from '../services/ports.ts'

export type QuotePorts = {
  readonly pricing: Pricing
  /** Null: not configured. Then, and where an advisor does not know it, what was loaded here decides (N-05). */
  readonly catalogue: Catalogue | null
  readonly directory: Directory | null
  readonly advisors: readonly Advisor[]
  /** What course orders are checked with (O-03); null: not configured, and not checked. */
  readonly users: Users | null
  readonly courses: Courses | null
}

/** List prices by item, and what was noted on the way. */
type ListPrices = { readonly of: (item: OrderItem) => Money; readonly snapshots: Record<string, unknown> }

/**
 * Prices an order: the list prices from where its profile has them, the total from the pricing service, unless it was quoted before. Throws Refused: `policy_forbids` for an
 * event or course that is not on sale, `validation_failed` for what does not exist or cannot be priced in the order's currency.
 */
export async function priceOrder(ports: QuotePorts, order: Order): Promise<Priced> {
  const [list, people] = await Promise.all([listPrices(ports, order), peopleOf(ports, order)])
  const snapshots = { offerings: offeringSnapshots(order), ...people, ...list.snapshots }
  if (order.quoted !== undefined) return { price: order.quoted, snapshots }
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
  return { price, snapshots }
}

function offeringSnapshots({ offerings }: Order): object[] {
  return offerings.map(({ id, name, durationMinutes }) => ({ id, name, duration_minutes: durationMinutes }))
}

async function listPrices(ports: QuotePorts, order: Order): Promise<ListPrices> {
  const { directory } = ports
  const offered = (item: OrderItem) => money(item.listPrice, order.currency)
  switch (order.terms.priceSource) {
    case 'offering':
      return { of: offered, snapshots: {} }
    case 'tutor_rate': {
      const tutor = order.provider === null ? null : await directory?.tutor(order.provider.id, staleSecondsOf(order))
      const rate = tutor?.hourlyRate
      return {
        of: (item) => rate ?? offered(item),
        snapshots: { tutor: tutorSnapshot(order, tutor ?? null), subject: order.subject, hourly_rate: rate ?? null },
      }
    }
    case 'event_catalogue':
      return eventPrices(ports, order)
    case 'course_service':
      return coursePrices(ports, order)
  }
}

function tutorSnapshot(order: Order, tutor: Tutor | null): object | null {
  if (tutor !== null) return { id: tutor.id, name: tutor.name, email: tutor.email }
  return order.provider
}

/** E-03: the event exists and is on sale, and its catalogue knows the price of every seat. What no catalogue answers for has its own (N-05). */
async function eventPrices({ catalogue, advisors }: QuotePorts, order: Order): Promise<ListPrices> {
  const offerings = [...new Set(order.items.map(({ offeringId }) => offeringId))]
  const known = await Promise.all(
    offerings.map(async (id) => [id, catalogue === null ? null : await eventAt(catalogue, order, id)] as const),
  )
  for (const [id, event] of known) {
    if (event === null && catalogue !== null && !advisors.includes('catalogue')) {
      throw unknownAt(order, id, `The catalogue has no event ${id}.`, 'the catalogue does not know it')
    }
    if (event?.onSale === false) throw new Refused({ code: 'policy_forbids', message: `${event.name} is not on sale.` })
  }
  const events = new Map(known)
  return {
    of: (item) => {
      const event = events.get(item.offeringId) ?? null
      if (event === null) return money(item.listPrice, order.currency)
      const price = event.prices.get(item.unitId ?? '')
      if (price !== undefined) return price
      const message = `The catalogue has no price for seat ${item.unitId}.`
      throw unknownAt(order, item.offeringId, message, 'the catalogue does not know it')
    },
    snapshots: { events: known.map(([id, event]) => eventSnapshot(order, id, event)) },
  }
}

type PricedEvent = CatalogueEvent & { readonly prices: ReadonlyMap<string, Money> }

async function eventAt(catalogue: Catalogue, order: Order, offeringId: string): Promise<PricedEvent | null> {
  const seats = order.items.flatMap((item) => (item.offeringId === offeringId ? (item.unitId ?? []) : []))
  const [event, prices] = await Promise.all([
    catalogue.event(offeringId, staleSecondsOf(order)),
    catalogue.seatPrices(offeringId, seats, staleSecondsOf(order)),
  ])
  return event === null ? null : { ...event, prices }
}

/** The event as its catalogue has it, or else as it was loaded. */
function eventSnapshot({ offerings, venue, items }: Order, offeringId: string, event: PricedEvent | null): object {
  if (event !== null) return { id: event.id, name: event.name, starts_at: event.startsAt, venue: event.venue }
  const name = offerings.find(({ id }) => id === offeringId)?.name ?? null
  const start = items.find((item) => item.offeringId === offeringId)?.start ?? null
  return { id: offeringId, name, starts_at: start, venue: venue === null ? null : { id: venue.id, name: venue.name } }
}

/**
 * O-03: every course exists and can be ordered, at the price its service names; sessions and whatever else is no course have their offering's, and
 * so have courses that no service answers for (N-05).
 */
async function coursePrices({ courses, advisors }: QuotePorts, order: Order): Promise<ListPrices> {
  const offered = (item: OrderItem) => money(item.listPrice, order.currency)
  if (courses === null) return { of: offered, snapshots: {} }
  const ids = new Set(order.items.filter(({ kind }) => kind === 'enrolment').map(({ offeringId }) => offeringId))
  const found = await Promise.all(
    [...ids].map(async (id) => [id, await courses.course(id, staleSecondsOf(order))] as const),
  )
  const known: Course[] = []
  for (const [id, course] of found) {
    if (course === null && advisors.includes('course')) continue
    if (course === null) {
      throw unknownAt(order, id, `The course service has no course ${id}.`, 'the course service does not know it')
    }
    if (!course.onSale) throw new Refused({ code: 'policy_forbids', message: `${course.title} is not on sale.` })
    known.push({ ...course, id })
  }
  const prices = new Map(known.map(({ id, price }) => [id, price]))
  return {
    of: (item) => prices.get(item.offeringId) ?? offered(item),
    snapshots: { courses: known.map(({ id, title, price }) => ({ id, title, price })) },
  }
}

/** E-05: for how long a price may serve that can no longer be asked for. */
function staleSecondsOf({ terms }: Order): number {
  return terms.policy.stalePriceSeconds ?? 0
}

/** What its authority does not know: a fault of the first item that asks for it. */
function unknownAt(order: Order, offeringId: string, message: string, fault: string): Refused {
  const found = order.items.findIndex((item) => item.offeringId === offeringId)
  const index = placeInRequest(order.items, found)
  const details = { errors: [{ pointer: `/items/${index}`, message: fault }] }
  return new Refused({ code: 'validation_failed', message, details })
}

/** The customer as the directory knows them, the pet, which must be theirs (T-04, C-03), and the clinic they come to. */
async function peopleOf(
  ports: QuotePorts,
  order: Order,
): Promise<{ customer: Person | object; pet?: Pet | object; clinic?: Clinic }> {
  const { directory, advisors } = ports
  const [customer, pet, clinic] = await Promise.all([
    customerOf(ports, order),
    order.petId === null ? null : directory?.pet(order.petId),
    order.venue?.type === 'clinic' ? directory?.clinic(order.venue.id) : null,
  ])
  const known = { customer, ...(clinic && { clinic }) }
  if (order.petId === null) return known
  if (!pet && (directory === null || advisors.includes('directory'))) return { ...known, pet: { id: order.petId } }
  if (!pet || pet.ownerId !== order.customer.id) {
    throw new Refused({
      code: 'validation_failed',
      message: 'The pet does not exist or is somebody else’s.',
      details: { errors: [{ pointer: '/pet_id', message: 'no such pet of this customer' }] },
    })
  }
  return { ...known, pet }
}

/** Whom nobody knows is taken at their word, but for a course: that is for users of the user service (O-03). */
async function customerOf(
  { directory, users, advisors }: QuotePorts,
  order: Order,
): Promise<Person | Order['customer']> {
  if (order.terms.priceSource !== 'course_service' || users === null) {
    return (await directory?.user(order.customer.id)) ?? order.customer
  }
  const user = await users.user(order.customer.id)
  if (user !== null) return user
  if (advisors.includes('user')) return order.customer
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
