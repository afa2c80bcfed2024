import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { plusSeconds, instantOf } from '../../../domain/time.ts'
import { auditInvariants, type AuditScope } from '../../../prisma/invariants.ts'
import { anOrder, openDesk, type Desk } from './desk.ts'

const START = instantOf(Date.now() + 86_400_000)
const DAY = 86_400_000
const WEEK_OF_SHARES = 2016

let desk: Desk
beforeAll(async () => {
  desk = await openDesk()
  const units = Array.from({ length: 20 }, (_, n) => ({ id: `T${n}`, minParty: 1, maxParty: 9 }))
  await desk.offer('table', units, 'tables')
})
afterAll(() => desk.close())

/** A booking that was last changed so long ago, and of whose history a version is missing. */
async function broken(unit: string, ageMs: number): Promise<string> {
  const booking = await desk.held(
    anOrder([{ kind: 'table', offering: 'tables', unit, start: START, end: plusSeconds(START, 3600) }]),
  )
  await desk.sql.query('DELETE FROM outbox WHERE booking_id = $1', [booking.id])
  // Past the trigger that keeps it (N-17).
  await desk.sql.query(
    `SET session_replication_role = replica; DELETE FROM booking_history WHERE booking_id = '${booking.id}'; SET session_replication_role = DEFAULT`,
  )
  await desk.sql.query('UPDATE bookings SET updated_at = $2 WHERE id = $1', [booking.id, new Date(Date.now() - ageMs)])
  return booking.id
}

async function found(scope: AuditScope | null): Promise<string[]> {
  const violations = await auditInvariants(desk.db, [], scope)
  return violations.filter(({ invariant }) => invariant === '6 history').map(({ subject }) => subject)
}

describe('N-61 what the audit looks at of what has ended', () => {
  test('what changed since, what an earlier one named, and within a week everything once', async () => {
    const [young, old, named] = [await broken('T1', 0), await broken('T2', 30 * DAY), await broken('T3', 30 * DAY)]
    const now = new Date()
    const since = new Date(now.getTime() - 300_000)
    expect(await found(null)).toEqual(expect.arrayContaining([young, old, named]))

    // A moment at which it is no other one's turn.
    const seen = new Map<string, number>()
    const until = now.getTime() + WEEK_OF_SHARES * 300_000
    for (let at = now.getTime(); at < until; at += 12 * 300_000) {
      const scope = { since: new Date(at - 12 * 300_000), now: new Date(at), named: [] }
      for (const id of await found(scope)) seen.set(id, (seen.get(id) ?? 0) + 1)
    }
    expect(seen.get(old)).toBe(1)
    expect(seen.get(named)).toBe(1)

    const first = await found({ since, now, named: [named] })
    expect(first).toEqual(expect.arrayContaining([young, named]))
  })

  test('it reads by index: what changed, and a range of ids', async () => {
    const client = await desk.sql.connect()
    await client.query('SET enable_seqscan = off')
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN SELECT * FROM bookings WHERE updated_at >= now() - interval '5 minutes' OR id = ANY ('{}'::uuid[])
         OR id BETWEEN '10000000-0000-0000-0000-000000000000' AND '10200000-0000-0000-0000-000000000000'`,
    )
    client.release(true)
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    expect(plan).toContain('bookings_updated_at_idx')
    expect(plan).toContain('bookings_pkey')
    expect(plan).not.toContain('Seq Scan')
  })
})
