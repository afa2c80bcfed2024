-- Who waits for something that a unit (for ranges: in this time) could be part of.
CREATE OR REPLACE FUNCTION rivals(p_unit units, p_during tstzrange) RETURNS TABLE (entry_id uuid, place_in_line bigint) LANGUAGE sql STABLE AS $$
  SELECT w.entry_id, w.position FROM waitlist_wishes w
  WHERE w.place = place_of(p_unit.resource)
    AND (w.resource = p_unit.resource
      OR w.resource IS NULL AND (w.mechanism <> 'counter' OR w.starts_at IS NULL OR w.starts_at = p_unit.starts_at))
    AND (w.during IS NULL OR p_during IS NULL OR w.during && p_during)
    AND (w.party_size IS NULL OR w.party_size BETWEEN coalesce(p_unit.min_party, 0) AND coalesce(p_unit.max_party, 2147483647))
$$;
