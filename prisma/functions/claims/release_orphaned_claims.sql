-- Releases live claims that no live booking and no offer of the waitlist stands behind, as invariant 2 has it, and that are older than p_grace: a hold is
-- written in one transaction with its booking, so nobody will come for them. The booking is locked first, as every write of it does, so that it cannot
-- take its units again in between. Returns what was released.
CREATE OR REPLACE FUNCTION release_orphaned_claims(p_grace interval, p_limit int) RETURNS TABLE (lock_id uuid, released int) LANGUAGE plpgsql AS $$
DECLARE
  orphan uuid;
  is_orphan boolean;
BEGIN
  FOR orphan IN
    SELECT DISTINCT c.lock_id FROM claims c
    WHERE c.state <> 'released' AND c.created_at < now() - p_grace
      AND NOT EXISTS (SELECT FROM bookings b WHERE b.id = c.lock_id
        AND (b.status IN ('pending', 'awaiting_approval', 'confirmed', 'checked_in', 'in_progress') OR b.reviving))
      AND NOT EXISTS (SELECT FROM waitlist_entries e WHERE e.booking_id = c.lock_id AND e.status = 'offered')
    ORDER BY 1 LIMIT p_limit
  LOOP
    SELECT NOT (b.status IN ('pending', 'awaiting_approval', 'confirmed', 'checked_in', 'in_progress') OR b.reviving) INTO is_orphan
    FROM bookings b WHERE b.id = orphan FOR UPDATE;
    -- Without a booking it is one, unless somebody has just made it (is_orphan is null then).
    IF coalesce(is_orphan, true) THEN
      lock_id := orphan;
      released := release_claims(orphan, 'reconciled');
      RETURN NEXT;
    END IF;
  END LOOP;
END $$;
