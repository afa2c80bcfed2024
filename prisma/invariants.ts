import type { Database } from './client.ts'
import { Prisma } from './generated/client.ts'

/** One way in which the data is not as it must be. */
export type Violation = { readonly invariant: string; readonly subject: string; readonly detail: string }

/** How late a booking may be after its next deadline before that is a fault (invariant 8), in seconds. */
const TOLERANCE_SECONDS = 60

/**
 * What an audit looks at of what has ended: bookings that changed since a moment, and a share of the others that has its turn. A share is a range of
 * ids, which are random, for each five minutes between the two moments: after a week everything was looked at once (N-61).
 */
export type AuditScope = {
  readonly since: Date
  readonly now: Date
  /** Bookings that an earlier audit named: looked at until they are as they must be. */
  readonly named: readonly string[]
}

const SHARE_MS = 300_000
const SHARES = 2016
/** More than this at once, after a long pause, would take too long: the rest has its turn a week later. */
const MOST_SHARES = 12

/** The bookings in a scope; null: all. */
export function inScope(scope: AuditScope | null): Prisma.Sql {
  if (scope === null) return Prisma.sql`true`
  const last = Math.floor(scope.now.getTime() / SHARE_MS)
  const count = Math.min(MOST_SHARES, Math.max(1, last - Math.floor(scope.since.getTime() / SHARE_MS)))
  const shares = Array.from({ length: count }, (_, n) => {
    const share = (((last - n) % SHARES) + SHARES) % SHARES
    return Prisma.sql`id BETWEEN ${boundary(share)}::uuid AND ${boundary(share + 1, true)}::uuid`
  })
  return Prisma.sql`(updated_at >= ${scope.since} OR id = ANY (${[...scope.named]}::uuid[]) OR ${Prisma.join(shares, ' OR ')})`
}

/** The first id of a share, or the last one before it. */
function boundary(share: number, isBefore = false): string {
  const first = BigInt(Math.floor((share * 65_536) / SHARES)) << 112n
  const digits = (isBefore ? first - 1n : first).toString(16).padStart(32, '0')
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/**
 * Looks for violations of the invariants of design.md that PostgreSQL can see, 1 to 8; empty means healthy. What a person is told of is none, unless
 * they were told because of one of these reasons. What is open is always looked at, all of it; what has ended as far as the scope goes.
 */
export async function auditInvariants(
  db: Database,
  reasons: readonly string[] = [],
  scope: AuditScope | null = null,
): Promise<Violation[]> {
  const told = [...reasons]
  return db.$queryRaw<Violation[]>`
    WITH bookings AS (
      SELECT * FROM public.bookings WHERE ${inScope(scope)}
    ), live_claims AS (
      SELECT * FROM claims c WHERE c.state <> 'released'
    ), live_bookings AS (
      SELECT * FROM public.bookings
      WHERE status IN ('pending', 'awaiting_approval', 'confirmed', 'checked_in', 'in_progress') OR reviving
    ), money AS (
      SELECT b.id, b.status, b.attention_reason, b.amount, b.reviving, b.terms, b.cancellation,
        (SELECT coalesce(sum(captured), 0) FROM payments p WHERE p.booking_id = b.id AND p.currency = b.currency) AS captured,
        (SELECT coalesce(sum(r.amount), 0) FROM refunds r JOIN payments p ON p.id = r.payment_id
          WHERE r.booking_id = b.id AND p.currency = b.currency AND r.status <> 'dropped') AS refunds,
        (SELECT coalesce(sum((d ->> 'amount')::bigint) FILTER (WHERE (d ->> 'withdrawn')::boolean), 0)
          FROM jsonb_array_elements(coalesce(b.disputes, '[]')) AS d) AS withdrawn,
        -- Somebody else took money back, or a bank decides about it (N-14): a person was told.
        b.disputes IS NOT NULL OR EXISTS (SELECT FROM refunds r WHERE r.booking_id = b.id AND r.key LIKE 'elsewhere:%') AS elsewhere
      FROM bookings b
    ), payment_money AS (
      SELECT p.booking_id, p.id, p.currency, p.captured
          - (SELECT coalesce(sum(r.amount), 0) FROM refunds r WHERE r.booking_id = p.booking_id AND r.payment_id = p.id AND r.status = 'succeeded')
          - (SELECT coalesce(sum((d ->> 'amount')::bigint) FILTER (WHERE (d ->> 'withdrawn')::boolean), 0)
              FROM jsonb_array_elements(coalesce(b.disputes, '[]')) AS d WHERE d ->> 'paymentId' = p.id::text) AS kept,
        (SELECT coalesce(sum(l.amount), 0) FROM ledger l WHERE l.booking_id = p.booking_id AND l.payment_id = p.id) AS ledger
      FROM payments p JOIN bookings b ON b.id = p.booking_id
    )
    SELECT '1 capacity' AS invariant, u.offering_id || '/' || u.id AS subject,
      'counter says ' || u.claimed || ', claims say ' || coalesce(sum(c.quantity), 0) || ', capacity is ' || coalesce(u.capacity::text, 'unlimited') AS detail
    FROM units u LEFT JOIN live_claims c ON c.resource = u.resource
    WHERE u.mechanism = 'counter'
    GROUP BY u.offering_id, u.id
    HAVING u.claimed <> coalesce(sum(c.quantity), 0) OR u.claimed > u.capacity + u.overbooked
    UNION ALL
    SELECT '1 capacity', u.offering_id || '/' || u.id,
      u.overbooked || ' are accepted beyond the capacity, ' || coalesce(u.claimed - u.capacity, 0) || ' are there, and bookings of '
      || coalesce(t.quantity, 0) || ' were told (H-13)'
    FROM units u CROSS JOIN LATERAL (
      SELECT sum(c.quantity) AS quantity FROM live_claims c WHERE c.resource = u.resource AND EXISTS (
        SELECT FROM displacements d WHERE d.booking_id = c.lock_id AND d.offering_id = u.offering_id AND d.unit_id = u.id)) t
    WHERE u.overbooked > 0 AND (u.overbooked <> coalesce(u.claimed - u.capacity, 0) OR u.overbooked > coalesce(t.quantity, 0))
    UNION ALL
    SELECT '1 capacity', c.resource, count(*) || ' live claims on one seat'
    FROM live_claims c WHERE c.mechanism = 'unique' GROUP BY c.resource HAVING count(*) > 1
    UNION ALL
    SELECT '1 capacity', a.resource, 'claims ' || a.id || ' and ' || b.id || ' overlap'
    FROM live_claims a JOIN live_claims b ON a.resource = b.resource AND a.id < b.id AND a.lock_id <> b.lock_id AND a.during && b.during
    WHERE a.mechanism = 'range'
    UNION ALL
    SELECT '2 claims', c.lock_id::text, 'a live claim on ' || c.resource || ' without a live booking'
    FROM live_claims c WHERE NOT EXISTS (SELECT FROM live_bookings b WHERE b.id = c.lock_id)
      AND NOT EXISTS (SELECT FROM waitlist_entries e WHERE e.booking_id = c.lock_id AND e.status = 'offered')
      -- Chosen, and being priced (choose_units).
      AND NOT (c.state = 'held' AND c.lapses_at > now() AND NOT EXISTS (SELECT FROM bookings b WHERE b.id = c.lock_id)
        AND NOT EXISTS (SELECT FROM waitlist_entries e WHERE e.booking_id = c.lock_id))
    UNION ALL
    SELECT '2 claims', e.id::text, 'item ' || (i ->> 'item_id') || ' of an offer has no live claim'
    FROM waitlist_entries e, jsonb_array_elements(e.claims) AS i
    WHERE e.status = 'offered' AND e.offer_expires_at > now()
      AND NOT EXISTS (SELECT FROM live_claims c WHERE c.lock_id = e.booking_id AND c.item_id = i ->> 'item_id')
    UNION ALL
    SELECT '2 claims', e.id::text, 'a ' || e.status || ' entry has ' || count(w.item_id) || ' wishes for its ' || jsonb_array_length(e.claims) || ' items'
    FROM waitlist_entries e LEFT JOIN waitlist_wishes w ON w.entry_id = e.id
    GROUP BY e.id HAVING count(w.item_id) <> CASE e.status WHEN 'waiting' THEN jsonb_array_length(e.claims) ELSE 0 END
    UNION ALL
    SELECT '2 claims', e.id::text, 'an accepted entry without its booking'
    FROM waitlist_entries e WHERE e.status = 'accepted' AND NOT EXISTS (SELECT FROM public.bookings b WHERE b.id = e.booking_id)
    UNION ALL
    SELECT '2 claims', b.id::text, 'item ' || i.id || ' has no live claim'
    FROM live_bookings b JOIN booking_items i ON i.booking_id = b.id
    WHERE NOT (b.status = 'pending' AND b.hold_lapses_at <= now()) AND i.cancelled IS NOT TRUE
      AND EXISTS (SELECT FROM claims c WHERE c.lock_id = b.id)
      AND NOT EXISTS (SELECT FROM live_claims c WHERE c.lock_id = b.id AND c.item_id = i.id)
    UNION ALL
    SELECT '2 claims', b.id::text, 'claim ' || c.item_id || ' on ' || c.resource || ' is of no item, and of no change that is pending'
    FROM live_bookings b JOIN live_claims c ON c.lock_id = b.id
    WHERE NOT EXISTS (SELECT FROM booking_items i WHERE i.booking_id = b.id AND i.id = c.item_id AND i.cancelled IS NOT TRUE)
      AND NOT EXISTS (SELECT FROM jsonb_array_elements(b.change #> '{revision,items}') AS i WHERE i ->> 'id' = c.item_id)
    UNION ALL
    SELECT '2 claims', b.id::text, 'item ' || (i ->> 'id') || ' of its pending change has no live claim'
    FROM live_bookings b, jsonb_array_elements(b.change #> '{revision,items}') AS i
    WHERE EXISTS (SELECT FROM claims c WHERE c.lock_id = b.id)
      AND NOT ((b.change ->> 'taken')::boolean IS FALSE AND (b.change #>> '{hold,lapsesAt}')::timestamptz <= now())
      AND NOT EXISTS (SELECT FROM live_claims c WHERE c.lock_id = b.id AND c.item_id = i ->> 'id')
    UNION ALL
    SELECT '2 claims', b.id::text, 'a ' || b.status || ' booking has a change that is pending'
    FROM bookings b WHERE b.change IS NOT NULL AND b.status NOT IN ('confirmed', 'checked_in', 'in_progress')
    UNION ALL
    SELECT '3 money kept', b.id::text, 'its items come to ' || i.amount || ', its price says ' || (b.price ->> 'subtotal')
    FROM bookings b JOIN (
      SELECT booking_id, sum(amount) AS amount FROM booking_items WHERE cancelled IS NOT TRUE GROUP BY booking_id
    ) i ON i.booking_id = b.id
    WHERE b.revision IS NOT NULL AND i.amount <> (b.price ->> 'subtotal')::bigint
    UNION ALL
    SELECT '3 money kept', p.booking_id::text, 'something is kept of payment ' || p.intent_id || ', which nobody wants any more'
    FROM payments p JOIN bookings b ON b.id = p.booking_id
    WHERE p.superseded AND p.refund_reserved < p.captured AND (b.attention_reason IS NULL OR b.attention_reason = ANY (${told}))
    UNION ALL
    SELECT '3 money kept', m.id::text, m.captured - m.refunds || ' is kept of a ' || m.status || ' booking of ' || m.amount
    FROM money m
    WHERE (m.attention_reason IS NULL OR m.attention_reason = ANY (${told})) AND m.captured - m.refunds - m.withdrawn > CASE
      WHEN m.status IN ('cancelled', 'expired', 'refunded') AND NOT m.reviving THEN (m.cancellation ->> 'keep')::bigint
      ELSE m.amount END
    UNION ALL
    SELECT '3 money kept', m.id::text, 'confirmed without its price: ' || m.captured || ' of ' || m.amount
    FROM money m WHERE m.status IN ('confirmed', 'checked_in', 'in_progress') AND m.captured - m.refunds - m.withdrawn < m.amount AND NOT m.elsewhere
    UNION ALL
    SELECT '3 money kept', b.id::text, 'a refund failed and nobody is told'
    FROM bookings b WHERE (b.attention_reason IS NULL OR b.attention_reason = ANY (${told})) AND EXISTS (SELECT FROM refunds r WHERE r.booking_id = b.id AND (r.status = 'failed' OR (r.status = 'succeeded' AND r.settled_at IS NULL)))
    UNION ALL
    SELECT '4 authorisations', b.id::text, 'payment ' || p.intent_id || ' is authorised and nothing is due'
    FROM bookings b JOIN payments p ON p.booking_id = b.id
    WHERE p.status = 'authorized' AND b.next_deadline IS NULL
    UNION ALL
    SELECT '5 ledger', m.booking_id::text, 'entries make ' || m.ledger || ', captures less refunds ' || m.kept
    FROM payment_money m WHERE m.ledger <> m.kept
    UNION ALL
    SELECT '5 ledger', l.booking_id::text, l.key || ' of ' || l.amount || ' is split as ' || coalesce(e.total_amount::text, 'nothing')
      || coalesce(' to ' || e.type || ' of payment ' || e.payment_id, '')
    FROM bookings b JOIN ledger l ON l.booking_id = b.id LEFT JOIN financial_entries e ON e.ledger_key = l.key
    WHERE (e.booking_id, e.payment_id, e.total_amount, e.currency) IS DISTINCT FROM (l.booking_id, l.payment_id, l.amount, l.currency)
    UNION ALL
    SELECT '5 ledger', e.booking_id::text, 'payment ' || e.payment_id || ' leaves ' || sum(e.total_amount) || ' as fee ' || sum(e.platform_fee)
      || ', tax ' || sum(e.tax_amount) || ' and ' || sum(e.clinic_amount)
    FROM bookings b JOIN financial_entries e ON e.booking_id = b.id GROUP BY e.booking_id, e.payment_id
    HAVING least(sum(e.platform_fee), sum(e.tax_amount), sum(e.clinic_amount)) < 0 AND NOT bool_or(e.type = 'dispute')
    UNION ALL
    SELECT '6 history', b.id::text, 'version ' || b.version || ', ' || count(h.version) || ' entries up to ' || coalesce(max(h.version), 0)
    FROM bookings b LEFT JOIN booking_history h ON h.booking_id = b.id
    GROUP BY b.id, b.version HAVING count(h.version) <> b.version OR max(h.version) <> b.version
    UNION ALL
    SELECT '6 history', b.id::text, 'version ' || h.version || ' goes from ' || h.previous_status || ' to ' || h.status
    FROM bookings b JOIN booking_history h ON h.booking_id = b.id
    WHERE h.previous_status <> h.status AND NOT EXISTS (
      SELECT FROM jsonb_each_text(b.terms #> ARRAY['lifecycle', h.previous_status]) AS step WHERE step.value = h.status)
    UNION ALL
    SELECT '6 history', b.id::text, 'version ' || h.version || ' goes on from ' || coalesce(h.previous_status, 'nothing')
      || ', and the one before ends with ' || before.status
    FROM bookings b JOIN booking_history h ON h.booking_id = b.id
    JOIN booking_history before ON before.booking_id = b.id AND before.version = h.version - 1
    WHERE h.previous_status IS DISTINCT FROM before.status
    UNION ALL
    SELECT '6 history', b.id::text, 'is ' || b.status || ', and its history ends with ' || h.status
    FROM bookings b JOIN booking_history h ON h.booking_id = b.id AND h.version = b.version
    WHERE h.status <> b.status
    UNION ALL
    SELECT '7 outbox', b.id::text, 'nothing was published of its beginning'
    FROM bookings b WHERE NOT EXISTS (SELECT FROM outbox o WHERE o.booking_id = b.id AND o.version = 1)
      AND NOT EXISTS (SELECT FROM outbox_pruning p WHERE b.created_at <= p.pruned_until + interval '1 minute')
    UNION ALL
    SELECT '7 outbox', o.booking_id::text, count(*) || ' messages ' || o.event_type || ' of version ' || o.version
    FROM bookings b JOIN outbox o ON o.booking_id = b.id GROUP BY o.booking_id, o.version, o.event_type
    HAVING count(*) > count(DISTINCT o.payload)
    UNION ALL
    SELECT '7 outbox', o.booking_id::text, 'a message ' || o.event_type || ' of version ' || o.version || ', which never was'
    FROM bookings b JOIN outbox o ON o.booking_id = b.id WHERE NOT EXISTS (SELECT FROM booking_history h WHERE h.booking_id = o.booking_id AND h.version = o.version)
    UNION ALL
    SELECT '8 deadlines', b.id::text, 'a ' || b.status || ' booking is past its deadline of ' || b.next_deadline
    FROM public.bookings b WHERE b.next_deadline < now() - make_interval(secs => ${TOLERANCE_SECONDS}::int)
    UNION ALL
    SELECT '8 deadlines', e.id::text, 'an entry of the waitlist is ' || e.status || ' past its time'
    FROM waitlist_entries e
    WHERE CASE e.status WHEN 'offered' THEN e.offer_expires_at WHEN 'waiting' THEN e.closes_at END
      < now() - make_interval(secs => ${TOLERANCE_SECONDS}::int)
    UNION ALL
    SELECT '8 deadlines', b.id::text, 'a ' || b.status || ' booking has no deadline'
    FROM live_bookings b WHERE b.status IN ('pending', 'awaiting_approval') AND b.next_deadline IS NULL
    ORDER BY 1, 2`
}
