-- What belongs to people and must not be in a history of Temporal's: a run is told the id, and who writes the booking takes the rest from here (N-24, N-46).
-- Rows are deleted when they are used; what nobody uses goes by its age.
CREATE TABLE "withheld" (
  "id" TEXT PRIMARY KEY,
  "data" JSONB NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX "withheld_created_at_idx" ON "withheld"("created_at");
-- Since when a booking has no contact data any more, for good.
ALTER TABLE "bookings" ADD COLUMN "contact_erased_at" TIMESTAMPTZ(3);
