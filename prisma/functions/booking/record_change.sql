-- Writes what facts made of a booking: {booking_id, base_version, state, history, payments, refunds, ledger, outbox, claims}.
-- Returns `applied`, or `repeated` when these very operations stand at these versions already. Raises HF003 when another writer was here, HF002
-- when the units to be committed belong to somebody else; then nothing is changed. A payment's secret stays as it is where nobody says it: runs do
-- not know it, and what an activity withheld for them is taken from there (N-24).
CREATE OR REPLACE FUNCTION record_change(p jsonb) RETURNS text LANGUAGE plpgsql AS $$
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
  FROM bookings old, jsonb_populate_record(old, p -> 'state') s
  WHERE b.id = v_id AND b.version = v_base AND old.id = b.id;
  IF NOT FOUND THEN
    PERFORM FROM jsonb_populate_recordset(NULL::booking_history, p -> 'history') mine
    LEFT JOIN booking_history theirs USING (booking_id, version)
    HAVING bool_and(mine.operation = theirs.operation);
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
  ON CONFLICT (id) DO UPDATE SET client_secret = coalesce(excluded.client_secret, payments.client_secret), status = excluded.status, method = excluded.method,
    amount = excluded.amount, currency = excluded.currency, captured = excluded.captured, refund_reserved = excluded.refund_reserved, paid_at = excluded.paid_at,
    failure_code = excluded.failure_code, as_of = excluded.as_of, superseded = excluded.superseded;
  IF (p ->> 'withheld_secrets')::boolean THEN
    WITH used AS (DELETE FROM withheld w USING payments s WHERE s.booking_id = v_id AND w.id = 'secret:' || s.intent_id RETURNING s.id, w.data)
    UPDATE payments SET client_secret = used.data ->> 'secret' FROM used WHERE payments.id = used.id;
  END IF;
  INSERT INTO refunds SELECT * FROM jsonb_populate_recordset(NULL::refunds, p -> 'refunds')
  ON CONFLICT (key) DO UPDATE SET status = excluded.status, requested_at = excluded.requested_at, settled_at = excluded.settled_at,
    refund_id = coalesce(excluded.refund_id, refunds.refund_id);
  INSERT INTO ledger (booking_id, payment_id, kind, amount, currency, key, at)
  SELECT booking_id, payment_id, kind, amount, currency, key, at FROM jsonb_populate_recordset(NULL::ledger, p -> 'ledger');
  PERFORM write_trail(p -> 'history', p -> 'outbox');
  RETURN 'applied';
END $$;
