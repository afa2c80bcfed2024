import type { Database } from './client.ts'

/** The payment that one of these names, and its booking: a payment's id, its intent's, or the booking's reference; null when none does. */
export async function findReferenced(
  db: Database,
  references: readonly string[],
): Promise<{ bookingId: string; intentId: string | null } | null> {
  if (references.length === 0) return null
  const [row] = await db.$queryRaw<{ booking_id: string; intent_id: string | null }[]>`
    SELECT booking_id, intent_id FROM payments WHERE intent_id = ANY (${[...references]})
    UNION ALL
    SELECT p.booking_id, p.intent_id FROM unnest(${[...references]}::text[]) AS r (name) JOIN payments p
      ON p.id = CASE WHEN r.name ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN r.name::uuid END
    UNION ALL
    SELECT id, NULL FROM bookings WHERE reference = ANY (${[...references]})
    LIMIT 1`
  return row === undefined ? null : { bookingId: row.booking_id, intentId: row.intent_id }
}
