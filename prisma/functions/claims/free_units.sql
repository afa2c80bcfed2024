-- Units of an offering that a claim could have now, the best fitting first: the smallest that takes the party, then by id.
CREATE OR REPLACE FUNCTION free_units(
  p_offering text, p_unit text, p_quantity int, p_during tstzrange, p_starts_at timestamptz, p_party int, p_limit int
) RETURNS SETOF units LANGUAGE sql STABLE AS $$
  SELECT u.* FROM units u
  WHERE u.offering_id = p_offering
    AND (p_unit IS NULL OR u.id = p_unit)
    AND NOT u.blocked
    AND (p_party IS NULL OR (coalesce(u.min_party, 0) <= p_party AND p_party <= coalesce(u.max_party, 2147483647)))
    AND CASE u.mechanism
      WHEN 'unique' THEN NOT EXISTS (
        SELECT FROM claims c
        WHERE c.resource = u.resource AND c.mechanism = 'unique' AND c.state <> 'released' AND NOT is_lapsed(c))
      WHEN 'counter' THEN (p_unit IS NOT NULL OR p_starts_at IS NULL OR u.starts_at = p_starts_at)
        AND (u.capacity IS NULL OR u.claimed + p_quantity - (
          SELECT coalesce(sum(c.quantity), 0) FROM claims c
          WHERE c.resource = u.resource AND c.mechanism = 'counter' AND is_lapsed(c)) <= u.capacity)
      ELSE p_during IS NOT NULL AND NOT EXISTS (
        SELECT FROM claims c
        WHERE c.resource = u.resource AND c.mechanism = 'range' AND c.state <> 'released'
          AND c.during && p_during AND NOT is_lapsed(c))
    END
  ORDER BY coalesce(u.max_party, 2147483647), u.id
  LIMIT p_limit
$$;
