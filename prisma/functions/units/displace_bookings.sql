-- Puts down that bookings on a unit are to be told: all of them (p_surplus NULL), or the latest until so much is covered (first come, first
-- served). p_why: {reason, role, id}. Returns the bookings.
CREATE OR REPLACE FUNCTION displace_bookings(p_offering text, p_unit text, p_surplus int, p_why jsonb) RETURNS SETOF uuid LANGUAGE sql AS $$
  WITH on_it AS (
    SELECT c.lock_id, sum(c.quantity) AS quantity, max(c.id) AS latest
    FROM units u JOIN claims c ON c.resource = u.resource AND c.state <> 'released'
    WHERE u.offering_id = p_offering AND u.id = p_unit AND booking_concerns(c.lock_id, p_why)
    GROUP BY c.lock_id
  ), latest_first AS (
    SELECT lock_id, sum(quantity) OVER (ORDER BY latest DESC) - quantity AS covered_before FROM on_it
  )
  INSERT INTO displacements (booking_id, offering_id, unit_id, action, reason, actor_role, actor_id)
  SELECT lock_id, p_offering, p_unit, 'displace', p_why ->> 'reason', p_why ->> 'role', p_why ->> 'id'
  FROM latest_first WHERE p_surplus IS NULL OR covered_before < p_surplus
  RETURNING booking_id
$$;
