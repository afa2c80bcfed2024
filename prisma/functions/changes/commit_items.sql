-- Commits the claims of some items of a lock, as commit_claims does those of all. Raises HF002 when one belongs to somebody else by now.
CREATE OR REPLACE FUNCTION commit_items(p_lock uuid, p_items text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  last_claim claims;
  unit units;
BEGIN
  UPDATE claims SET state = 'committed', paying = false WHERE lock_id = p_lock AND state = 'held' AND item_id = ANY (p_items);
  FOR last_claim IN
    SELECT c.* FROM (
      SELECT DISTINCT ON (item_id) * FROM claims WHERE lock_id = p_lock AND item_id = ANY (p_items) ORDER BY item_id, id DESC
    ) c
    WHERE c.state = 'released'
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
