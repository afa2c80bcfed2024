import type { Booking } from '../domain/booking.ts'
import { evolveAll, heldBooking } from '../domain/evolve.ts'
import { agreementOf, firstHold, type Order } from '../domain/order.ts'
import { pendingEffects } from '../domain/effects.ts'
import { withConsequences } from '../domain/consequences.ts'
import { durably, hold, requestPaymentAtOnce } from './activities.ts'
import { now } from './clock.ts'
import { write } from './process-message.ts'
import { isRefusal, refusal } from './failures.ts'

/**
 * Prices the order and holds its units. Throws the refusal (sold out, not on sale, …), and then nothing is held. When it cannot be told
 * whether the units were held, the database is asked, and only when it knows of no booking is the order given up as `unavailable`.
 */
export async function holdUnits(order: Order): Promise<Booking> {
  const at = now()
  try {
    const answer = await hold({ order, at })
    return 'existing' in answer
      ? answer.existing
      : heldBooking(agreementOf(order, answer.priced, answer.units, at), firstHold(order, at))
  } catch (error) {
    if (isRefusal(error)) throw error
    const existing = await durably.load(order.bookingId)
    if (existing !== null) return existing
    throw refusal({ code: 'unavailable', message: 'The booking could not be held now; nothing was taken. Try again.' })
  }
}

/** A booking that costs nothing has nothing to wait for. */
export async function confirmIfFree(held: Booking): Promise<Booking> {
  const { booking, facts } = withConsequences(held, [], { now: now() })
  if (facts.length === 0) return held
  await write(held, facts, null)
  return booking
}

/**
 * Asks for the payment within the same workflow task, so that the first answer has it. When the payment service does not answer in time the
 * booking is returned as it was: the request stays a pending effect, which the main loop does under the same key.
 */
export async function requestPayment(booking: Booking): Promise<Booking> {
  const at = now()
  const effect = pendingEffects(booking, at).find(({ type }) => type === 'request_payment')
  if (effect === undefined) return booking
  try {
    const facts = await requestPaymentAtOnce({ booking, key: effect.key, at })
    return evolveAll(booking, facts).booking
  } catch {
    // Whatever went wrong, nothing is lost by it: the request is repeated under its key, and the refusal, if it was one, comes again.
    return booking
  }
}
