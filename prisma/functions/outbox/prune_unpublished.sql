-- Deletes up to p_batch rows that were written longer than p_age ago and that nobody will publish, because there is no Kafka (N-62); returns how
-- many. While a relay runs nothing is: it will publish them (the lock is that of events/shards.ts). The oldest come first, so what is not old enough ends it. Rows that were put aside stay: a person decides about them.
CREATE OR REPLACE FUNCTION prune_unpublished(p_age interval, p_batch int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  pruned int;
BEGIN
  IF EXISTS (
    SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = x'486f6c64'::int AND objid = 1000 AND objsubid = 2
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
  ) THEN
    RETURN 0;
  END IF;
  WITH gone AS (
    DELETE FROM outbox WHERE id IN (
      SELECT o.id FROM (
        SELECT id, created_at FROM outbox WHERE published_at IS NULL AND refusal IS NULL ORDER BY id LIMIT p_batch
      ) o WHERE o.created_at < now() - p_age)
    RETURNING created_at
  ), noted AS (
    INSERT INTO outbox_pruning (pruned_until) SELECT max(created_at) FROM gone HAVING count(*) > 0
    ON CONFLICT (id) DO UPDATE SET pruned_until = greatest(outbox_pruning.pruned_until, excluded.pruned_until)
  )
  SELECT count(*)::int INTO pruned FROM gone;
  RETURN pruned;
END $$;
