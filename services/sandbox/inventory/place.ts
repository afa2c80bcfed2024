import { invalid } from '../http/problem.ts'
import type { Database } from '../store/database.ts'
import type { Item } from './schemas.ts'

interface Unit {
  unit_id: string
  kind: 'seat' | 'slot' | 'range'
  capacity: number | null
}

/** What is taken of a unit. Instants in milliseconds; null and null is the unit as such. */
export interface Taken {
  unit_id: string
  quantity: number
  start_at: number | null
  end_at: number | null
}

export interface Placement extends Taken {
  item_id: string
  offering_id: string
}

interface Refused {
  item_id: string
  /** Who is in the way; empty when there is no such unit. */
  conflicts: Taken[]
}

/**
 * Finds a unit for every item, against live reservations of other locks and against each other [S-01]. Named units first; then
 * pools, each item on the free unit with the smallest `max_party` that fits its party, then the smallest id.
 * @param lockId its own reservations are not in its way; '' is nobody's
 * @param at a held reservation past this instant (milliseconds) is in nobody's way
 * @throws Problem 422 for more than one of a seat or range, or a range without a time
 */
export function place(
  db: Database,
  items: readonly Item[],
  lockId: string,
  at: number,
): { placed: Placement[]; refused: Refused[] } {
  const placed: Placement[] = []
  const refused: Refused[] = []
  const named = items.filter(({ unit_id }) => unit_id !== undefined)
  const pooled = items.filter(({ unit_id }) => unit_id === undefined)

  for (const item of [...named, ...pooled]) {
    const conflicts: Taken[] = []
    const unit = candidates(db, item).find((candidate) => {
      demand(candidate, item, items.indexOf(item))
      const others = [
        ...taken(db, item.offering_id, candidate.unit_id, lockId, at),
        ...placed.filter(same(item, candidate)),
      ]
      const inTheWay = obstacles(candidate, item, others)
      conflicts.push(...inTheWay)
      return inTheWay.length === 0
    })
    if (unit === undefined) refused.push({ item_id: item.item_id, conflicts })
    else {
      placed.push({
        item_id: item.item_id,
        offering_id: item.offering_id,
        unit_id: unit.unit_id,
        quantity: item.quantity,
        start_at: item.start ?? null,
        end_at: item.end ?? null,
      })
    }
  }
  return { placed, refused }
}

function same(item: Item, unit: Unit): (placement: Placement) => boolean {
  return (placement) => placement.offering_id === item.offering_id && placement.unit_id === unit.unit_id
}

/** What kind of unit it is decides what an item must say. @throws Problem 422 `validation_failed` */
function demand(unit: Unit, item: Item, index: number): void {
  if (unit.kind === 'slot') return
  const pointer = `/items/${index}`
  if (item.quantity > 1)
    throw invalid({ pointer: `${pointer}/quantity`, message: `must be 1: one item per ${unit.kind}` })
  if (unit.kind === 'range' && item.start === undefined) {
    throw invalid({ pointer: `${pointer}/start`, message: 'is needed to reserve a range' })
  }
}

/** Seats hold one reservation, slots as many as their capacity, ranges one at a time: [start, end), touching is allowed. */
function obstacles(unit: Unit, item: Item, others: Taken[]): Taken[] {
  switch (unit.kind) {
    case 'seat':
      return others
    case 'slot': {
      const used = others.reduce((sum, { quantity }) => sum + quantity, 0)
      const full = used + item.quantity > (unit.capacity ?? 0)
      return full ? [{ unit_id: unit.unit_id, quantity: used, start_at: null, end_at: null }] : []
    }
    case 'range': {
      const { start = -Infinity, end = Infinity } = item
      return others.filter(({ start_at, end_at }) => (start_at ?? -Infinity) < end && start < (end_at ?? Infinity))
    }
  }
}

function candidates(db: Database, item: Item): Unit[] {
  const party = item.party_size ?? null
  return db.all<Unit>(
    `select unit_id, kind, capacity from units
     where offering_id = ?1 and (?2 is null or unit_id = ?2)
     and (?3 is null or (?3 >= coalesce(min_party, 1) and ?3 <= coalesce(max_party, ?3)))
     order by max_party is null, max_party, unit_id`,
    item.offering_id,
    item.unit_id ?? null,
    party,
  )
}

function taken(db: Database, offeringId: string, unitId: string, lockId: string, at: number): Taken[] {
  return db.all<Taken>(
    `select c.unit_id, c.quantity, c.start_at, c.end_at from claims c join locks l using (lock_id)
     where c.offering_id = ? and c.unit_id = ? and c.lock_id <> ? and (l.state = 'committed' or l.expires_at > ?)`,
    offeringId,
    unitId,
    lockId,
    at,
  )
}
