-- Takes a unit off sale, or puts it back (A-20, H-14): {found, done, affected}. Over bookings only with p_force, and then they are displaced in the
-- same transaction; put back, those that were displaced by it keep their places, unless another unit of theirs is blocked too. An offer of the
-- waitlist is nobody's booking yet: it does not stand in the way. A provider's block is of their own offering: others' bookings on the same table stay.
CREATE OR REPLACE FUNCTION block_unit(p_offering text, p_unit text, p_blocked boolean, p_force boolean, p_why jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  affected jsonb;
BEGIN
  PERFORM FROM units WHERE offering_id = p_offering AND id = p_unit FOR UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('found', false, 'done', false, 'affected', '[]'::jsonb); END IF;
  SELECT coalesce(jsonb_agg(b.lock_id ORDER BY b.lock_id), '[]') INTO affected FROM (
    SELECT DISTINCT c.lock_id FROM units u JOIN claims c ON c.resource = u.resource AND c.state <> 'released'
    WHERE u.offering_id = p_offering AND u.id = p_unit AND p_blocked AND NOT is_offer(c.lock_id)
      AND booking_concerns(c.lock_id, p_why)) b;
  IF jsonb_array_length(affected) > 0 AND NOT p_force THEN
    RETURN jsonb_build_object('found', true, 'done', false, 'affected', affected);
  END IF;
  UPDATE units SET blocked = p_blocked, blocked_reason = CASE WHEN p_blocked THEN p_why ->> 'reason' END
  WHERE offering_id = p_offering AND id = p_unit;
  IF p_blocked THEN
    PERFORM displace_bookings(p_offering, p_unit, NULL, p_why);
    PERFORM look_again(p_offering, p_unit, p_why);
  ELSE
    INSERT INTO displacements (booking_id, offering_id, unit_id, action, reason, actor_role, actor_id)
    SELECT DISTINCT c.lock_id, p_offering, p_unit, 'restore', p_why ->> 'reason', p_why ->> 'role', p_why ->> 'id'
    FROM units u JOIN claims c ON c.resource = u.resource AND c.state <> 'released'
    WHERE u.offering_id = p_offering AND u.id = p_unit AND booking_concerns(c.lock_id, p_why)
      AND EXISTS (SELECT FROM displacements d
        WHERE d.booking_id = c.lock_id AND d.offering_id = p_offering AND d.unit_id = p_unit AND d.action = 'displace')
      AND NOT EXISTS (SELECT FROM claims other JOIN units o ON o.offering_id = other.offering_id AND o.id = other.unit_id
        WHERE other.lock_id = c.lock_id AND other.state <> 'released' AND (o.blocked OR o.overbooked > 0));
  END IF;
  RETURN jsonb_build_object('found', true, 'done', true, 'affected', affected);
END $$;
