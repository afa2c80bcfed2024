-- Takes an entry out of its queue and gives up what it was offered, which passes on. Returns the status it then has: `withdrawn`, or what it was
-- when it was over already. Null when there is none.
CREATE OR REPLACE FUNCTION withdraw_entry(p_entry uuid, p_by jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  entry waitlist_entries;
BEGIN
  SELECT * INTO entry FROM waitlist_entries WHERE id = p_entry FOR UPDATE;
  IF NOT FOUND THEN RETURN NULL; END IF;
  IF entry.status NOT IN ('waiting', 'offered') OR entry.offer_expires_at <= now() THEN
    RETURN CASE entry.status WHEN 'offered' THEN 'expired' ELSE entry.status END;
  END IF;
  UPDATE waitlist_entries SET status = 'withdrawn', history = history || waitlist_line('withdrawn', p_by), updated_at = now() WHERE id = p_entry;
  DELETE FROM waitlist_wishes WHERE entry_id = p_entry;
  PERFORM release_claims(entry.booking_id, 'offer_withdrawn');
  RETURN 'withdrawn';
END $$;
