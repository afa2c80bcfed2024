-- The clock on the wall of a zone. One that PostgreSQL does not know must not keep every other booking out of a view: there it is UTC.
CREATE OR REPLACE FUNCTION wall_clock(p_at timestamptz, p_zone text) RETURNS timestamp LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN p_at AT TIME ZONE p_zone;
EXCEPTION WHEN invalid_parameter_value THEN
  RETURN p_at AT TIME ZONE 'UTC';
END $$;
