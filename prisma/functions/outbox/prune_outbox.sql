-- Deletes up to p_batch rows that were published longer than p_age ago, whatever lies beside them, and returns how many.
CREATE OR REPLACE FUNCTION prune_outbox(p_age interval, p_batch int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  pruned int;
BEGIN
  WITH gone AS (
    DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE published_at < now() - p_age ORDER BY published_at LIMIT p_batch)
    RETURNING created_at
  ), noted AS (
    INSERT INTO outbox_pruning (pruned_until) SELECT max(created_at) FROM gone HAVING count(*) > 0
    ON CONFLICT (id) DO UPDATE SET pruned_until = greatest(outbox_pruning.pruned_until, excluded.pruned_until)
  )
  SELECT count(*)::int INTO pruned FROM gone;
  RETURN pruned;
END $$;
