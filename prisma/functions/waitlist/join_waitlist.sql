-- Puts an entry at the end of its queue; asked again it changes nothing. `p` is its row, `p_by` who put it there.
CREATE OR REPLACE FUNCTION join_waitlist(p jsonb, p_by jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  entry waitlist_entries;
BEGIN
  INSERT INTO waitlist_entries (id, profile, caller_id, customer_id, provider_id, offering_ids, body, fingerprint, wanted, claims, offer_seconds,
    closes_at, history)
  SELECT r.id, r.profile, r.caller_id, r.customer_id, r.provider_id, r.offering_ids, r.body, r.fingerprint, r.wanted, r.claims, r.offer_seconds,
    r.closes_at, jsonb_build_array(waitlist_line('waiting', p_by))
  FROM jsonb_populate_record(NULL::waitlist_entries, p) r
  ON CONFLICT (id) DO NOTHING RETURNING * INTO entry;
  IF NOT FOUND THEN RETURN; END IF;
  INSERT INTO waitlist_wishes (entry_id, item_id, position, offering_id, unit_id, place, resource, mechanism, quantity, starts_at, during, party_size)
  SELECT entry.id, i.item_id, entry.position, i.offering_id, i.unit_id, place_of(u.resource), CASE WHEN i.unit_id IS NOT NULL THEN u.resource END,
    u.mechanism, i.quantity, i.starts_at, CASE WHEN i.occupied_from IS NOT NULL THEN tstzrange(i.occupied_from, i.occupied_to) END, i.party_size
  FROM jsonb_to_recordset(entry.claims) AS i (
    item_id text, offering_id text, unit_id text, quantity int, starts_at timestamptz,
    occupied_from timestamptz, occupied_to timestamptz, party_size int)
  CROSS JOIN LATERAL (
    SELECT * FROM units u WHERE u.offering_id = i.offering_id AND (i.unit_id IS NULL OR u.id = i.unit_id) ORDER BY u.id LIMIT 1
  ) u;
END $$;
