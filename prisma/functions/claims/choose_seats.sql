-- The best p_count seats that are free (docs/adr/0020): side by side where there are any, with as few single seats left over as can be, in the front
-- row, from its first seat on. Null when there are not enough, or with p_adjacent none side by side. Seats that p_lock has count as free and come
-- first; those in p_except, and those that somebody on the waitlist could have, do not count. Neighbours are those in a row whose numbers differ by
-- the section's smallest step (1, or 2 where odd and even are on two sides); a seat without a row belongs to that of its label before the number.
CREATE OR REPLACE FUNCTION choose_seats(
  p_offering text, p_section text, p_count int, p_adjacent boolean, p_lock uuid, p_except text[]
) RETURNS text[] LANGUAGE plpgsql STABLE AS $$
DECLARE
  chosen text[] := '{}';
  block text[];
  size int := p_count;
  others_wait boolean;
BEGIN
  others_wait := EXISTS (
      SELECT FROM waitlist_wishes w
      WHERE w.place = (SELECT place_of(u.resource) FROM units u WHERE u.offering_id = p_offering AND u.mechanism = 'unique' LIMIT 1))
    AND NOT EXISTS (SELECT FROM waitlist_entries e WHERE e.booking_id = p_lock AND e.status = 'waiting');
  WHILE size > 0 AND cardinality(chosen) < p_count LOOP
    WITH seats AS (
      SELECT u.id, coalesce(u.section, '') AS section, coalesce(u.row, regexp_replace(coalesce(u.label, u.id), '\d+\D*$', '')) AS row,
        substring(coalesce(u.label, u.id) FROM '(\d+)\D*$')::numeric AS number,
        coalesce(c.lock_id = p_lock, false) AS own,
        NOT u.blocked AND (c.id IS NULL OR c.lock_id = p_lock) AND u.id <> ALL (p_except || chosen)
          AND NOT (others_wait AND c.id IS NULL AND is_awaited(u, NULL)) AS free
      FROM units u
      LEFT JOIN claims c ON c.resource = u.resource AND c.mechanism = 'unique' AND c.state <> 'released' AND NOT is_lapsed(c)
      WHERE u.offering_id = p_offering AND u.mechanism = 'unique' AND (p_section IS NULL OR u.section = p_section)
    ), stepped AS (
      SELECT s.*, s.number - lag(s.number) OVER seated AS step, lag(s.free) OVER seated AS before FROM seats s
      WINDOW seated AS (PARTITION BY s.section, s.row ORDER BY s.number, s.id)
    ), marked AS (
      SELECT s.*, NOT coalesce(s.before, false)
        OR s.step > min(s.step) FILTER (WHERE s.step > 0) OVER (PARTITION BY s.section) AS begins FROM stepped s
    ), runs AS (
      SELECT m.*, count(*) FILTER (WHERE m.begins) OVER (PARTITION BY m.section, m.row ORDER BY m.number, m.id) AS run FROM marked m WHERE m.free
    ), placed AS (
      SELECT r.*, row_number() OVER seated AS place, count(*) OVER (PARTITION BY r.section, r.row, r.run) AS length,
        array_agg(r.id) OVER (seated ROWS BETWEEN CURRENT ROW AND size - 1 FOLLOWING) AS ids,
        sum(r.own::int) OVER (seated ROWS BETWEEN CURRENT ROW AND size - 1 FOLLOWING) AS owned
      FROM runs r WINDOW seated AS (PARTITION BY r.section, r.row, r.run ORDER BY r.number, r.id)
    )
    SELECT p.ids INTO block FROM placed p WHERE p.place + size - 1 <= p.length
    ORDER BY p.owned DESC, (p.place = 2)::int + (p.length - p.place - size = 0)::int, p.section, length(p.row), p.row, p.place LIMIT 1;
    IF FOUND THEN
      chosen := chosen || block;
      size := least(size, p_count - cardinality(chosen));
    ELSE
      EXIT WHEN p_adjacent;
      size := size - 1;
    END IF;
  END LOOP;
  RETURN CASE WHEN cardinality(chosen) = p_count THEN chosen END;
END $$;
