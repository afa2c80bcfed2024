-- Claims a unit for every item, all or nothing, and returns [{item_id, unit_id, kind}]. Items: [{item_id, offering_id, unit_id | null,
-- quantity, starts_at | null, occupied_from | null, occupied_to | null, party_size | null, seats | null}]; `seats` (choose_items): any seats will do.
-- Raises HF001 (sold out; DETAIL = item id).
-- A booking that accepts an offer of the waitlist has its units already and goes on with the very same claims; HF011 when the offer is over.
-- With p_offering the claims are made for such an offer.
CREATE OR REPLACE FUNCTION claim_units(
  p_lock uuid, p_expires timestamptz, p_lapses timestamptz, p_items jsonb, p_offering boolean DEFAULT false
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  entry waitlist_entries;
  blocked_item text;
  kept int;
  chosen jsonb;
  lost text;
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

  IF NOT jsonb_path_exists(p_items, '$[*] ? (@.seats != null)') THEN
    RETURN claim_items(p_lock, p_expires, p_lapses, p_items);
  END IF;
  -- Whoever names a seat does not wait for those who choose, and may take one that was just chosen: then another is.
  FOR attempt IN 1 .. 20 LOOP
    BEGIN
      chosen := choose_items(p_lock, p_items);
      RETURN claim_items(p_lock, p_expires, p_lapses, chosen);
    EXCEPTION WHEN SQLSTATE 'HF001' THEN
      GET STACKED DIAGNOSTICS lost = PG_EXCEPTION_DETAIL;
      IF chosen IS NULL OR attempt = 20
        OR NOT jsonb_path_exists(p_items, '$[*] ? (@.item_id == $lost && @.seats != null)', jsonb_build_object('lost', lost)) THEN
        RAISE EXCEPTION 'sold out' USING ERRCODE = 'HF001', DETAIL = lost;
      END IF;
      chosen := NULL;
    END;
  END LOOP;
END $$;
