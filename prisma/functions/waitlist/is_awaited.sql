-- Could somebody who waits have a unit now, and so nobody else?
CREATE OR REPLACE FUNCTION is_awaited(p_unit units, p_during tstzrange) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM rivals(p_unit, p_during) r WHERE fits(r.entry_id))
$$;
