-- Holds units for items that name none, before they are priced: their price depends on which they are (R-07). A lease of p_seconds, which hold_booking
-- makes the booking's own; nobody else has the units meanwhile, and if the process dies they are free again when it lapses. Asked again it answers
-- with the same units. A booking that accepts an offer has its units already. Returns [{item_id, unit_id, price, starts_at, ends_at}], or null when the
-- booking is there. Raises HF001 (sold out), HF011 (the offer is over).
CREATE OR REPLACE FUNCTION choose_units(p_lock uuid, p_items jsonb, p_seconds int) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  entry waitlist_entries;
  until timestamptz(3) := now() + make_interval(secs => p_seconds);
  kept int;
BEGIN
  PERFORM FROM bookings b WHERE b.id = p_lock;
  IF FOUND THEN RETURN NULL; END IF;
  SELECT * INTO entry FROM waitlist_entries WHERE booking_id = p_lock;
  IF FOUND THEN
    IF entry.status <> 'offered' OR entry.offer_expires_at <= now() THEN
      RAISE EXCEPTION 'the offer is over' USING ERRCODE = 'HF011';
    END IF;
  ELSE
    UPDATE claims c SET expires_at = until, lapses_at = until WHERE c.lock_id = p_lock AND c.state = 'held';
    GET DIAGNOSTICS kept = ROW_COUNT;
    IF kept <> jsonb_array_length(p_items) THEN
      PERFORM release_claims(p_lock, 'chosen_anew');
      PERFORM claim_units(p_lock, until, until, p_items);
    END IF;
  END IF;
  RETURN (
    SELECT jsonb_agg(jsonb_build_object('item_id', c.item_id, 'unit_id', u.id, 'price', u.price_amount, 'starts_at', u.starts_at, 'ends_at', u.ends_at))
    FROM claims c JOIN units u ON u.offering_id = c.offering_id AND u.id = c.unit_id WHERE c.lock_id = p_lock AND c.state <> 'released');
END $$;
