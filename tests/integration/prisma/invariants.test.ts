import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Booking } from '../../../domain/booking.ts'
import type { Database } from '../../../prisma/client.ts'
import { auditInvariants } from '../../../prisma/invariants.ts'
import { anOrder, factsFor, openDesk, type Desk } from './desk.ts'

let desk: Desk
/** One booking of each sort, by what became of it. */
let bookings: Record<'held' | 'seated' | 'confirmed' | 'next' | 'refunded' | 'expired', Booking>

beforeAll(async () => {
  desk = await openDesk()
  await desk.offer('slot', [{ id: 'slot', capacity: 3 }])
  await desk.offer('seat', [{ id: 'A1' }, { id: 'A2' }], 'hall')
  await desk.offer('table', [{ id: 'T1' }], 'bistro')
  const table = (hour: number) => ({
    offering: 'bistro',
    kind: 'table' as const,
    unit: 'T1',
    start: `2031-05-01T${hour}:00:00.000Z`,
    end: `2031-05-01T${hour + 1}:00:00.000Z`,
  })
  const seat = (unit: string) => ({ offering: 'hall', kind: 'seat' as const, unit })
  bookings = {
    held: await desk.held(anOrder([{ kind: 'slot', unit: 'slot', quantity: 2 }])),
    seated: await paid(await desk.held(anOrder([seat('A1')]))),
    confirmed: await paid(await desk.held(anOrder([table(10)]))),
    next: await paid(await desk.held(anOrder([table(11)]))),
    refunded: await cancelled(await paid(await desk.held(anOrder([table(14)])))),
    expired: await expired(await desk.held(anOrder([table(18)]))),
  }
  await desk.hold(anOrder([seat('A2')]))
})
afterAll(() => desk.close())

async function paid(booking: Booking): Promise<Booking> {
  const { requested, authorized, captured, confirmed } = factsFor(booking)
  return desk.after(await desk.after(booking, requested(), authorized()), captured(), confirmed())
}

async function cancelled(booking: Booking): Promise<Booking> {
  const { cancelled, refundRequested, refunded } = factsFor(booking)
  return desk.after(booking, cancelled(), refundRequested(booking.payments[0]?.id ?? ''), refunded())
}

async function expired(booking: Booking): Promise<Booking> {
  const { requested, voided, expired } = factsFor(booking)
  return desk.after(booking, requested(), voided(), expired())
}

const ENTRY = '00000000-0000-4000-8000-000000000024'

/** An entry of the waitlist for one item, as nobody would write it. */
function entry(status: string, more: Record<string, string> = {}): string {
  const columns = {
    id: `'${ENTRY}'`,
    profile: `'venue'`,
    status: `'${status}'`,
    caller_id: `'ben'`,
    customer_id: `'ben'`,
    body: `'{}'`,
    fingerprint: `'x'`,
    wanted: `'x'`,
    claims: `'[{"item_id": "1"}]'`,
    offer_seconds: '600',
    units: `'[]'`,
    ...more,
  }
  return `INSERT INTO waitlist_entries (${Object.keys(columns).join()}) VALUES (${Object.values(columns).join()})`
}

class TakeItBack extends Error {}

/** What the audit finds when the data has been spoilt so; it is as before afterwards. */
async function found(...spoils: string[]): Promise<{ invariant: string; subject: string; detail: string }[]> {
  const answer: Awaited<ReturnType<typeof auditInvariants>> = []
  await desk.db
    .$transaction(async (transaction) => {
      // Triggers would refuse what the audit is to find (N-17).
      await transaction.$executeRawUnsafe('ALTER TABLE ledger DISABLE TRIGGER USER')
      await transaction.$executeRawUnsafe('ALTER TABLE booking_history DISABLE TRIGGER USER')
      await transaction.$executeRawUnsafe('ALTER TABLE financial_entries DISABLE TRIGGER USER')
      for (const sql of spoils) expect(await transaction.$executeRawUnsafe(sql)).toBeGreaterThanOrEqual(0)
      answer.push(...(await auditInvariants(transaction as Database)))
      throw new TakeItBack()
    })
    .catch((error: unknown) => {
      if (!(error instanceof TakeItBack)) throw error
    })
  return answer
}

const id = (name: keyof typeof bookings) => bookings[name].id

type Case = {
  readonly invariant: string
  readonly what: string
  readonly spoils: () => string[]
  readonly subject: () => string
  readonly detail: RegExp
}

const CASES: Case[] = [
  {
    invariant: '1 capacity',
    what: 'a slot has more bookings than places',
    spoils: () => [
      'ALTER TABLE units DROP CONSTRAINT units_within_capacity',
      `UPDATE units SET capacity = 1 WHERE id = 'slot'`,
    ],
    subject: () => 'o/slot',
    detail: /claims say 2, capacity is 1/,
  },
  {
    invariant: '1 capacity',
    what: 'a counter has lost count',
    spoils: () => [`UPDATE units SET claimed = 3 WHERE id = 'slot'`],
    subject: () => 'o/slot',
    detail: /counter says 3, claims say 2/,
  },
  {
    invariant: '1 capacity',
    what: 'a seat is sold twice',
    spoils: () => [
      'DROP INDEX claims_one_live_seat',
      `UPDATE claims SET resource = (SELECT resource FROM claims WHERE lock_id = '${id('seated')}') WHERE unit_id = 'A2'`,
    ],
    subject: () => 'seat/hall/A1',
    detail: /2 live claims on one seat/,
  },
  {
    invariant: '1 capacity',
    what: 'two bookings of a table overlap',
    spoils: () => [
      'ALTER TABLE claims DROP CONSTRAINT claims_no_double_range',
      `UPDATE claims SET during = tstzrange('2031-05-01T10:59Z', '2031-05-01T12:00Z') WHERE lock_id = '${id('next')}'`,
    ],
    subject: () => 'table/bistro/T1',
    detail: /claims \d+ and \d+ overlap/,
  },
  {
    invariant: '2 claims',
    what: 'a booking that has ended still has its table',
    spoils: () => [`UPDATE claims SET state = 'committed' WHERE lock_id = '${id('expired')}'`],
    subject: () => id('expired'),
    detail: /a live claim on .* without a live booking/,
  },
  {
    invariant: '2 claims',
    what: 'a confirmed booking has lost its table',
    spoils: () => [`UPDATE claims SET state = 'released', release_reason = 'x' WHERE lock_id = '${id('confirmed')}'`],
    subject: () => id('confirmed'),
    detail: /item 1 has no live claim/,
  },
  {
    invariant: '3 money kept',
    what: 'what was paid for a cancelled booking was never asked back',
    spoils: () => [
      `DELETE FROM refunds WHERE booking_id = '${id('refunded')}'`,
      `DELETE FROM ledger WHERE booking_id = '${id('refunded')}' AND kind = 'refunded'`,
    ],
    subject: () => id('refunded'),
    detail: /5000 is kept of a cancelled booking of 5000/,
  },
  {
    invariant: '3 money kept',
    what: 'a booking is confirmed without its money',
    spoils: () => [
      `DELETE FROM payments WHERE booking_id = '${id('confirmed')}'`,
      `DELETE FROM ledger WHERE booking_id = '${id('confirmed')}'`,
    ],
    subject: () => id('confirmed'),
    detail: /confirmed without its price: 0 of 5000/,
  },
  {
    invariant: '3 money kept',
    what: 'a second payment is kept',
    spoils: () => [
      `INSERT INTO payments SELECT (jsonb_populate_record(p, jsonb_build_object('id', gen_random_uuid(), 'intent_id', 'pi_2'))).*
       FROM payments p WHERE booking_id = '${id('confirmed')}'`,
      `INSERT INTO ledger (booking_id, payment_id, kind, amount, currency, key, at)
       SELECT booking_id, (SELECT id FROM payments WHERE intent_id = 'pi_2'), kind, amount, currency, 'captured:pi_2', at FROM ledger WHERE booking_id = '${id('confirmed')}'`,
      `INSERT INTO financial_entries SELECT (jsonb_populate_record(e, jsonb_build_object('id', gen_random_uuid(), 'ledger_key', 'captured:pi_2',
         'payment_id', (SELECT id FROM payments WHERE intent_id = 'pi_2')))).*
       FROM financial_entries e WHERE booking_id = '${id('confirmed')}'`,
    ],
    subject: () => id('confirmed'),
    detail: /10000 is kept of a confirmed booking of 5000/,
  },
  {
    invariant: '3 money kept',
    what: 'a refund failed and nobody is told',
    spoils: () => [
      `UPDATE refunds SET status = 'failed' WHERE booking_id = '${id('refunded')}'`,
      `DELETE FROM ledger WHERE booking_id = '${id('refunded')}' AND kind = 'refunded'`,
    ],
    subject: () => id('refunded'),
    detail: /a refund failed and nobody is told/,
  },
  {
    invariant: '3 money kept',
    what: 'a refund bounced and nobody is told',
    spoils: () => [`UPDATE refunds SET settled_at = NULL WHERE booking_id = '${id('refunded')}'`],
    subject: () => id('refunded'),
    detail: /a refund failed and nobody is told/,
  },
  {
    invariant: '4 authorisations',
    what: 'money is set aside and nothing will ever be done about it',
    spoils: () => [`UPDATE payments SET status = 'authorized' WHERE booking_id = '${id('expired')}'`],
    subject: () => id('expired'),
    detail: /is authorised and nothing is due/,
  },
  {
    invariant: '5 ledger',
    what: 'the ledger is a cent short',
    spoils: () => [`UPDATE ledger SET amount = amount - 1 WHERE booking_id = '${id('confirmed')}'`],
    subject: () => id('confirmed'),
    detail: /entries make 4999, captures less refunds 5000/,
  },
  {
    invariant: '5 ledger',
    what: 'nobody is said to get a part of the money',
    spoils: () => [`DELETE FROM financial_entries WHERE booking_id = '${id('confirmed')}'`],
    subject: () => id('confirmed'),
    detail: /of 5000 is split as nothing/,
  },
  {
    invariant: '5 ledger',
    what: 'more was taken back from the provider than they had',
    spoils: () => [
      `UPDATE financial_entries SET platform_fee = 5000, clinic_amount = 0 WHERE booking_id = '${id('refunded')}' AND type = 'payment'`,
    ],
    subject: () => id('refunded'),
    detail: /leaves 0 as fee 5000, tax 0 and -5000/,
  },
  {
    invariant: '6 history',
    what: 'a version is missing',
    spoils: () => [
      `DELETE FROM booking_history WHERE booking_id = '${id('confirmed')}' AND version = 3`,
      `DELETE FROM outbox WHERE booking_id = '${id('confirmed')}' AND version = 3`,
    ],
    subject: () => id('confirmed'),
    detail: /version 5, 4 entries up to 5/,
  },
  {
    invariant: '6 history',
    what: 'a step is not one of its life cycle',
    spoils: () => [
      `UPDATE booking_history SET status = 'completed' WHERE booking_id = '${id('confirmed')}' AND version = 5`,
      `UPDATE bookings SET status = 'completed' WHERE id = '${id('confirmed')}'`,
      `UPDATE claims SET state = 'released', release_reason = 'completed' WHERE lock_id = '${id('confirmed')}'`,
    ],
    subject: () => id('confirmed'),
    detail: /version 5 goes from pending to completed/,
  },
  {
    invariant: '6 history',
    what: 'a booking stands elsewhere than its history says',
    spoils: () => [`UPDATE bookings SET status = 'checked_in' WHERE id = '${id('confirmed')}'`],
    subject: () => id('confirmed'),
    detail: /is checked_in, and its history ends with confirmed/,
  },
  {
    invariant: '6 history',
    what: 'a step begins elsewhere than the one before it ended',
    spoils: () => [
      `UPDATE booking_history SET previous_status = 'confirmed' WHERE booking_id = '${id('confirmed')}' AND version = 5`,
    ],
    subject: () => id('confirmed'),
    detail: /version 5 goes on from confirmed, and the one before ends with pending/,
  },
  {
    invariant: '7 outbox',
    what: 'nobody is told of a booking',
    spoils: () => [`DELETE FROM outbox WHERE booking_id = '${id('held')}' AND version = 1`],
    subject: () => id('held'),
    detail: /nothing was published of its beginning/,
  },
  {
    invariant: '7 outbox',
    what: 'somebody is told twice',
    spoils: () => [
      `INSERT INTO outbox (booking_id, version, profile, fact_type, event_type, topic, payload)
       SELECT booking_id, version, profile, fact_type, event_type, topic, payload FROM outbox WHERE booking_id = '${id('held')}'
         AND event_type = 'booking.created'`,
    ],
    subject: () => id('held'),
    detail: /2 messages booking\.created of version 1/,
  },
  {
    invariant: '7 outbox',
    what: 'somebody is told of what never was',
    spoils: () => [
      `UPDATE outbox SET version = 99 WHERE booking_id = '${id('confirmed')}' AND event_type = 'booking.confirmed'`,
    ],
    subject: () => id('confirmed'),
    detail: /a message booking\.confirmed of version 99, which never was/,
  },
  {
    invariant: '8 deadlines',
    what: 'nothing happened when it was due',
    spoils: () => [`UPDATE bookings SET next_deadline = now() - interval '61 seconds' WHERE id = '${id('held')}'`],
    subject: () => id('held'),
    detail: /a pending booking is past its deadline/,
  },
  {
    invariant: '8 deadlines',
    what: 'nothing will ever happen to a pending booking',
    spoils: () => [`UPDATE bookings SET next_deadline = NULL WHERE id = '${id('held')}'`],
    subject: () => id('held'),
    detail: /a pending booking has no deadline/,
  },
  {
    invariant: '2 claims',
    what: 'somebody was offered what is not held for them',
    spoils: () => [entry('offered', { offer_expires_at: `now() + interval '1 hour'` })],
    subject: () => ENTRY,
    detail: /item 1 of an offer has no live claim/,
  },
  {
    invariant: '2 claims',
    what: 'units are kept for an offer that is over',
    spoils: () => [
      entry('expired'),
      `UPDATE waitlist_entries SET booking_id = '${ENTRY}'`,
      `UPDATE claims SET lock_id = '${ENTRY}', state = 'held' WHERE lock_id = '${id('expired')}'`,
    ],
    subject: () => ENTRY,
    detail: /without a live booking/,
  },
  {
    invariant: '2 claims',
    what: 'somebody waits and is not looked for when something comes free',
    spoils: () => [entry('waiting')],
    subject: () => ENTRY,
    detail: /a waiting entry has 0 wishes for its 1 items/,
  },
  {
    invariant: '2 claims',
    what: 'an offer was accepted and came to nothing',
    spoils: () => [entry('accepted')],
    subject: () => ENTRY,
    detail: /an accepted entry without its booking/,
  },
  {
    invariant: '8 deadlines',
    what: 'an offer is never over',
    spoils: () => [entry('offered', { offer_expires_at: `now() - interval '61 seconds'` })],
    subject: () => ENTRY,
    detail: /an entry of the waitlist is offered past its time/,
  },
]

describe('A-21 the audit of the invariants', () => {
  test('finds nothing in a database that is as it should be', async () => {
    expect(await found()).toEqual([])
  })

  test.each(CASES)('finds $invariant, and that alone, when $what', async ({ invariant, spoils, subject, detail }) => {
    const violations = await found(...spoils())
    expect(new Set(violations.map((violation) => violation.invariant))).toEqual(new Set([invariant]))
    expect(violations).toContainEqual({ invariant, subject: subject(), detail: expect.stringMatching(detail) })
  })

  test('H-20 gives a deadline a minute, a lapsed hold its takeover, and attention its time', async () => {
    const lapsed = `UPDATE claims SET state = 'released', release_reason = 'taken_over' WHERE lock_id = '${id('held')}'`
    for (const spoils of [
      [`UPDATE bookings SET next_deadline = now() - interval '30 seconds' WHERE id = '${id('held')}'`],
      [
        lapsed,
        `UPDATE units SET claimed = 0`,
        `UPDATE bookings SET hold_lapses_at = now() - interval '1 second' WHERE id = '${id('held')}'`,
      ],
      [
        `DELETE FROM refunds WHERE booking_id = '${id('refunded')}'`,
        `DELETE FROM ledger WHERE booking_id = '${id('refunded')}' AND kind = 'refunded'`,
        `UPDATE bookings SET attention_reason = 'refund_failed', attention_since = now() WHERE id = '${id('refunded')}'`,
      ],
    ]) {
      expect(await found(...spoils)).toEqual([])
    }
  })
  test('does not miss what was published long ago and pruned since', async () => {
    const published = `UPDATE outbox SET published_at = now() - interval '8 days'`
    const made = `UPDATE bookings SET created_at = now()`
    const prune = `SELECT prune_outbox(interval '7 days', 1000)`
    expect(await found(published, made, prune)).toEqual([])
    const gone = new Set((await found(made, 'DELETE FROM outbox')).map(({ detail }) => detail))
    expect(gone).toEqual(new Set(['nothing was published of its beginning']))
  })
})
