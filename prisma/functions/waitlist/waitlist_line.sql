-- One line of an entry's history.
CREATE OR REPLACE FUNCTION waitlist_line(p_status text, p_by jsonb DEFAULT '{"role": "system", "id": "holdfast"}') RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('status', p_status, 'at', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'by', p_by)
$$;
