-- How manieth each entry is of those who wait for something that the one's could be part of.
CREATE OR REPLACE FUNCTION places_in_line(p_entries uuid[]) RETURNS TABLE (entry_id uuid, in_line int) LANGUAGE sql STABLE AS $$
  SELECT w.entry_id, 1 + count(DISTINCT o.entry_id)::int
  FROM waitlist_wishes w
  LEFT JOIN waitlist_wishes o ON o.place = w.place AND o.position < w.position
    AND (o.resource IS NULL OR w.resource IS NULL OR o.resource = w.resource)
    AND (o.mechanism <> 'counter' OR o.starts_at IS NULL OR w.starts_at IS NULL OR o.starts_at = w.starts_at)
    AND (o.during IS NULL OR w.during IS NULL OR o.during && w.during)
  WHERE w.entry_id = ANY (p_entries)
  GROUP BY w.entry_id
$$;
