-- The second look at a blocked unit: who took it in the same moment is displaced like the others. Returns how many those were.
CREATE OR REPLACE FUNCTION displace_latecomers(p_offering text, p_unit text, p_why jsonb) RETURNS int LANGUAGE sql AS $$
  WITH late AS (
    INSERT INTO displacements (booking_id, offering_id, unit_id, action, reason, actor_role, actor_id)
    SELECT DISTINCT c.lock_id, p_offering, p_unit, 'displace', p_why ->> 'reason', p_why ->> 'role', p_why ->> 'id'
    FROM units u JOIN claims c ON c.resource = u.resource AND c.state <> 'released'
    WHERE u.offering_id = p_offering AND u.id = p_unit AND u.blocked AND booking_concerns(c.lock_id, p_why)
      AND NOT EXISTS (SELECT FROM displacements d
        WHERE d.booking_id = c.lock_id AND d.offering_id = p_offering AND d.unit_id = p_unit AND d.action = 'displace')
    RETURNING booking_id
  )
  SELECT count(*)::int FROM late
$$;
