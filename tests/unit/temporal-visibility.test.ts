import { TypedSearchAttributes, type SearchAttributePair } from '@temporalio/common'
import { describe, expect, test } from 'vitest'
import type { Booking } from '../../domain/booking.ts'
import { legalCommands } from '../../domain/commands.ts'
import { legalOperations } from '../../domain/operations.ts'
import type { Order } from '../../domain/order.ts'
import { isAtRest } from '../../domain/deadlines.ts'
import { overdue, PATIENCE_SECONDS, type PendingEffect } from '../../domain/effects.ts'
import { plusSeconds } from '../../domain/time.ts'
import { aPayment, aRefund, at, EXPIRY, held } from '../../domain/testing/builders.ts'
import { everyBooking } from '../../domain/testing/every.ts'
import { durably } from '../../workflows/activities.ts'
import { detailsOf, orderedText } from '../../workflows/details.ts'
import { changedSince, firstAttributes } from '../../workflows/search-attributes.ts'
import { ATTENTION_LABELS } from '../../workflows/labels.ts'

const KILOBYTE = 1024
const URL = 'https://bookings.example.test'
const PERSON = { id: 'c-17', name: 'Augusta King', email: 'augusta@lovelace.example', phone: '+44 20 7946 0001' }
const SECRETS = [PERSON.name, PERSON.email, PERSON.phone, 'hoovers', 'Lovelace Ltd']

function personal(booking: Booking): Booking {
  const provider = { id: 'p-4', name: 'Lovelace Ltd' }
  return { ...booking, customer: PERSON, provider, notes: 'afraid of hoovers', subject: 'hoovers' }
}

/** Is there nothing that its run would wait for? */
function hasEnded(booking: Booking): boolean {
  return booking.attention === null && isAtRest(booking, booking.updatedAt)
}

function orderOf(items = 1): Order {
  const booking = personal(held())
  const line = { id: '1', offeringId: 'o', unitId: null, kind: 'seat', quantity: 1, start: null, end: null } as const
  return {
    ...booking,
    bookingId: booking.id,
    callerId: 'ada',
    fingerprint: 'x',
    currency: 'USD',
    offerings: [],
    items: Array.from({ length: items }, (_, n) => ({
      ...line,
      id: String(n),
      offeringId: items === 1 ? 'o' : `${n}-${'漢'.repeat(190)}`,
      occupied: null,
      listPrice: 1,
      priceUnit: 'each',
    })),
  }
}

/** What Temporal has of a booking that was just held. */
function known(...more: SearchAttributePair[]): TypedSearchAttributes {
  const first = firstAttributes({ ...orderOf(), items: [] }, at(0))
  return new TypedSearchAttributes([...first, ...more])
}

describe('what the Temporal UI shows of a booking', () => {
  test('is short, and has nothing personal in it, wherever the booking stands', () => {
    for (const booking of everyBooking().map(personal)) {
      const text = detailsOf(booking, URL)
      const attributes = JSON.stringify(changedSince(new TypedSearchAttributes(), booking))
      expect(text.length).toBeLessThan(20 * KILOBYTE)
      for (const secret of SECRETS) expect(`${text} ${attributes}`).not.toContain(secret)
    }
    const ordered = orderedText(orderOf(), URL)
    expect(ordered).toContain('c-17')
    for (const secret of SECRETS) expect(ordered).not.toContain(secret)
  })

  test('names each update that is legal, with an input that is JSON (X-12)', () => {
    for (const booking of everyBooking().filter((booking) => !hasEnded(booking))) {
      const text = detailsOf(booking)
      const shown = [...text.matchAll(/^- `(\w+)` with `(.*?)`: \S/gm)]
      for (const [, , input = ''] of shown) expect(JSON.parse(input)).toHaveProperty('reason')
      const legal = [...legalCommands(booking), ...legalOperations(booking)]
      expect(new Set(shown.map(([, type]) => type))).toEqual(new Set(legal))
    }
  })

  test('says of a run that has ended that it takes no updates, and where the next one is', () => {
    const ended = everyBooking().filter(hasEnded)
    expect(ended.length).toBeGreaterThan(0)
    for (const booking of ended) {
      expect(detailsOf(booking)).not.toContain('Send an Update')
      expect(detailsOf(booking)).toContain(`\`${booking.id}.followup\``)
    }
  })

  test('says what a person has to do, for every reason there is', () => {
    const reasons = Object.keys(PATIENCE_SECONDS).map((type) => overdue(type as PendingEffect['type']))
    for (const reason of [...reasons, 'refund_failed', 'refund_bounced', 'payment_outcome_unknown']) {
      expect(ATTENTION_LABELS[reason], reason).toBeDefined()
      expect(detailsOf({ ...held(), attention: { reason, since: at(1) } })).toContain(
        `Needs a person since ${at(1)}: ${ATTENTION_LABELS[reason]}`,
      )
    }
    const known = detailsOf({ ...held(), attention: { reason: 'meteor', since: at(1) } })
    expect(known).toContain('meteor')
  })

  test('has its links only where the address of the API is known', () => {
    const booking = held()
    expect(detailsOf(booking)).not.toContain('](')
    for (const url of [URL, `${URL}/`]) {
      expect(detailsOf(booking, url)).toContain(`[Its page](${URL}/console/bookings/${booking.id})`)
    }
  })

  test('of an order with two hundred items stays below what Temporal takes, and says how many are left out', () => {
    const text = orderedText(orderOf(200), URL)
    expect(Buffer.byteLength(text)).toBeLessThan(20 * KILOBYTE)
    expect(text).toMatch(/- and \d+ more/)
  })
})

describe('what is upserted of a booking', () => {
  const changes = (booking: Booking, before = known()) =>
    Object.fromEntries(changedSince(before, { ...booking, items: [] }).map(({ key: { name }, value }) => [name, value]))

  test('is nothing while it stands as it was started, though it was held some seconds later', () => {
    const later = held({ hold: { expiresAt: plusSeconds(at(EXPIRY), 4) } })
    expect(changes(personal(later))).toEqual({})
  })

  test('is the deadline when it moves, and not when it is only our patience with another service', () => {
    const extended = held({ hold: { expiresAt: at(EXPIRY + 5) } })
    expect(changes(personal(extended))).toEqual({ BookingDeadline: new Date(at(EXPIRY + 5)) })
    const paid = { ...held(), payments: [aPayment('authorized')] }
    expect(changes(personal(paid))).toEqual({})
  })

  test('is that money is owed, that a person is needed for it, and that neither is so any more', () => {
    const refunding = personal({ ...held(), refunds: [aRefund('pending')] })
    expect(changes(refunding)).toEqual({ BookingRefund: 'pending' })
    const attention = { reason: 'refund_failed', since: at(1) }
    const failed = personal({ ...held(), refunds: [aRefund('failed')], attention })
    expect(changes(failed)).toEqual({ BookingRefund: 'failed', BookingAttention: 'refund_failed' })
    const pairs = changedSince(known(), failed).filter((pair): pair is SearchAttributePair => pair.value !== null)
    expect(changes(personal(held()), known(...pairs))).toEqual({ BookingRefund: null, BookingAttention: null })
  })
})

test('the durable write is one function: a write that it gives up on is told from one that was only not quick (workflows/process-message.ts)', () => {
  expect(durably.record).toBe(durably.record)
})
