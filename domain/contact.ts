import type { Booking, Customer } from './booking.ts'
import type { Fact } from './facts.ts'
import type { Order, Priced } from './order.ts'

/**
 * A run's history is kept for long and read by many, so nothing that reaches people or pays is in it (N-24): a booking's contact data and its payments'
 * secrets are in the database alone, and a run knows only that they are there. Whatever crosses to Temporal passes through here.
 */

/** Stands for a secret that the database has: whoever knows of a payment's intent can tell it from one that was never asked for. */
export const SECRET_KEPT = ''

/** What of the people's snapshots is about them; nobody but the database needs it. */
const OF_PEOPLE = ['customer', 'tutor']

export function orderWithoutContact(order: Order): Order {
  return { ...order, customer: nameless(order.customer) }
}

export function withoutContact(booking: Booking): Booking {
  return {
    ...booking,
    customer: nameless(booking.customer),
    snapshots: withoutPeople(booking.snapshots),
    payments: booking.payments.map((payment) => ({
      ...payment,
      clientSecret: payment.clientSecret === null ? null : SECRET_KEPT,
    })),
  }
}

function nameless({ id }: Customer): Customer {
  return { id, name: null, email: null, phone: null }
}

export function pricedWithoutContact({ price, snapshots }: Priced): Priced {
  return { price, snapshots: withoutPeople(snapshots) }
}

export function factsWithoutSecrets(facts: readonly Fact[]): Fact[] {
  return facts.map((fact) => (fact.type === 'payment_requested' ? { ...fact, clientSecret: SECRET_KEPT } : fact))
}

function withoutPeople(snapshots: Priced['snapshots']): Priced['snapshots'] {
  return Object.fromEntries(Object.entries(snapshots).filter(([name]) => !OF_PEOPLE.includes(name)))
}

/** What is to be withheld of an order; null: it has nothing of the kind. */
export function contactOf({ name, email, phone }: Customer): Omit<Customer, 'id'> | null {
  return name === null && email === null && phone === null ? null : { name, email, phone }
}
