-- Makes the units that choose_units held those of the booking that is being written. Raises HF001 when one of them was blocked meanwhile, and HF004 when
-- the lease lapsed and others took them: then they are to be chosen anew. An offer of the waitlist is accepted by claim_units.
CREATE OR REPLACE FUNCTION adopt_claims(p_lock uuid, p_expires timestamptz, p_lapses timestamptz, p_items jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  blocked_item text;
  units jsonb;
BEGIN
  PERFORM FROM waitlist_entries WHERE booking_id = p_lock;
  IF FOUND THEN RETURN claim_units(p_lock, p_expires, p_lapses, p_items); END IF;
  WITH kept AS (
    UPDATE claims SET expires_at = p_expires, lapses_at = p_lapses WHERE lock_id = p_lock AND state = 'held'
    RETURNING item_id, offering_id, unit_id
  )
  SELECT jsonb_agg(jsonb_build_object('item_id', k.item_id, 'unit_id', k.unit_id, 'kind', u.kind)), min(k.item_id) FILTER (WHERE u.blocked)
  INTO units, blocked_item
  FROM kept k JOIN units u ON u.offering_id = k.offering_id AND u.id = k.unit_id;
  IF blocked_item IS NOT NULL THEN
    RAISE EXCEPTION 'sold out' USING ERRCODE = 'HF001', DETAIL = blocked_item;
  END IF;
  IF coalesce(jsonb_array_length(units), 0) <> jsonb_array_length(p_items) THEN
    RAISE EXCEPTION 'the units that were chosen went to others' USING ERRCODE = 'HF004';
  END IF;
  RETURN units;
END $$;
