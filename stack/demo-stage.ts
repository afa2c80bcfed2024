import { setTimeout } from 'node:timers/promises'
import { expectOk, person, send, type Person } from './client.ts'
import { say } from './launcher/progress.mjs'
import { Failure } from './launcher/tool.mjs'
import type { StackUrls } from './settings.ts'

export type Seen = {
  readonly id: string
  readonly reference: string
  readonly status: string
  readonly version: number
  readonly payment: { readonly intent_id: string; readonly client_secret: string } | null
  readonly refund: { readonly amount: number; readonly status: string } | null
  readonly ticket_reference: string | null
}

/** What a story is played with. */
export type Stage = {
  login(sub: string): Promise<Person>
  /** Holds a booking, and says where its run is to be seen. */
  hold(customer: Person, order: object): Promise<Seen>
  /** Pays at the sandbox as the customer's browser would. */
  pay(booking: Seen, method: string, more?: object): Promise<void>
  /** Waits until the booking is as it should be. Fails when it is not within `seconds`. */
  until(customer: Person, booking: Seen, isSo: (seen: Seen) => boolean, seconds?: number): Promise<Seen>
  /** What really happened to its money, in minor units. */
  ledger(booking: Seen): Promise<{ captured: number; refunded: number }>
  /** A free seat of an event. */
  freeSeat(customer: Person, event: string): Promise<string>
}

/** Opens the stage on a running stack. */
export async function openStage(urls: StackUrls & { sandbox: string }): Promise<Stage> {
  const { sandbox, temporalUi } = urls
  return {
    login: (sub) => person(urls, { role: 'customer', sub }),
    async hold(customer, order) {
      const booking = expectOk(await customer('POST', '/bookings', order), 'holding') as Seen
      const run = temporalUi === undefined ? '' : `  ${temporalUi}/namespaces/default/workflows/${booking.id}`
      say(`  ${booking.reference} is held.${run}`)
      return booking
    },
    async pay(booking, method, more = {}) {
      const { payment } = booking
      if (payment === null) throw new Failure(`${booking.reference} has no payment to be made`)
      const url = `${sandbox}/api/v1/payments/intents/${payment.intent_id}/confirm`
      expectOk(
        await send('POST', url, { client_secret: payment.client_secret, payment_method: method, ...more }),
        'paying',
      )
      say(`  The customer pays with ${method}.`)
    },
    async until(customer, booking, isSo, seconds = 15) {
      const deadline = Date.now() + seconds * 1000
      for (;;) {
        const seen = expectOk(await customer('GET', `/bookings/${booking.id}`), 'reading') as Seen
        if (isSo(seen)) {
          say(
            `  ${seen.reference} is ${seen.status}${seen.ticket_reference === null ? '' : `, ticket ${seen.ticket_reference}`}.`,
          )
          return seen
        }
        if (Date.now() > deadline) throw new Failure(`${seen.reference} is still ${seen.status} after ${seconds} s`)
        await setTimeout(100)
      }
    },
    async ledger(booking) {
      const { body } = await send('GET', `${sandbox}/ledger?booking_id=${booking.id}`)
      const entries = body as unknown as { kind: string; amount: number }[]
      const sum = (kind: string) =>
        entries.filter((entry) => entry.kind === kind).reduce((total, { amount }) => total + amount, 0)
      return { captured: sum('captured'), refunded: sum('refunded') }
    },
    async freeSeat(customer, event) {
      const { seats } = expectOk(await customer('GET', `/events/${event}/seats`), 'looking for a seat') as {
        seats: { id: string; status: string }[]
      }
      const free = seats.find(({ status }) => status === 'available')
      if (free === undefined)
        throw new Failure(`${event} is sold out; stop the stack and delete .holdfast to begin anew`)
      return free.id
    },
  }
}
