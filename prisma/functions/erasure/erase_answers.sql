-- Deletes stored answers that name a person, are to a request of theirs, or to one about these bookings and entries: of those made after p_after so many as p_batch, and more only for
-- the same moment. They are days old at the most, and a request that comes again finds its booking without them. `until` NULL: that were all.
CREATE OR REPLACE FUNCTION erase_answers(p_person text, p_ids text[], p_after timestamptz, p_batch int, OUT until timestamptz, OUT erased int) LANGUAGE plpgsql AS $$
BEGIN
  SELECT max(created_at) INTO until FROM (SELECT created_at FROM idempotency_keys WHERE created_at > p_after ORDER BY created_at LIMIT p_batch) page;
  DELETE FROM idempotency_keys WHERE created_at > p_after AND created_at <= until AND answered_at IS NOT NULL
    AND (caller = p_person OR target = ANY (p_ids) OR position(to_json(p_person)::text IN answer::text) > 0);
  GET DIAGNOSTICS erased = ROW_COUNT;
END $$;
