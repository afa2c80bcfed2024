import type { UnitKind } from '../domain/booking.ts'
import type { Offering, Unit } from '../domain/offering.ts'
import type { Instant } from '../domain/time.ts'
import { instantOrNull, kindOf, offeringOfJson, unitOfJson } from './catalogue.ts'
import type { Database } from './client.ts'

/** A question about one item: is it there, and is it free? */
export type ItemQuestion = {
  readonly id: string
  readonly offeringId: string
  readonly unitId: string | null
  readonly quantity: number
  readonly start: string | null
  readonly end: string | null
  readonly partySize: number | null
  /** What seats are to be like that nobody names. */
  readonly seats?: { readonly adjacent: boolean; readonly section: string | null }
}

/** Minutes kept free around a booking, by profile; an offering's own come first. */
export type Buffers = Readonly<Record<string, { readonly before: number; readonly after: number }>>

/** What the database knows about an item; `freeUnit` null: nothing that fits is free. */
export type ItemFound = {
  readonly id: string
  readonly offering: Offering | null
  readonly unit: Unit | null
  readonly kinds: readonly UnitKind[]
  readonly freeUnit: string | null
  /** Where nobody named them, the units that an order would get now, if its price depends on them. When no seat is free, one that is not. */
  readonly anyUnits: readonly Unit[]
  /** Some units of the offering have a price of their own. */
  readonly pricedByUnit: boolean
}

type FoundRow = {
  item_id: string
  offering: Record<string, unknown> | null
  unit: Record<string, unknown> | null
  kinds: string[] | null
  free_unit: string | null
}

/** What is kept for the booking that will be made of the answer; `always`: also where it is not free for others (an offer of the waitlist). */
export type Withheld = { readonly id: string; readonly data: object; readonly always: boolean }

/** Answers a batch of questions in one round trip, in the order asked. `withheld` is kept besides, for the hold (N-24). */
export async function lookUpItems(
  db: Database,
  questions: readonly ItemQuestion[],
  buffers: Buffers,
  withheld: Withheld | null = null,
): Promise<ItemFound[]> {
  const [asked, around] = [questionRows(questions), JSON.stringify(buffers)]
  // In the same round trip, and only for what is free: what is sold out leaves nothing behind.
  const rows =
    withheld === null
      ? await db.$queryRaw<FoundRow[]>`SELECT * FROM look_up_items(${asked}::jsonb, ${around}::jsonb)`
      : await db.$queryRaw<FoundRow[]>`
        WITH found AS MATERIALIZED (SELECT * FROM look_up_items(${asked}::jsonb, ${around}::jsonb)),
        kept AS (
          INSERT INTO withheld (id, data) SELECT ${withheld.id}, ${JSON.stringify(withheld.data)}::jsonb
          WHERE ${withheld.always} OR NOT EXISTS (SELECT FROM found WHERE free_unit IS NULL)
          ON CONFLICT (id) DO UPDATE SET data = excluded.data WHERE withheld.data <> excluded.data)
        SELECT * FROM found`
  const found = new Map(rows.map((row) => [row.item_id, row]))
  const any = await anyUnits(
    db,
    questions.filter(({ id, unitId }) => unitId === null && isOpen(found.get(id))),
    (id) => found.get(id)?.free_unit ?? null,
  )
  return questions.map(({ id }) => {
    const row = found.get(id)
    const units = any.get(id)
    return {
      id,
      offering: row?.offering == null ? null : offeringOfJson(row.offering),
      unit: row?.unit == null ? null : unitOfJson(row.unit),
      kinds: (row?.kinds ?? []).map(kindOf),
      freeUnit: units === undefined ? (row?.free_unit ?? null) : units.isFree ? (units.units[0]?.id ?? null) : null,
      anyUnits: units?.units ?? [],
      pricedByUnit: row?.offering?.['priced_by_unit'] === true,
    }
  })
}

function isOpen(row: FoundRow | undefined): boolean {
  return row?.kinds?.includes('seat') === true || row?.offering?.['priced_by_unit'] === true
}

type AnyRow = { readonly item_id: string; readonly is_free: boolean; readonly units: Record<string, unknown>[] }

/** What questions that name no unit would get. Only those whose price depends on it cost this round trip. */
async function anyUnits(
  db: Database,
  questions: readonly ItemQuestion[],
  freeUnit: (id: string) => string | null,
): Promise<Map<string, { readonly isFree: boolean; readonly units: readonly Unit[] }>> {
  if (questions.length === 0) return new Map()
  const asked = questions.map(({ id, offeringId, quantity, seats }) => ({
    item_id: id,
    offering_id: offeringId,
    free_unit: freeUnit(id),
    quantity,
    ...seats,
  }))
  const rows = await db.$queryRaw<AnyRow[]>`
    SELECT q.item_id, CASE WHEN s.is_seat THEN s.ids IS NOT NULL ELSE q.free_unit IS NOT NULL END AS is_free,
      coalesce((SELECT jsonb_agg(to_jsonb(u) ORDER BY array_position(s.ids, u.id)) FROM units u
        WHERE u.offering_id = q.offering_id AND u.id = ANY (coalesce(s.ids, CASE WHEN s.is_seat THEN ARRAY[s.first] ELSE ARRAY[q.free_unit] END))), '[]') AS units
    FROM jsonb_to_recordset(${JSON.stringify(asked)}::jsonb) AS q (
      item_id text, offering_id text, free_unit text, quantity int, adjacent boolean, section text)
    CROSS JOIN LATERAL (
      SELECT f.id IS NOT NULL AS is_seat, f.id AS first,
        CASE WHEN f.id IS NOT NULL THEN choose_seats(q.offering_id, q.section, q.quantity, q.adjacent, NULL, '{}') END AS ids
      FROM (SELECT 1) one LEFT JOIN LATERAL (
        SELECT u.id FROM units u WHERE u.offering_id = q.offering_id AND u.kind = 'seat' ORDER BY u.id LIMIT 1) f ON true) s`
  return new Map(
    rows.map(({ item_id, is_free, units }) => [
      item_id,
      { isFree: is_free, units: units.map((unit) => unitOfJson(unit)) },
    ]),
  )
}

/** Somebody else's live claim in the way; times are those occupied, buffers included. Whose it is, is nobody's business. */
export type Conflict = {
  readonly unitId: string
  readonly start: Instant | null
  readonly end: Instant | null
  readonly quantity: number
}

type ConflictRow = { item_id: string; unit_id: string; starts_at: Date | null; ends_at: Date | null; quantity: number }

/** At most this many conflicts are named per item. */
const MAX_CONFLICTS = 10

/** What stands in the way of each item, by item id, in one round trip. */
export async function findConflicts(
  db: Database,
  questions: readonly ItemQuestion[],
  buffers: Buffers,
): Promise<Map<string, Conflict[]>> {
  if (questions.length === 0) return new Map()
  const rows = await db.$queryRaw<ConflictRow[]>`
    SELECT * FROM find_conflicts(${questionRows(questions)}::jsonb, ${JSON.stringify(buffers)}::jsonb, ${MAX_CONFLICTS}::int)`
  return new Map(
    questions.map(({ id }) => [
      id,
      rows
        .filter((row) => row.item_id === id)
        .map((row) => ({
          unitId: row.unit_id,
          start: instantOrNull(row.starts_at),
          end: instantOrNull(row.ends_at),
          quantity: row.quantity,
        })),
    ]),
  )
}

function questionRows(questions: readonly ItemQuestion[]): string {
  return JSON.stringify(
    questions.map((question) => ({
      item_id: question.id,
      offering_id: question.offeringId,
      unit_id: question.unitId,
      quantity: question.quantity,
      starts_at: question.start,
      ends_at: question.end,
      party_size: question.partySize,
    })),
  )
}
