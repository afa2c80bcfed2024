-- What the relay needs of the outbox. Rows are read in the order of their ids: a booking's writers follow one another, so its ids rise with its
-- versions, and what is seen of it at all is seen from its first unpublished row on.

-- A row that the broker does not take (too large) is put aside with the reason, so that it does not stand in the way of the others. It is kept,
-- shows in the metrics, and goes out when the reason is set to NULL again.
ALTER TABLE "outbox" ADD COLUMN "refusal" TEXT;

DROP INDEX outbox_unpublished;
CREATE INDEX outbox_waiting ON outbox (id) WHERE published_at IS NULL AND refusal IS NULL;
CREATE INDEX outbox_refused ON outbox (id) WHERE refusal IS NOT NULL;

-- Up to when published rows were pruned; the audit of invariant 7 looks at bookings made since then.
CREATE TABLE "outbox_pruning" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "pruned_until" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "outbox_pruning_pkey" PRIMARY KEY ("id")
);
ALTER TABLE outbox_pruning ADD CONSTRAINT outbox_pruning_one_row CHECK (id = 1);

-- Bookings are dealt out to relays by the first byte of their id, which is random (UUID versions 4 and 5).
CREATE FUNCTION relay_shard(p_booking uuid, p_shards int) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT get_byte(uuid_send(p_booking), 0) % p_shards
$$;

-- Deletes up to p_batch published rows from the old end of the outbox and returns how many.
CREATE FUNCTION prune_outbox(p_age interval, p_batch int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  pruned int;
BEGIN
  WITH gone AS (
    DELETE FROM outbox WHERE id IN (
      SELECT o.id FROM (SELECT id, published_at FROM outbox ORDER BY id LIMIT p_batch) o WHERE o.published_at < now() - p_age)
    RETURNING created_at
  ), noted AS (
    INSERT INTO outbox_pruning (pruned_until) SELECT max(created_at) FROM gone HAVING count(*) > 0
    ON CONFLICT (id) DO UPDATE SET pruned_until = greatest(outbox_pruning.pruned_until, excluded.pruned_until)
  )
  SELECT count(*)::int INTO pruned FROM gone;
  RETURN pruned;
END $$;
