-- Ends one offer that nobody answered, and passes its units on; false when there is none.
CREATE OR REPLACE FUNCTION expire_offer() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  entry waitlist_entries;
BEGIN
  SELECT * INTO entry FROM waitlist_entries WHERE status = 'offered' AND offer_expires_at <= now()
  ORDER BY offer_expires_at LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN false; END IF;
  UPDATE waitlist_entries SET status = 'expired', history = history || waitlist_line('expired'), updated_at = now() WHERE id = entry.id;
  PERFORM release_claims(entry.booking_id, 'offer_expired');
  RETURN true;
END $$;
