-- How much of each unit of an offering is taken; lapsed leases count as free.
CREATE OR REPLACE FUNCTION taken_units(p_offering text) RETURNS TABLE (unit_id text, taken int) LANGUAGE sql STABLE AS $$
  SELECT u.id, coalesce(sum(c.quantity), 0)::int
  FROM units u LEFT JOIN claims c ON c.resource = u.resource AND c.state <> 'released' AND NOT is_lapsed(c)
  WHERE u.offering_id = p_offering
  GROUP BY u.id
$$;
