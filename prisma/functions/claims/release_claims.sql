-- Releases what a lock still holds (all items, or the named ones) and returns how many claims that were. Releasing twice releases nothing.
CREATE OR REPLACE FUNCTION release_claims(p_lock uuid, p_reason text, p_items text[] DEFAULT NULL) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  released int;
BEGIN
  PERFORM FROM claims
  WHERE lock_id = p_lock AND state <> 'released' AND (p_items IS NULL OR item_id = ANY (p_items))
  ORDER BY resource FOR UPDATE;
  WITH gone AS (
    UPDATE claims SET state = 'released', released_at = now(), release_reason = p_reason
    WHERE lock_id = p_lock AND state <> 'released' AND (p_items IS NULL OR item_id = ANY (p_items))
    RETURNING offering_id, unit_id, mechanism, quantity
  ), counters AS (
    SELECT u.offering_id, u.id, g.quantity
    FROM (SELECT offering_id, unit_id, sum(quantity)::int AS quantity FROM gone WHERE mechanism = 'counter' GROUP BY 1, 2) g
    JOIN units u ON u.offering_id = g.offering_id AND u.id = g.unit_id
    ORDER BY u.resource FOR UPDATE OF u
  ), given_back AS (
    UPDATE units u SET claimed = u.claimed - c.quantity
    FROM counters c WHERE u.offering_id = c.offering_id AND u.id = c.id
  )
  SELECT count(*)::int INTO released FROM gone;
  RETURN released;
END $$;
