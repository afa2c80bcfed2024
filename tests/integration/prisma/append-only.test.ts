import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Booking } from '../../../domain/booking.ts'
import type { Fact } from '../../../domain/facts.ts'
import { everyFact } from '../../../domain/testing/every.ts'
import { anOrder, factsFor, openDesk, type Desk } from './desk.ts'

let desk: Desk
let paid: Booking
let refunded: Booking
let ahead: Booking

beforeAll(async () => {
  desk = await openDesk()
  await desk.offer('slot', [{ id: 'slot', capacity: 9 }])
  const pay = async () => {
    const booking = await desk.held(anOrder([{ kind: 'slot', unit: 'slot', quantity: 1 }]))
    const { requested, authorized, captured, confirmed } = factsFor(booking)
    return desk.after(await desk.after(booking, requested(), authorized()), captured(), confirmed())
  }
  paid = await pay()
  const other = await pay()
  const { cancelled, refundRequested, refunded: back } = factsFor(other)
  erasing = `BEGIN; UPDATE bookings SET contact_erased_at = now(); SELECT set_config('holdfast.erasing', '${paid.customer.id}', true)`
  const requested = { ...refundRequested(other.payments[0]?.id ?? ''), reason: WHY } as Fact
  refunded = await desk.after(other, cancelled(), requested, back())
  ahead = await desk.held(anOrder([{ kind: 'slot', unit: 'slot', quantity: 1 }]))
})
afterAll(() => desk.close())

/** What somebody with the product's own role, which owns the tables, tries by SQL; `$paid` and `$back` are bookings. */
const ATTACKS: readonly (readonly [string, string])[] = [
  ['changes a line of the ledger', `UPDATE ledger SET amount = amount - 1 WHERE booking_id = $paid`],
  ['moves a line to another booking', `UPDATE ledger SET booking_id = $back WHERE booking_id = $paid`],
  ['deletes a line of the ledger', `DELETE FROM ledger WHERE booking_id = $back AND kind = 'refunded'`],
  ['empties the ledger', `TRUNCATE ledger CASCADE`],
  ['changes a version of the history', `UPDATE booking_history SET reason = 'nothing' WHERE booking_id = $paid`],
  [
    'dates a version of the history back',
    `UPDATE booking_history SET at = at - interval '1 day' WHERE booking_id = $paid`,
  ],
  ['deletes a version of the history', `DELETE FROM booking_history WHERE booking_id = $paid AND version = 3`],
  ['empties the history', `TRUNCATE booking_history`],
  [
    'raises a share',
    `UPDATE financial_entries SET platform_fee = platform_fee + 1, clinic_amount = clinic_amount - 1 WHERE booking_id = $paid`,
  ],
  [
    'settles an entry and lowers it in passing',
    `UPDATE financial_entries SET status = 'settled', settlement_date = now(), transaction_reference = 't', settled_by = 'x', clinic_id = 'mine' WHERE booking_id = $paid`,
  ],
  ['deletes an entry', `DELETE FROM financial_entries WHERE booking_id = $back`],
  ['empties the entries', `TRUNCATE financial_entries`],
  ['captures more than was authorised', `UPDATE payments SET captured = amount + 1 WHERE booking_id = $paid`],
  ['captures what the ledger does not know', `UPDATE payments SET captured = captured - 1 WHERE booking_id = $paid`],
  ['gives back more than was captured', `UPDATE payments SET refund_reserved = captured + 1 WHERE booking_id = $paid`],
  [
    'writes a refund beyond the capture',
    `INSERT INTO refunds (key, booking_id, payment_id, position, amount, reason, status, requested_at) SELECT 'more', booking_id, payment_id, 9, amount, 'x', 'pending', now() FROM refunds WHERE booking_id = $back`,
  ],
  ['says that a refund was smaller', `UPDATE refunds SET amount = amount - 1 WHERE booking_id = $back`],
  ['takes a refund back', `UPDATE refunds SET status = 'failed' WHERE booking_id = $back`],
  [
    'adds a line that nobody captured',
    `INSERT INTO ledger (booking_id, payment_id, kind, amount, currency, key, at) SELECT booking_id, payment_id, kind, 1, currency, 'one more', now() FROM ledger WHERE booking_id = $paid`,
  ],
  [
    'adds a line in another currency',
    `INSERT INTO ledger (booking_id, payment_id, kind, amount, currency, key, at) SELECT booking_id, payment_id, 'disputed', -1, 'XCD', 'other', now() FROM ledger WHERE booking_id = $paid`,
  ],
  [
    'adds an entry that does not add up',
    `INSERT INTO financial_entries (booking_id, payment_id, ledger_key, profile, type, total_amount, platform_fee, clinic_amount, tax_amount, currency, created_at, updated_at) SELECT booking_id, payment_id, 'x', profile, type, 10, 1, 1, 1, currency, now(), now() FROM financial_entries WHERE booking_id = $paid`,
  ],
  ['moves a payment to another booking', `UPDATE payments SET booking_id = $back WHERE booking_id = $paid`],
]

/** What somebody tries who says that they erase, at the words themselves. */
const ON_WORDS: readonly (readonly [string, string])[] = [
  [
    'puts other words there',
    `UPDATE booking_history SET reason = 'well', data = data || '{"reason": "well"}' WHERE reason IS NOT NULL`,
  ],
  ['puts words where there were none', `UPDATE booking_history SET reason = 'erased' WHERE reason IS NULL`],
  [
    'takes the reason from the line alone',
    `UPDATE booking_history SET reason = 'erased' WHERE reason = 'changed their mind'`,
  ],
  ['empties the data', `UPDATE booking_history SET data = '{}' WHERE fact_type = 'ended'`],
  ['takes a text away', `UPDATE booking_history SET data = data - 'reason', reason = NULL WHERE fact_type = 'ended'`],
  [
    'blanks an amount',
    `UPDATE booking_history SET data = data || '{"amount": "erased"}' WHERE fact_type = 'payment_captured'`,
  ],
  [
    'lowers an amount',
    `UPDATE booking_history SET data = data || '{"amount": 1}' WHERE fact_type = 'payment_captured'`,
  ],
  [
    'keeps more of the price',
    `UPDATE booking_history SET data = data || '{"keep": 1, "reason": "erased"}', reason = 'erased' WHERE fact_type = 'ended'`,
  ],
  [
    'blanks a key',
    `UPDATE booking_history SET data = data || '{"key": "erased"}' WHERE fact_type = 'refund_requested'`,
  ],
  [
    'blanks the operation',
    `UPDATE booking_history SET operation = 'erased', data = data || '{"reason": "erased"}', reason = 'erased' WHERE fact_type = 'ended'`,
  ],
  [
    'changes the status in passing',
    `UPDATE booking_history SET status = 'confirmed', data = data || '{"reason": "erased"}', reason = 'erased' WHERE fact_type = 'ended'`,
  ],
  [
    'changes the time in passing',
    `UPDATE booking_history SET at = now(), data = data || '{"reason": "erased"}', reason = 'erased' WHERE fact_type = 'ended'`,
  ],
  [
    'changes who it was in passing',
    `UPDATE booking_history SET actor_id = 'eve', data = data || '{"reason": "erased"}', reason = 'erased' WHERE fact_type = 'ended'`,
  ],
  [
    'erases of a booking that is not erased',
    `UPDATE bookings SET contact_erased_at = NULL; UPDATE booking_history SET data = data || '{"reason": "erased"}', reason = 'erased' WHERE fact_type = 'ended'`,
  ],
  [
    'erases of somebody else',
    `SELECT set_config('holdfast.erasing', 'eve', true); UPDATE booking_history SET data = data || '{"reason": "erased"}', reason = 'erased' WHERE fact_type = 'ended'`,
  ],
]

const WHY = 'changed their mind'

/** Reasons that we give, or a bank: codes. */
const CODES = ['hold_extended', 'attention_raised', 'change_extended', 'change_ended', 'disputed'].map(
  (fact) => `${fact} reason`,
)

/** Where something may have what a person said. */
function textsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => [
    ...(/^(?:reason|notes?|comment)$/.test(name) ? [name] : []),
    ...textsIn(inner).map((path) => `${name}.${path}`),
  ])
}

/** As erase_bookings begins it: both bookings are marked, and the transaction says whose they are. */
let erasing: string

describe('N-17 what happened to money stays as it was written', () => {
  test('N-17 there are at least twenty attacks', () => {
    expect(ATTACKS.length).toBeGreaterThanOrEqual(20)
  })

  test.each(ATTACKS)('N-17 refused: somebody %s', async (_, sql) => {
    const attack = sql.replaceAll('$paid', `'${paid.id}'`).replaceAll('$back', `'${refunded.id}'`)
    const before = await snapshot()
    await expect(desk.sql.query(attack)).rejects.toMatchObject({
      code: expect.stringMatching(/^(HF02[01]|23514)$/) as string,
    })
    expect(await snapshot()).toEqual(before)
  })

  test.each([...ATTACKS, ...ON_WORDS])('N-17 refused also while that person is erased: somebody %s', async (_, sql) => {
    const before = await snapshot()
    const client = await desk.sql.connect()
    const attack = async () => {
      try {
        await client.query(erasing)
        await client.query(sql.replaceAll('$paid', `'${paid.id}'`).replaceAll('$back', `'${refunded.id}'`))
        await client.query('COMMIT')
      } finally {
        await client.query('ROLLBACK')
        client.release()
      }
    }
    await expect(attack()).rejects.toMatchObject({
      code: expect.stringMatching(/^(HF02[01]|23514)$/) as string,
    })
    expect(await snapshot()).toEqual(before)
  })

  test('N-17 erasing takes the words and nothing else, and only in the transaction that erases', async () => {
    const before = await snapshot()
    const erase = async () => {
      const { rows } = await desk.sql.query<{ page: { over: string[]; last: string | null } }>(
        `SELECT erase_bookings($1, '00000000-0000-0000-0000-000000000000', 100) AS page`,
        [refunded.customer.id],
      )
      return rows[0]?.page
    }
    const over = [paid.id, refunded.id].toSorted()
    expect(await erase()).toMatchObject({ over, open: [ahead.id], last: null })
    const after = await snapshot()
    // Why it was cancelled: of that version, of the one that asked for the refund, and of the refund.
    expect(JSON.stringify(before).split(`"${WHY}"`)).toHaveLength(6)
    const blanked = JSON.stringify(before)
      .replaceAll(`"${WHY}"`, '"erased"')
      .replaceAll('"client_secret":"secret"', '"client_secret":null')
    expect(JSON.parse(blanked)).toEqual(after)
    expect(await erase()).toMatchObject({ over, erased: { bookings: 0, booking_history: 0, payments: 0, refunds: 0 } })
    for (const change of [`reason = 'erased'`, `data = '{}'`]) {
      const rewriting = desk.sql.query(`UPDATE booking_history SET ${change} WHERE booking_id = $1`, [refunded.id])
      await expect(rewriting).rejects.toMatchObject({ code: 'HF020' })
    }
  })

  test('N-17 of every fact it is decided which of its texts are a person’s', async () => {
    const { rows } = await desk.sql.query<{ place: string }>(
      `SELECT fact || ' ' || array_to_string(path, '.') AS place FROM unnest($1::text[]) fact, words_of_fact(fact) w (path)`,
      [[...new Set(everyFact().map(({ type }) => type))]],
    )
    const ofPeople = rows.map(({ place }) => place)
    expect(CODES.filter((place) => ofPeople.includes(place))).toEqual([])
    const texts = everyFact().flatMap((fact) => textsIn(fact).map((path) => `${fact.type} ${path}`))
    expect(texts.length).toBeGreaterThan(20)
    expect([...new Set(texts)].filter((place) => !ofPeople.includes(place) && !CODES.includes(place))).toEqual([])
  })

  test('N-17 an entry is settled, once (C-06)', async () => {
    const settle = (reference: string) =>
      desk.sql.query(
        `UPDATE financial_entries SET status = 'settled', settlement_date = now(), transaction_reference = $2, settled_by = 'olga', updated_at = now()
         WHERE booking_id = $1`,
        [paid.id, reference],
      )
    expect((await settle('t-1')).rowCount).toBe(1)
    await expect(settle('t-2')).rejects.toMatchObject({ code: 'HF020' })
  })
})

async function snapshot(): Promise<unknown> {
  const { rows } = await desk.sql.query(`SELECT
    (SELECT jsonb_agg(l ORDER BY id) FROM ledger l) AS ledger, (SELECT jsonb_agg(h ORDER BY booking_id, version) FROM booking_history h) AS history,
    (SELECT jsonb_agg(e ORDER BY id) FROM financial_entries e) AS entries, (SELECT jsonb_agg(p ORDER BY id) FROM payments p) AS payments,
    (SELECT jsonb_agg(r ORDER BY key) FROM refunds r) AS refunds`)
  return rows[0]
}
