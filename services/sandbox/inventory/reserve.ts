import { answer, type Outcome } from '../http/operation.ts'
import { toInstant } from '../http/fields.ts'
import { notFound, Problem } from '../http/problem.ts'
import type { Database } from '../store/database.ts'
import { place, type Placement } from './place.ts'
import type { Item, Release, Reserve, Update } from './schemas.ts'

interface Lock {
  lock_id: string
  state: 'held' | 'committed'
  expires_at: number
  items: string
  answer: string
}

/**
 * Holds every item or none [S-01]. A live lock gives its first answer again; a lapsed one holds nothing and is taken anew.
 * Failures: 409 `sold_out` with `item_ids`, 422 `idempotency_mismatch` for other items under a live lock.
 */
export function reserve(db: Database, { lock_id, expires_at, items }: Reserve, at: number): Outcome {
  const wanted = JSON.stringify(items)
  const lock = findLock(db, lock_id)
  if (lock !== undefined && isLive(lock, at)) {
    if (lock.items === wanted) return { status: 201, json: lock.answer }
    return new Problem(422, 'idempotency_mismatch', 'This lock holds other items.')
  }
  const { placed, refused } = place(db, items, lock_id, at)
  if (refused.length > 0) {
    return new Problem(409, 'sold_out', 'Not everything is free.', { item_ids: refused.map(({ item_id }) => item_id) })
  }
  const outcome = answer(201, { lock_id, expires_at: toInstant(expires_at), items: inOrder(items, placed) })
  db.run('delete from claims where lock_id = ?', lock_id)
  db.run(
    `insert or replace into locks (lock_id, state, expires_at, items, answer) values (?, 'held', ?, ?, ?)`,
    lock_id,
    expires_at,
    wanted,
    outcome.json,
  )
  for (const claim of placed) insertClaim(db, lock_id, claim)
  return outcome
}

/**
 * Commits a lock or moves its expiry [S-01]. A lapsed one takes the same units again when they are free. What is committed stays
 * so: a late `held` changes nothing. Failures: 404, 409 `claim_lost`.
 */
export function updateLock(db: Database, { lock_id, state, expires_at }: Update, at: number): Outcome {
  const lock = findLock(db, lock_id)
  if (lock === undefined) return notFound('reservation')
  if (!isLive(lock, at) && place(db, claimedItems(db, lock_id), lock_id, at).refused.length > 0) {
    return new Problem(409, 'claim_lost', 'The units went to somebody else.')
  }
  const next = lock.state === 'committed' ? 'committed' : state
  const expiry = expires_at ?? lock.expires_at
  db.run('update locks set state = ?, expires_at = ? where lock_id = ?', next, expiry, lock_id)
  return answer(200, { lock_id, state: next, expires_at: next === 'committed' ? null : toInstant(expiry) })
}

/** Gives units back, all or those named [S-01]; releasing what is gone releases 0. A lock without items is gone. */
export function release(db: Database, { lock_id, item_ids }: Release): Outcome {
  let released = 0
  if (item_ids === undefined) released = db.run('delete from claims where lock_id = ?', lock_id)
  for (const item_id of item_ids ?? []) {
    released += db.run('delete from claims where lock_id = ? and item_id = ?', lock_id, item_id)
  }
  db.run('delete from locks where lock_id = ?1 and not exists (select 1 from claims where lock_id = ?1)', lock_id)
  return answer(200, { lock_id, released })
}

function findLock(db: Database, lockId: string): Lock | undefined {
  return db.get<Lock>('select * from locks where lock_id = ?', lockId)
}

function isLive(lock: Lock, at: number): boolean {
  return lock.state === 'committed' || lock.expires_at > at
}

function insertClaim(db: Database, lockId: string, claim: Placement): void {
  db.run(
    'insert into claims (lock_id, item_id, offering_id, unit_id, quantity, start_at, end_at) values (?, ?, ?, ?, ?, ?, ?)',
    lockId,
    claim.item_id,
    claim.offering_id,
    claim.unit_id,
    claim.quantity,
    claim.start_at,
    claim.end_at,
  )
}

/** What a lock has claimed, as items that name their units. */
function claimedItems(db: Database, lockId: string): Item[] {
  return db
    .all<Placement>('select * from claims where lock_id = ?', lockId)
    .map(({ item_id, offering_id, unit_id, quantity, start_at, end_at }) => ({
      item_id,
      offering_id,
      unit_id,
      quantity,
      start: start_at ?? undefined,
      end: end_at ?? undefined,
    }))
}

function inOrder(items: readonly Item[], placed: readonly Placement[]): unknown[] {
  const units = new Map(placed.map((claim) => [claim.item_id, claim.unit_id]))
  return items.map(({ item_id, quantity }) => ({ item_id, unit_id: units.get(item_id), quantity }))
}
