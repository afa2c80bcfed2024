-- Is there room now for all that an entry waits for? Items that could take the same unit from each other are counted together, so that "yes" holds.
CREATE OR REPLACE FUNCTION fits(p_entry uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT coalesce(bool_and(needed <= (SELECT count(*) FROM free_units(offering_id, unit_id, together, during, starts_at, party_size, needed))), false)
    AND NOT EXISTS (
      SELECT FROM waitlist_entries e, jsonb_array_elements(e.claims) i
      WHERE e.id = p_entry AND i -> 'seats' <> 'null'
      GROUP BY e.booking_id, i ->> 'offering_id', i #>> '{seats,group}', i #>> '{seats,section}'
      HAVING choose_seats(i ->> 'offering_id', i #>> '{seats,section}', count(*)::int, bool_or((i #>> '{seats,adjacent}')::boolean), e.booking_id, '{}') IS NULL)
  FROM (
    SELECT w.offering_id, w.unit_id, w.during, w.starts_at, w.party_size,
      CASE w.mechanism WHEN 'counter' THEN sum(o.quantity)::int ELSE 1 END AS together,
      CASE w.mechanism WHEN 'counter' THEN 1 ELSE count(*)::int END AS needed
    FROM waitlist_wishes w
    JOIN waitlist_wishes o ON o.entry_id = w.entry_id AND o.offering_id = w.offering_id AND o.unit_id IS NOT DISTINCT FROM w.unit_id
      AND CASE w.mechanism WHEN 'range' THEN o.during && w.during WHEN 'counter' THEN o.starts_at IS NOT DISTINCT FROM w.starts_at ELSE true END
    WHERE w.entry_id = p_entry
    GROUP BY w.entry_id, w.item_id
  ) wish
$$;
