-- Commits every claim of a lock; those that were released meanwhile are taken again on the very same units. Raises HF002 when one of them
-- belongs to somebody else by now (DETAIL = item id). Items that were cancelled one by one stay released.
CREATE OR REPLACE FUNCTION commit_claims(p_lock uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  last_claim claims;
  unit units;
BEGIN
  UPDATE claims SET state = 'committed', paying = false WHERE lock_id = p_lock AND state = 'held';
  FOR last_claim IN
    SELECT c.* FROM (
      SELECT DISTINCT ON (item_id) * FROM claims WHERE lock_id = p_lock ORDER BY item_id, id DESC
    ) c
    WHERE c.state = 'released' AND c.release_reason <> 'item_cancelled'
    ORDER BY c.resource
  LOOP
    SELECT u.* INTO unit FROM units u
    WHERE u.offering_id = last_claim.offering_id AND u.id = last_claim.unit_id AND NOT u.blocked;
    IF NOT FOUND OR NOT try_claim(unit, p_lock, last_claim.item_id, last_claim.quantity, last_claim.during, 'committed',
                                  last_claim.expires_at, last_claim.lapses_at) THEN
      RAISE EXCEPTION 'units lost' USING ERRCODE = 'HF002', DETAIL = last_claim.item_id;
    END IF;
  END LOOP;
END $$;
