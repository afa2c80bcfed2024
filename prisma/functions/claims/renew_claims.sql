-- Makes what a lock still has a lease again, with these times.
CREATE OR REPLACE FUNCTION renew_claims(p_lock uuid, p_expires timestamptz, p_lapses timestamptz, p_paying boolean) RETURNS void LANGUAGE sql AS $$
  UPDATE claims SET state = 'held', expires_at = p_expires, lapses_at = p_lapses, paying = p_paying
  WHERE lock_id = p_lock AND state <> 'released'
$$;
