-- Holds all that an entry waits for and makes it an offer; false when there is no room, or somebody else is at it. Null when its units are busy:
-- whoever frees units holds locks and must not wait for others' for long.
CREATE OR REPLACE FUNCTION offer_entry(p_entry uuid) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  entry waitlist_entries;
  patience text := current_setting('lock_timeout');
  v_expires timestamptz(3);
  v_units jsonb;
BEGIN
  SELECT * INTO entry FROM waitlist_entries
  WHERE id = p_entry AND status = 'waiting' AND (closes_at IS NULL OR closes_at > now()) FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN false; END IF;
  v_expires := least(now() + make_interval(secs => entry.offer_seconds), entry.closes_at);
  BEGIN
    PERFORM set_config('lock_timeout', '100ms', true);
    v_units := claim_units(entry.booking_id, v_expires, v_expires, entry.claims, true);
    PERFORM set_config('lock_timeout', patience, true);
  EXCEPTION
    WHEN SQLSTATE 'HF001' THEN RETURN false;
    WHEN lock_not_available OR deadlock_detected THEN RETURN NULL;
  END;
  UPDATE waitlist_entries SET status = 'offered', offer_expires_at = v_expires, units = v_units,
    history = history || waitlist_line('offered'), updated_at = now()
  WHERE id = entry.id;
  DELETE FROM waitlist_wishes WHERE entry_id = entry.id;
  RETURN true;
END $$;
