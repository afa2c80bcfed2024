-- Takes lapsed claims off a resource (for ranges: those that overlap) and returns how much they held.
CREATE OR REPLACE FUNCTION take_over(p_resource text, p_mechanism text, p_during tstzrange, p_lock uuid) RETURNS int LANGUAGE sql AS $$
  WITH lapsed AS (
    SELECT c.id FROM claims c
    WHERE c.resource = p_resource AND c.mechanism = p_mechanism AND c.lock_id <> p_lock AND is_lapsed(c)
      AND (p_mechanism <> 'range' OR c.during && p_during)
    ORDER BY c.id FOR UPDATE
  ), taken AS (
    UPDATE claims c SET state = 'released', released_at = now(), release_reason = 'taken_over'
    FROM lapsed WHERE c.id = lapsed.id RETURNING c.quantity
  )
  SELECT coalesce(sum(quantity), 0)::int FROM taken
$$;
