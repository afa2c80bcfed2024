-- record_change, and besides it what was agreed: {…, agreement, items, item_claims: {commit, release, renew: {items, expires_at, lapses_at,
-- paying} | null} | null}. New claims are committed and old ones released here and nowhere else, so nobody ever sees two, or none. A claim that an
-- item is done with is marked as an item's that was cancelled: no later commit of the booking takes its unit again. What a unit was called when
-- it was booked stays as long as the item has it (N-87).
CREATE OR REPLACE FUNCTION record_revision(p jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v_id uuid := (p ->> 'booking_id')::uuid;
  v_claims jsonb := nullif(p -> 'item_claims', 'null');
  v_renew jsonb := nullif(v_claims -> 'renew', 'null');
  v_labels jsonb;
BEGIN
  IF record_change(p) = 'repeated' THEN RETURN 'repeated'; END IF;
  UPDATE bookings b SET
    starts_at = s.starts_at, ends_at = s.ends_at, party_size = s.party_size, notes = s.notes, price = s.price, amount = s.amount,
    snapshots = b.snapshots || s.snapshots, change = s.change, last_change = s.last_change, revision = s.revision
  FROM jsonb_populate_record(NULL::bookings, p -> 'agreement') s
  WHERE b.id = v_id;
  SELECT coalesce(jsonb_object_agg(i.id || ' ' || i.unit_id, i.unit_label), '{}') INTO v_labels FROM booking_items i WHERE i.booking_id = v_id;
  DELETE FROM booking_items WHERE booking_id = v_id;
  INSERT INTO booking_items SELECT * FROM jsonb_populate_recordset(NULL::booking_items, p -> 'items');
  UPDATE booking_items i SET unit_label = CASE WHEN v_labels ? (i.id || ' ' || i.unit_id) THEN v_labels ->> (i.id || ' ' || i.unit_id)
    ELSE (SELECT u.label FROM units u WHERE u.offering_id = i.offering_id AND u.id = i.unit_id) END
  WHERE i.booking_id = v_id;
  UPDATE payments SET change = s.change, superseded = s.superseded
  FROM jsonb_populate_recordset(NULL::payments, p -> 'payments') s
  WHERE payments.id = s.id;
  IF v_claims IS NOT NULL THEN
    PERFORM commit_items(v_id, ARRAY(SELECT jsonb_array_elements_text(v_claims -> 'commit')));
    PERFORM release_claims(v_id, 'item_cancelled', ARRAY(SELECT jsonb_array_elements_text(v_claims -> 'release')));
  END IF;
  IF v_renew IS NOT NULL THEN
    UPDATE claims SET state = 'held', expires_at = (v_renew ->> 'expires_at')::timestamptz,
      lapses_at = (v_renew ->> 'lapses_at')::timestamptz, paying = (v_renew ->> 'paying')::boolean
    WHERE lock_id = v_id AND state = 'held' AND item_id = ANY (ARRAY(SELECT jsonb_array_elements_text(v_renew -> 'items')));
  END IF;
  RETURN 'applied';
END $$;
