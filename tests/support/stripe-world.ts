import type { BookingBody } from '../../api/schemas/booking.ts'
import type { LedgerLine } from './audit.ts'
import { hold, until } from './booking.ts'
import type { Caller } from './caller.ts'
import type { Offer } from './offers.ts'
import { openStripeAccount, type StripeAccount } from './stripe-account/account.ts'
import type { Method } from './stripe-account/intents.ts'
import { openWorld, type World } from './world.ts'

const SECRET_KEY = 'sk_test_of_the_first_day'
const WEBHOOK_SECRET = 'whsec_of_our_endpoint'

/** A world that is paid at a Stripe with a memory: it ends with our ledger compared with that account's own books. */
export type StripeWorld = {
  readonly world: World
  readonly stripe: StripeAccount
  readonly ada: Caller
  readonly olga: Caller
  /** Somebody handed over money that never went through Stripe. */
  handOver(booking: BookingBody, amount: number): void
  /** The id of a booking's first intent. */
  intentOf(booking: BookingBody): string
  /** Held, paid with a card and confirmed. */
  confirmed(offer: Offer, method?: Method): Promise<BookingBody>
  close(): Promise<void>
}

export async function openStripeWorld(environment: Readonly<Record<string, string>> = {}): Promise<StripeWorld> {
  const stripe = await openStripeAccount({ secretKey: SECRET_KEY, webhookSecret: WEBHOOK_SECRET })
  const till: LedgerLine[] = []
  const world = await openWorld({
    environment: {
      PAYMENT_PROVIDER: 'stripe',
      PAYMENT_SERVICE_URL: '',
      STRIPE_SECRET_KEY: SECRET_KEY,
      STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
      STRIPE_API_BASE: stripe.url,
      STRIPE_DEADLINE_MS: '9000',
      ...environment,
    },
    books: () => [...stripe.lines(), ...till],
  })
  stripe.webhooks.endpoint = `${world.apiUrl}/api/v1/webhooks/stripe`
  const ada = await world.as('customer', 'ada')
  const olga = await world.as('operator', 'olga')
  const intentOf = ({ id, payment }: BookingBody) => {
    if (payment === null) throw new Error(`booking ${id} has no payment`)
    return payment.intent_id
  }
  return {
    world,
    stripe,
    ada,
    olga,
    intentOf,
    handOver({ id, currency }, amount) {
      till.push({ kind: 'refunded', booking_id: id, amount, currency })
    },
    async confirmed(offer, method = 'pm_card_visa') {
      const booking = await hold(ada, offer.order())
      stripe.pay(intentOf(booking), method)
      return until(ada, booking.id, { status: 'confirmed' })
    },
    async close() {
      await stripe.webhooks.idle()
      await world.close()
      await stripe.close()
    },
  }
}
