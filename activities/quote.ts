import { Refused } from '../domain/failures.ts'
import { money, type Money } from '../domain/money.ts'
import type { Order, OrderItem, Priced } from '../domain/order.ts'
import { addsUp } from '../domain/price.ts'
import type { Catalogue, Directory, Pet, Person, Pricing, Tutor } from '../services/ports.ts'

export type QuotePorts = { readonly pricing: Pricing; readonly catalogue: Catalogue; readonly directory: Directory }

/** List prices by item, and what was noted on the way. */
type ListPrices = { readonly of: (item: OrderItem) => Money; readonly snapshots: Record<string, unknown> }

/**
 * Prices an order: the list prices from where its profile has them, the total from the pricing service. Throws Refused: `policy_forbids` for an
 * event that is not on sale, `validation_failed` for what does not exist or cannot be priced in the order's currency.
 */
export async function priceOrder(ports: QuotePorts, order: Order): Promise<Priced> {
  const [list, people] = await Promise.all([listPrices(ports, order), peopleOf(ports.directory, order)])
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

async function listPrices({ catalogue, directory }: QuotePorts, order: Order): Promise<ListPrices> {
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
        details: faultAt(order, offeringId),
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
        details: faultAt(order, item.offeringId),
      })
    },
    snapshots: { events },
  }
}

/** E-05: for how long a price may serve that can no longer be asked for. */
function staleSecondsOf({ terms }: Order): number {
  return terms.policy.stalePriceSeconds ?? 0
}

function faultAt(order: Order, offeringId: string): Record<string, unknown> {
  const index = order.items.findIndex((item) => item.offeringId === offeringId)
  return { errors: [{ pointer: `/items/${index}`, message: 'the catalogue does not know it' }] }
}

/** The customer as the directory knows them, and the pet, which must be theirs (T-04, C-03). */
async function peopleOf(directory: Directory, order: Order): Promise<{ customer: Person | object; pet?: Pet }> {
  const [person, pet] = await Promise.all([
    directory.user(order.customer.id),
    order.petId === null ? null : directory.pet(order.petId),
  ])
  const customer = person ?? order.customer
  if (order.petId === null) return { customer }
  if (pet === null || pet.ownerId !== order.customer.id) {
    throw new Refused({
      code: 'validation_failed',
      message: 'The pet does not exist or is somebody else’s.',
      details: { errors: [{ pointer: '/pet_id', message: 'no such pet of this customer' }] },
    })
  }
  return { customer, pet }
}

function inCurrency(price: Money, currency: string): Money {
  if (price.currency === currency) return price
  throw new Refused({
    code: 'validation_failed',
    message: `The price is in ${price.currency}, the booking in ${currency}: currencies do not mix.`,
    details: { errors: [{ pointer: '/items', message: `is priced in ${price.currency}, and booked in ${currency}` }] },
  })
}
