-- The two writes of a booking, each one statement and so one transaction: state, history, claims, money and outbox together (style.md,
-- principle 11). Both may be repeated: the same deed at the same version is done once.

ALTER TABLE bookings
  ADD CONSTRAINT bookings_status CHECK (status IN ('pending', 'awaiting_approval', 'confirmed', 'checked_in', 'in_progress',
    'completed', 'no_show', 'cancelled', 'expired', 'refunded')),
  ADD CONSTRAINT bookings_amount CHECK (amount >= 0),
  ADD CONSTRAINT bookings_reference CHECK (length(reference) <= 20);
CREATE INDEX bookings_overdue ON bookings (next_deadline) WHERE next_deadline IS NOT NULL;
CREATE INDEX bookings_attention ON bookings (attention_since) WHERE attention_reason IS NOT NULL;

ALTER TABLE booking_items
  ADD CONSTRAINT booking_items_quantity CHECK (quantity > 0),
  ADD CONSTRAINT booking_items_amount CHECK (unit_price >= 0 AND amount >= 0);

ALTER TABLE payments
  ADD CONSTRAINT payments_status CHECK (status IN ('requested', 'processing', 'authorized', 'succeeded', 'failed', 'voided')),
  ADD CONSTRAINT payments_amounts CHECK (amount >= 0 AND captured >= 0),
  -- C-05, H-06: a refund is reserved here before the payment service hears of it, and never beyond what was captured.
  ADD CONSTRAINT payments_refund_within_capture CHECK (refund_reserved BETWEEN 0 AND captured);

ALTER TABLE refunds
  ADD CONSTRAINT refunds_status CHECK (status IN ('pending', 'succeeded', 'failed')),
  ADD CONSTRAINT refunds_amount CHECK (amount > 0);

ALTER TABLE ledger
  ADD CONSTRAINT ledger_sign CHECK ((kind = 'captured' AND amount > 0) OR (kind = 'refunded' AND amount < 0));

CREATE INDEX outbox_unpublished ON outbox (id) WHERE published_at IS NULL;
CREATE INDEX processed_events_due ON processed_events (next_try_at) WHERE delivered_at IS NULL;

-- Writes history and outbox rows of one change.
CREATE FUNCTION write_trail(p_history jsonb, p_outbox jsonb) RETURNS void LANGUAGE sql AS $$
  INSERT INTO booking_history SELECT * FROM jsonb_populate_recordset(NULL::booking_history, p_history);
  INSERT INTO outbox (event_id, booking_id, version, profile, fact_type, event_type, topic, payload)
  SELECT event_id, booking_id, version, profile, fact_type, event_type, topic, payload
  FROM jsonb_populate_recordset(NULL::outbox, p_outbox);
$$;

-- Makes a held booking: {booking, items, claims, history, outbox, unassigned}. Returns {repeated, units: [{item_id, unit_id, kind}]};
-- `repeated` when this booking was made before, and then nothing is changed. For a unit that is picked here the messages say
-- "<unassigned>:<item>", and get its id instead. Raises HF001 (sold out), and then nothing is left behind.
CREATE FUNCTION hold_booking(p jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  id uuid := (p #>> '{booking,id}')::uuid;
  units jsonb := '[]';
  picked record;
  messages text := p ->> 'outbox';
BEGIN
  INSERT INTO bookings SELECT * FROM jsonb_populate_record(NULL::bookings, p -> 'booking') ON CONFLICT ON CONSTRAINT bookings_pkey DO NOTHING;
  IF NOT FOUND THEN
    RETURN jsonb_build_object('repeated', true, 'units', units);
  END IF;
  IF p -> 'claims' <> 'null' THEN
    units := claim_units(id, (p #>> '{booking,hold_expires_at}')::timestamptz, (p #>> '{booking,hold_lapses_at}')::timestamptz, p -> 'claims');
  END IF;
  INSERT INTO booking_items
  SELECT i.booking_id, i.id, i.position, i.offering_id, coalesce(u.unit_id, i.unit_id), coalesce(u.kind, i.kind), i.quantity, i.starts_at, i.ends_at,
    i.unit_price, i.amount
  FROM jsonb_populate_recordset(NULL::booking_items, p -> 'items') i
  LEFT JOIN jsonb_to_recordset(units) AS u (item_id text, unit_id text, kind text) ON u.item_id = i.id;
  IF p ->> 'unassigned' IS NOT NULL THEN
    FOR picked IN SELECT * FROM jsonb_to_recordset(units) AS u (item_id text, unit_id text) LOOP
      messages := replace(messages, to_json((p ->> 'unassigned') || ':' || picked.item_id)::text, to_json(picked.unit_id)::text);
    END LOOP;
  END IF;
  PERFORM write_trail(p -> 'history', messages::jsonb);
  RETURN jsonb_build_object('repeated', false, 'units', units);
END $$;

-- Writes what facts made of a booking: {booking_id, base_version, standing, history, payments, refunds, ledger, outbox, claims, notice_id}.
-- Returns `applied`, or `repeated` when these very deeds stand at these versions already. Raises HF003 when another writer was here, HF002
-- when the units to be committed belong to somebody else; then nothing is changed.
CREATE FUNCTION record_change(p jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v_id uuid := (p ->> 'booking_id')::uuid;
  v_base int := (p ->> 'base_version')::int;
  v_claims jsonb := nullif(p -> 'claims', 'null');
BEGIN
  UPDATE bookings b SET
    status = s.status, version = s.version, hold_expires_at = s.hold_expires_at, hold_lapses_at = s.hold_lapses_at,
    hold_extensions = s.hold_extensions, approve_by = s.approve_by, approved = s.approved, reviving = s.reviving,
    cancellation = s.cancellation, ticket_reference = s.ticket_reference, meeting_url = s.meeting_url,
    attention_reason = s.attention_reason, attention_since = s.attention_since, waiting_for = s.waiting_for,
    next_deadline = s.next_deadline, updated_at = s.updated_at
  FROM bookings old, jsonb_populate_record(old, p -> 'standing') s
  WHERE b.id = v_id AND b.version = v_base AND old.id = b.id;
  IF NOT FOUND THEN
    PERFORM FROM jsonb_populate_recordset(NULL::booking_history, p -> 'history') mine
    LEFT JOIN booking_history theirs USING (booking_id, version)
    HAVING bool_and(mine.deed = theirs.deed);
    IF FOUND THEN RETURN 'repeated'; END IF;
    RAISE EXCEPTION 'another writer was here' USING ERRCODE = 'HF003', DETAIL = v_base;
  END IF;

  CASE v_claims ->> 'state'
    WHEN 'committed' THEN PERFORM commit_claims(v_id);
    WHEN 'released' THEN PERFORM release_claims(v_id, v_claims ->> 'reason');
    WHEN 'held' THEN PERFORM renew_claims(v_id, (v_claims ->> 'expires_at')::timestamptz, (v_claims ->> 'lapses_at')::timestamptz,
                                          (v_claims ->> 'paying')::boolean);
    ELSE NULL;
  END CASE;

  INSERT INTO payments SELECT * FROM jsonb_populate_recordset(NULL::payments, p -> 'payments')
  ON CONFLICT (id) DO UPDATE SET client_secret = excluded.client_secret, status = excluded.status, method = excluded.method,
    amount = excluded.amount, captured = excluded.captured, refund_reserved = excluded.refund_reserved, paid_at = excluded.paid_at,
    failure_code = excluded.failure_code, as_of = excluded.as_of;
  INSERT INTO refunds SELECT * FROM jsonb_populate_recordset(NULL::refunds, p -> 'refunds')
  ON CONFLICT (key) DO UPDATE SET status = excluded.status, requested_at = excluded.requested_at, settled_at = excluded.settled_at;
  INSERT INTO ledger (booking_id, payment_id, kind, amount, currency, key, at)
  SELECT booking_id, payment_id, kind, amount, currency, key, at FROM jsonb_populate_recordset(NULL::ledger, p -> 'ledger');
  PERFORM write_trail(p -> 'history', p -> 'outbox');
  IF p ->> 'notice_id' IS NOT NULL THEN
    UPDATE processed_events SET delivered_at = now(), outcome = 'applied' WHERE event_id = p ->> 'notice_id' AND delivered_at IS NULL;
  END IF;
  RETURN 'applied';
END $$;

-- Stores a payment fact before anybody acknowledges it. One that says the payment may yet turn out paid bars the booking's units from takeover
-- in the same transaction (X-14). Returns the row as it stands: a fact that was stored before keeps its first row.
CREATE FUNCTION store_notice(p_event_id text, p_source text, p_type text, p_booking_id uuid, p_notice jsonb, p_patience interval)
RETURNS processed_events LANGUAGE plpgsql AS $$
DECLARE
  stored processed_events;
BEGIN
  INSERT INTO processed_events (event_id, source, type, booking_id, notice, next_try_at)
  VALUES (p_event_id, p_source, p_type, p_booking_id, p_notice, now() + p_patience)
  ON CONFLICT (event_id) DO NOTHING RETURNING * INTO stored;
  IF NOT FOUND THEN
    SELECT * INTO stored FROM processed_events WHERE event_id = p_event_id;
    RETURN stored;
  END IF;
  IF p_notice ->> 'type' IN ('processing', 'authorized') THEN
    UPDATE claims SET paying = true WHERE lock_id = p_booking_id AND state = 'held';
  END IF;
  RETURN stored;
END $$;

-- The time a booking of an offering occupies: without an end its duration counts, and buffers come from the offering, else from its profile
-- (p_buffers: {profile: {before, after}}, minutes). Null without a start or a length.
CREATE FUNCTION occupied(o offerings, p_starts_at timestamptz, p_ends_at timestamptz, p_buffers jsonb) RETURNS tstzrange LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN p_starts_at < t.ends_at THEN
    tstzrange(
      p_starts_at - make_interval(mins => coalesce(o.policy ->> 'bufferBeforeMinutes', p_buffers #>> ARRAY[o.profile, 'before'], '0')::int),
      t.ends_at + make_interval(mins => coalesce(o.policy ->> 'bufferAfterMinutes', p_buffers #>> ARRAY[o.profile, 'after'], '0')::int))
  END
  FROM (SELECT coalesce(p_ends_at, p_starts_at + make_interval(mins => o.duration_minutes)) AS ends_at) t
$$;

-- For each item: its offering, its unit (when named), the kinds of units the offering has, and a unit that is free now. One round trip for a
-- whole batch (A-10, A-36). Items: [{item_id, offering_id, unit_id | null, quantity, starts_at | null, ends_at | null, party_size | null}].
CREATE FUNCTION look_up_items(p_items jsonb, p_buffers jsonb)
RETURNS TABLE (item_id text, offering jsonb, unit jsonb, kinds text[], free_unit text) LANGUAGE sql STABLE AS $$
  SELECT i.item_id, to_jsonb(o), to_jsonb(u),
    (SELECT array_agg(DISTINCT k.kind) FROM units k WHERE k.offering_id = i.offering_id),
    (SELECT f.id FROM free_units(i.offering_id, i.unit_id, i.quantity, occupied(o, i.starts_at, i.ends_at, p_buffers), i.starts_at, i.party_size, 1) f)
  FROM jsonb_to_recordset(p_items) AS i (
    item_id text, offering_id text, unit_id text, quantity int, starts_at timestamptz, ends_at timestamptz, party_size int)
  LEFT JOIN offerings o ON o.id = i.offering_id
  LEFT JOIN units u ON u.offering_id = i.offering_id AND u.id = i.unit_id
$$;

-- For each item: up to p_limit live claims that stand in its way. Items as above.
CREATE FUNCTION find_conflicts(p_items jsonb, p_buffers jsonb, p_limit int)
RETURNS TABLE (item_id text, unit_id text, starts_at timestamptz, ends_at timestamptz, quantity int) LANGUAGE sql STABLE AS $$
  SELECT i.item_id, c.unit_id, lower(c.during), upper(c.during), c.quantity
  FROM jsonb_to_recordset(p_items) AS i (item_id text, offering_id text, unit_id text, starts_at timestamptz, ends_at timestamptz)
  JOIN offerings o ON o.id = i.offering_id
  CROSS JOIN LATERAL (
    SELECT c.* FROM units u JOIN claims c ON c.resource = u.resource
    WHERE u.offering_id = i.offering_id AND (i.unit_id IS NULL OR u.id = i.unit_id) AND c.state <> 'released' AND NOT is_lapsed(c)
      AND (c.during IS NULL OR c.during && occupied(o, i.starts_at, i.ends_at, p_buffers))
    ORDER BY c.id LIMIT p_limit
  ) c
$$;

-- How much of each unit of an offering is taken; lapsed leases count as free.
CREATE FUNCTION taken_units(p_offering text) RETURNS TABLE (unit_id text, taken int) LANGUAGE sql STABLE AS $$
  SELECT u.id, coalesce(sum(c.quantity), 0)::int
  FROM units u LEFT JOIN claims c ON c.resource = u.resource AND c.state <> 'released' AND NOT is_lapsed(c)
  WHERE u.offering_id = p_offering
  GROUP BY u.id
$$;
