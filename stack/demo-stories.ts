import { dayAt } from './demo-data.ts'
import type { Person } from './client.ts'
import type { Seen, Stage } from './demo-stage.ts'
import { say } from './launcher/progress.mjs'
import { Failure } from './launcher/tool.mjs'

export type Story = { readonly name: string; readonly about: string; readonly play: (stage: Stage) => Promise<void> }

/** The stories of design.md; each fails with a sentence when something is not as it should be. */
export const stories: readonly Story[] = [
  { name: 'paid', about: 'a lesson is held, paid by card, confirmed with a meeting link', play: paid },
  { name: 'expired', about: 'a seat is held, nobody pays, and it is on sale again', play: expired },
  { name: 'cancelled', about: 'a dinner is paid, then cancelled in time, and the money goes back', play: cancelled },
  {
    name: 'late-payment',
    about: 'the money comes after the hold has expired, and the seat is still free',
    play: latePayment,
  },
  { name: 'last-seat', about: '100 buyers, one seat', play: lastSeat },
]

async function paid(stage: Stage): Promise<void> {
  const ada = await stage.login('ada')
  const booking = await lesson(stage, ada)
  await stage.pay(booking, 'pm_card_visa')
  await stage.until(ada, booking, ({ status }) => status === 'confirmed')
  const { captured, refunded } = await stage.ledger(booking)
  demand(captured === 6000 && refunded === 0, `captured ${captured}, refunded ${refunded}`)
}

/** Books the first hour Tess has free in the coming weeks. */
async function lesson(stage: Stage, customer: Person): Promise<Seen> {
  for (let hour = 0; hour < 200; hour += 1) {
    const start = dayAt(7 + Math.floor(hour / 8), 9 + (hour % 8))
    const item = { offering_id: 'demo-tutor', start, end: dayAt(7 + Math.floor(hour / 8), 10 + (hour % 8)) }
    const { body } = await customer('POST', '/bookings/availability/check', { items: [item] })
    if (body['available'] !== true) continue
    return stage.hold(customer, { profile: 'tutoring', subject: 'Algebra', items: [item] })
  }
  throw new Failure('Tess is booked out; stop the stack and delete .holdfast to begin anew')
}

async function expired(stage: Stage): Promise<void> {
  const ben = await stage.login('ben')
  const seat = await stage.freeSeat(ben, 'demo-flash-sale')
  const booking = await stage.hold(ben, seatOrder('demo-flash-sale', seat))
  say('  Nobody pays for four seconds.')
  await stage.until(ben, booking, ({ status }) => status === 'expired', 20)
  const carla = await stage.login('carla')
  await stage.hold(carla, seatOrder('demo-flash-sale', seat))
  say(`  Seat ${seat} is somebody else's now.`)
}

async function cancelled(stage: Stage): Promise<void> {
  const dora = await stage.login('dora')
  const booking = await stage.hold(dora, {
    profile: 'venue',
    party_size: 2,
    items: [{ offering_id: 'demo-dinner', start: dayAt(14, 12 + Math.floor(Math.random() * 9)) }],
  })
  await stage.pay(booking, 'pm_card_visa')
  const confirmed = await stage.until(dora, booking, ({ status }) => status === 'confirmed')
  const { status, body } = await dora('POST', `/bookings/${booking.id}/cancel`, { expected_version: confirmed.version })
  demand(status === 200, `cancelling answered ${status} ${JSON.stringify(body)}`)
  await stage.until(dora, booking, (seen) => seen.status === 'cancelled' && seen.refund?.status === 'completed')
  const { captured, refunded } = await stage.ledger(booking)
  demand(captured === 5000 && refunded === 5000, `captured ${captured}, refunded ${refunded}`)
}

async function latePayment(stage: Stage): Promise<void> {
  const eve = await stage.login('eve')
  const seat = await stage.freeSeat(eve, 'demo-flash-sale')
  const booking = await stage.hold(eve, seatOrder('demo-flash-sale', seat))
  await stage.pay(booking, 'pm_bank_slow', { processing_seconds: 14, outcome: 'succeeded' })
  say('  The bank takes longer than the hold and its grace together.')
  await stage.until(eve, booking, ({ status }) => status === 'expired', 30)
  await stage.until(eve, booking, ({ status }) => status === 'confirmed', 40)
  const { captured, refunded } = await stage.ledger(booking)
  demand(captured === 4500 && refunded === 0, `captured ${captured}, refunded ${refunded}`)
}

async function lastSeat(stage: Stage): Promise<void> {
  const buyers = await Promise.all(Array.from({ length: 100 }, (_, index) => stage.login(`buyer-${index}`)))
  const seat = await stage.freeSeat(buyers[0]!, 'demo-last-seat')
  const replies = await Promise.all(
    buyers.map((buyer) => buyer('POST', '/bookings', seatOrder('demo-last-seat', seat))),
  )
  const won = replies.filter(({ status }) => status === 201).length
  const soldOut = replies.filter(({ status, body }) => status === 409 && body['code'] === 'sold_out').length
  say(`  ${won} got seat ${seat}, ${soldOut} were told that it is sold out.`)
  demand(won === 1 && soldOut === 99, `${won} bookings, ${soldOut} refusals`)
}

function seatOrder(event: string, seat: string): object {
  return { profile: 'ticketing', items: [{ offering_id: event, unit_id: seat }] }
}

function demand(isSo: boolean, otherwise: string): void {
  if (!isSo) throw new Failure(otherwise)
}
