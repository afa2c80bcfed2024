-- What reconciliation found, and what became of it (H-25; A-21, invariant 9).

-- CreateTable
CREATE TABLE "installation" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "installation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "reconciliations" (
    "id" TEXT NOT NULL,
    "repairs" BOOLEAN NOT NULL,
    "restored" BOOLEAN NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),
    "bookings" INTEGER NOT NULL DEFAULT 0,
    "runs" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "reconciliations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "reconciliation_findings" (
    "reconciliation_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "detail" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "reconciliation_findings_pkey" PRIMARY KEY ("reconciliation_id","kind","subject")
);

-- CreateIndex
CREATE INDEX "reconciliations_started_at_idx" ON "reconciliations"("started_at");

-- AddForeignKey
ALTER TABLE "reconciliation_findings" ADD CONSTRAINT "reconciliation_findings_reconciliation_id_fkey" FOREIGN KEY ("reconciliation_id") REFERENCES "reconciliations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

ALTER TABLE reconciliation_findings
  ADD CONSTRAINT reconciliation_findings_outcome CHECK (outcome IN ('repaired', 'attention', 'open'));

-- By this a copy of the database knows itself: a backup that is restored has the id of what it is a backup of, another database has another one.
INSERT INTO installation DEFAULT VALUES;

-- Releases live claims that no live booking and no offer of the waitlist stands behind, as invariant 2 has it, and that are older than p_grace: a hold is
-- written in one transaction with its booking, so nobody will come for them. The booking is locked first, as every write of it does, so that it cannot
-- take its units again in between. Returns what was released.
CREATE FUNCTION release_orphaned_claims(p_grace interval, p_limit int) RETURNS TABLE (lock_id uuid, released int) LANGUAGE plpgsql AS $$
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
