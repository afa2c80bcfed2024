-- A zone, or UTC for one that PostgreSQL does not know: it must not keep every other booking out of a report.
CREATE OR REPLACE FUNCTION as_known_zone(p_zone text) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
  PERFORM now() AT TIME ZONE p_zone;
  RETURN p_zone;
EXCEPTION WHEN invalid_parameter_value THEN
  RETURN 'UTC';
END $$;
