import { randomUUID } from 'node:crypto'
import type { BookingBody } from '../../api/schemas/booking.ts'
import type { Answer, Caller } from '../support/caller.ts'
import type { World } from '../support/world.ts'
import type { Operation, Sequence } from './operations.ts'
import type { Stage } from './stage.ts'

/** A customer on the stage, and the bookings they have made; the last one is what their operations are about. */
export type Actor = { readonly sequence: Sequence; readonly customer: Caller; readonly bookings: string[] }

/** What nobody may ever be answered: only refusals with a name are let pass. */
class Fault extends Error {
  override readonly name = 'Fault'
}

/** Where it is played, and what counts how often each operation came to what. */
export type Theatre = {
  readonly world: World
  readonly stage: Stage
  readonly operator: Caller
  count(what: string): void
}

/** Does one operation for an actor; what is refused by name is part of the play. Throws a Fault for any other answer. */
export async function perform(theatre: Theatre, actor: Actor, operation: Operation): Promise<void> {
  const { world, stage, operator } = theatre
  const { customer, sequence } = actor
  const id = actor.bookings.at(-1)
  if (operation.do === 'book_again' || id === undefined) {
    return book(theatre, actor, operation.do === 'book_again' ? operation.choice : sequence.choice)
  }
  const { body: booking } = await customer.get<BookingBody>(`/bookings/${id}`)
  const played = <Body>(answer: Answer<Body>) => theatre.count(`${operation.do} ${outcomeOf(answer)}`)
  const expected = { expected_version: booking.version }
  switch (operation.do) {
    case 'nothing':
      return
    case 'pay':
      theatre.count(`pay ${operation.method} ${await pay(world, booking, operation)}`)
      return
    case 'cancel': {
      const by = operation.by === 'customer' ? customer : operator
      played(await by.post(`/bookings/${id}/cancel`, { reason: 'does not suit', ...expected }))
      return
    }
    case 'cancel_item': {
      const item = booking.items[operation.which % booking.items.length]!
      played(await customer.post(`/bookings/${id}/cancel`, { item_ids: [item.id], ...expected }))
      return
    }
    case 'change': {
      const { profile, ...order } = stage.order(sequence.profile, operation.to)
      const party = profile === 'venue' ? { party_size: operation.partySize } : {}
      played(await customer.put(`/bookings/${id}`, { items: order['items'], ...party, ...expected }))
      return
    }
    case 'move':
      played(
        await operator.post(`/bookings/${id}/status`, { action: operation.action, reason: 'so it was', ...expected }),
      )
      return
    case 'extend':
      played(await customer.post(`/bookings/${id}/extend`, {}))
      return
    case 'block': {
      const { offeringId, unitId } = stage.unit(sequence.profile, operation.unit)
      const block = { offering_id: offeringId, blocked: true, reason: 'under repair', force: true }
      played(await operator.post(`/units/${unitId}/block`, block))
      return
    }
  }
}

/** The first operation of everybody. */
export async function book(theatre: Pick<Theatre, 'stage' | 'count'>, actor: Actor, choice: number): Promise<void> {
  const order = theatre.stage.order(actor.sequence.profile, choice)
  const answer = await actor.customer.post<BookingBody>('/bookings', order, { 'idempotency-key': randomUUID() })
  theatre.count(`book ${outcomeOf(answer)}`)
  if (answer.status === 201) actor.bookings.push(answer.body.id)
}

/** Pays at the sandbox as a browser would: whatever intent the booking shows, that of a change first, also when it is past its time. */
async function pay(world: World, booking: BookingBody, operation: Operation & { do: 'pay' }): Promise<string> {
  const payment = booking.change?.payment ?? booking.payment
  if (payment?.client_secret == null) return 'nothing to pay'
  const { status, body } = await world.service.post(`/api/v1/payments/intents/${payment.intent_id}/confirm`, {
    client_secret: payment.client_secret,
    payment_method: operation.method,
    ...(operation.method === 'pm_bank_slow' && {
      processing_seconds: operation.seconds,
      outcome: operation.succeeds ? 'succeeded' : 'failed',
    }),
    ...(operation.method === 'pm_refund_fails' && { times: 2 }),
  })
  if (status !== 200 && status !== 409) throw new Fault(`the bank answered ${status}: ${JSON.stringify(body)}`)
  return status === 409 ? 'too late or too early' : JSON.stringify(body['status'])
}

function outcomeOf(answer: Answer<unknown>): string {
  const code: unknown = Reflect.get(Object(answer.body), 'code')
  if (answer.status < 300) return 'done'
  if (answer.status >= 400 && answer.status < 500 && typeof code === 'string' && code !== 'malformed') return code
  throw new Fault(`answered ${answer.status}: ${JSON.stringify(answer.body)}`)
}
