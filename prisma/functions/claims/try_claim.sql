-- Tries to claim one unit; false when somebody else has it. Safe under any concurrency: the constraints decide.
-- A unit that somebody on the waitlist could have now is refused to others (H-19), except to the booking that gave up this very unit in this
-- transaction: it changes within its own slot.
CREATE OR REPLACE FUNCTION try_claim(
  p_unit units, p_lock uuid, p_item text, p_quantity int, p_during tstzrange, p_state text, p_expires timestamptz, p_lapses timestamptz
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  freed int;
BEGIN
  IF EXISTS (SELECT FROM waitlist_wishes w WHERE w.place = place_of(p_unit.resource))
    AND NOT EXISTS (SELECT FROM waitlist_entries e WHERE e.booking_id = p_lock AND e.status = 'waiting')
    AND NOT EXISTS (
      SELECT FROM claims c WHERE c.lock_id = p_lock AND c.resource = p_unit.resource AND c.released_at = now()::timestamptz(3))
    AND is_awaited(p_unit, p_during)
  THEN
    RETURN false;
  END IF;
  IF p_unit.mechanism = 'counter' THEN
    UPDATE units SET claimed = claimed + p_quantity
    WHERE offering_id = p_unit.offering_id AND id = p_unit.id AND (capacity IS NULL OR claimed + p_quantity <= capacity);
    IF NOT FOUND THEN
      -- Even when nothing was left to take over: its own booking may have given it up while we waited for it.
      freed := take_over(p_unit.resource, 'counter', NULL, p_lock);
      UPDATE units SET claimed = claimed - freed WHERE offering_id = p_unit.offering_id AND id = p_unit.id AND freed > 0;
      UPDATE units SET claimed = claimed + p_quantity
      WHERE offering_id = p_unit.offering_id AND id = p_unit.id AND claimed + p_quantity <= capacity;
      IF NOT FOUND THEN RETURN false; END IF;
    END IF;
  ELSE
    PERFORM take_over(p_unit.resource, p_unit.mechanism, p_during, p_lock);
  END IF;
  INSERT INTO claims (lock_id, item_id, offering_id, unit_id, resource, mechanism, quantity, during, state, expires_at, lapses_at)
  VALUES (p_lock, p_item, p_unit.offering_id, p_unit.id, p_unit.resource, p_unit.mechanism, p_quantity, p_during, p_state, p_expires, p_lapses)
  ON CONFLICT DO NOTHING;
  RETURN FOUND;
END $$;
