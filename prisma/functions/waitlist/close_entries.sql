-- Ends up to p_limit entries whose time has come without an offer, and returns how many.
CREATE OR REPLACE FUNCTION close_entries(p_limit int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  closed int;
BEGIN
  WITH due AS (
    SELECT id FROM waitlist_entries WHERE status = 'waiting' AND closes_at <= now() ORDER BY closes_at LIMIT p_limit FOR UPDATE SKIP LOCKED
  ), ended AS (
    UPDATE waitlist_entries e SET status = 'expired', history = e.history || waitlist_line('expired'), updated_at = now()
    FROM due WHERE e.id = due.id RETURNING e.id
  ), gone AS (
    DELETE FROM waitlist_wishes w USING ended WHERE w.entry_id = ended.id
  )
  SELECT count(*)::int INTO closed FROM ended;
  RETURN closed;
END $$;
