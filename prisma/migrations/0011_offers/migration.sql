-- Where the waitlist (0008) and units that are taken away (0007) meet: an offer holds units under the id of a booking that is not there yet. Nobody is
-- displaced by a block over it; it cannot be accepted any more, and ends with its deadline.

CREATE FUNCTION is_offer(p_lock uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM waitlist_entries e WHERE e.booking_id = p_lock AND e.status IN ('offered', 'expired'))
$$;

CREATE FUNCTION displace_bookings_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.booking_id IS NOT NULL AND is_offer(NEW.booking_id) THEN RETURN NULL; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER displacements_of_bookings BEFORE INSERT ON displacements FOR EACH ROW EXECUTE FUNCTION displace_bookings_only();

-- As before, but for the last condition of those affected.
CREATE OR REPLACE FUNCTION block_unit(p_offering text, p_unit text, p_blocked boolean, p_force boolean, p_why jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  affected jsonb;
BEGIN
  PERFORM FROM units WHERE offering_id = p_offering AND id = p_unit FOR UPDATE;
  IF NOT FOUND THEN RETURN jsonb_build_object('found', false, 'done', false, 'affected', '[]'::jsonb); END IF;
  SELECT coalesce(jsonb_agg(b.lock_id ORDER BY b.lock_id), '[]') INTO affected FROM (
    SELECT DISTINCT c.lock_id FROM units u JOIN claims c ON c.resource = u.resource AND c.state <> 'released'
    WHERE u.offering_id = p_offering AND u.id = p_unit AND p_blocked AND NOT is_offer(c.lock_id)) b;
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
    WHERE u.offering_id = p_offering AND u.id = p_unit
      AND EXISTS (SELECT FROM displacements d
        WHERE d.booking_id = c.lock_id AND d.offering_id = p_offering AND d.unit_id = p_unit AND d.action = 'displace')
      AND NOT EXISTS (SELECT FROM claims other JOIN units o ON o.offering_id = other.offering_id AND o.id = other.unit_id
        WHERE other.lock_id = c.lock_id AND other.state <> 'released' AND (o.blocked OR o.overbooked > 0));
  END IF;
  RETURN jsonb_build_object('found', true, 'done', true, 'affected', affected);
END $$;
