import type { Actor, Role } from '../domain/booking.ts'
import type { Database } from './client.ts'

/** Who takes units away from under bookings, and why; both are told to the bookings (H-13, H-14). */
export type Why = { readonly by: Actor; readonly reason: string }

/** Something that a booking is to be told of its unit. `look_again` is about the unit alone. */
export type StoredDisplacement = {
  readonly id: string
  readonly bookingId: string | null
  readonly offeringId: string
  readonly unitId: string
  readonly action: 'displace' | 'restore' | 'look_again'
  readonly why: Why
  readonly attempts: number
}

/** A `Why` as the SQL functions read it. */
export function whyColumns({ by, reason }: Why): string {
  return JSON.stringify({ reason, role: by.role, id: by.id })
}

export type BlockResult = { readonly found: boolean; readonly done: boolean; readonly affected: readonly string[] }

/**
 * Takes a unit off sale or puts it back, in one transaction with what its bookings are to be told (H-14). Not `done`: there are bookings on it,
 * and `force` was not named.
 */
export async function blockUnit(
  db: Database,
  unit: { readonly offeringId: string; readonly id: string },
  { blocked, force, ...why }: Why & { readonly blocked: boolean; readonly force: boolean },
): Promise<BlockResult> {
  const [row] = await db.$queryRaw<[{ result: BlockResult }]>`
    SELECT block_unit(${unit.offeringId}, ${unit.id}, ${blocked}, ${force}, ${whyColumns(why)}::jsonb) AS result`
  return row.result
}

type Row = {
  id: string
  booking_id: string | null
  offering_id: string
  unit_id: string
  action: StoredDisplacement['action']
  reason: string
  actor_role: string
  actor_id: string
  attempts: number
}

/**
 * Claims up to `limit` that are due, so that two pollers do not deliver the same one at once: each is put off for a minute while its claimant works,
 * and comes back by itself when that one dies.
 */
export async function claimDueDisplacements(db: Database, limit: number): Promise<StoredDisplacement[]> {
  const rows = await db.$queryRaw<Row[]>`
    UPDATE displacements SET attempts = attempts + 1, next_try_at = now() + interval '1 minute'
    WHERE id IN (
      SELECT id FROM displacements WHERE delivered_at IS NULL AND next_try_at <= now()
      ORDER BY next_try_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
    RETURNING *`
  return rows.map((row) => ({
    id: row.id,
    bookingId: row.booking_id,
    offeringId: row.offering_id,
    unitId: row.unit_id,
    action: row.action,
    why: { by: { role: row.actor_role as Role, id: row.actor_id }, reason: row.reason },
    attempts: row.attempts,
  }))
}

/** Does the booking still have the unit? One that was moved or ended since has nothing to be told. */
export async function isStillOnUnit(
  db: Database,
  { bookingId, unitId, offeringId }: StoredDisplacement,
): Promise<boolean> {
  const rows = await db.$queryRaw<unknown[]>`
    SELECT FROM claims c JOIN units u ON u.resource = c.resource
    WHERE c.lock_id = ${bookingId}::uuid AND c.state <> 'released' AND u.offering_id = ${offeringId} AND u.id = ${unitId} LIMIT 1`
  return rows.length > 0
}

/** Displaces who took a unit in the moment it was blocked. */
export async function displaceLatecomers(db: Database, { offeringId, unitId, why }: StoredDisplacement): Promise<void> {
  await db.$executeRaw`SELECT displace_latecomers(${offeringId}, ${unitId}, ${whyColumns(why)}::jsonb)`
}

/** Marks one as delivered, with what became of it. */
export async function displacementDelivered(db: Database, id: string, outcome: string): Promise<void> {
  await db.$executeRaw`
    UPDATE displacements SET delivered_at = now(), outcome = ${outcome} WHERE id = ${id}::uuid AND delivered_at IS NULL`
}

/** Puts off the next try: 2, 4, 8 … seconds, ten minutes at the most. */
export async function putOffDisplacement(db: Database, id: string, error: string): Promise<void> {
  await db.$executeRaw`
    UPDATE displacements SET last_error = ${error.slice(0, 500)},
      next_try_at = now() + make_interval(secs => least(600, 2 ^ least(attempts, 10)))
    WHERE id = ${id}::uuid AND delivered_at IS NULL`
}
