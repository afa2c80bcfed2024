-- Claims a unit for every item, all or nothing, and returns [{item_id, unit_id, kind}]. Items: [{item_id, offering_id, unit_id | null,
-- quantity, starts_at | null, occupied_from | null, occupied_to | null, party_size | null}]. Raises HF001 (sold out; DETAIL = item id).
-- A booking that accepts an offer of the waitlist has its units already and goes on with the very same claims; HF011 when the offer is over.
-- With p_offering the claims are made for such an offer.
CREATE OR REPLACE FUNCTION claim_units(
  p_lock uuid, p_expires timestamptz, p_lapses timestamptz, p_items jsonb, p_offering boolean DEFAULT false
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  entry waitlist_entries;
  blocked_item text;
  kept int;
  item record;
  unit units;
  claimed boolean;
  result jsonb := '[]';
BEGIN
  IF NOT p_offering THEN
    SELECT * INTO entry FROM waitlist_entries WHERE booking_id = p_lock FOR UPDATE;
    IF FOUND THEN
      IF entry.status <> 'offered' OR entry.offer_expires_at <= now() THEN
        RAISE EXCEPTION 'the offer is over' USING ERRCODE = 'HF011';
      END IF;
      SELECT c.item_id INTO blocked_item FROM claims c JOIN units u ON u.offering_id = c.offering_id AND u.id = c.unit_id
      WHERE c.lock_id = p_lock AND c.state = 'held' AND u.blocked LIMIT 1;
      IF FOUND THEN
        RAISE EXCEPTION 'sold out' USING ERRCODE = 'HF001', DETAIL = blocked_item;
      END IF;
      UPDATE claims SET expires_at = p_expires, lapses_at = p_lapses WHERE lock_id = p_lock AND state = 'held';
      GET DIAGNOSTICS kept = ROW_COUNT;
      -- Somebody may have taken the lease over in the moment in which it lapsed.
      IF kept <> jsonb_array_length(entry.claims) THEN
        RAISE EXCEPTION 'the offer is over' USING ERRCODE = 'HF011';
      END IF;
      UPDATE waitlist_entries SET status = 'accepted', history = history || waitlist_line('accepted'), updated_at = now() WHERE id = entry.id;
      RETURN entry.units;
    END IF;
  END IF;

  FOR item IN
    SELECT i.*, CASE WHEN i.occupied_from IS NOT NULL THEN tstzrange(i.occupied_from, i.occupied_to) END AS during
    FROM jsonb_to_recordset(p_items) AS i (
      item_id text, offering_id text, unit_id text, quantity int, starts_at timestamptz,
      occupied_from timestamptz, occupied_to timestamptz, party_size int)
    ORDER BY i.unit_id IS NULL, i.offering_id, i.unit_id, i.item_id
  LOOP
    claimed := false;
    FOR unit IN
      SELECT * FROM free_units(item.offering_id, item.unit_id, item.quantity, item.during, item.starts_at, item.party_size, 50)
    LOOP
      -- A booking that takes two tables needs two different ones, which the exclusion constraint does not see.
      CONTINUE WHEN unit.mechanism = 'range' AND EXISTS (
        SELECT FROM claims c WHERE c.lock_id = p_lock AND c.resource = unit.resource AND c.state <> 'released' AND c.during && item.during);
      claimed := try_claim(unit, p_lock, item.item_id, item.quantity, item.during, 'held', p_expires, p_lapses);
      EXIT WHEN claimed;
    END LOOP;
    IF NOT claimed THEN
      RAISE EXCEPTION 'sold out' USING ERRCODE = 'HF001', DETAIL = item.item_id;
    END IF;
    result := result || jsonb_build_object('item_id', item.item_id, 'unit_id', unit.id, 'kind', unit.kind);
  END LOOP;
  RETURN result;
END $$;
