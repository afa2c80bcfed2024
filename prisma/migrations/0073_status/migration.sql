-- What is open is found among millions that are over (N-61): by the audit of every reconciliation, and by every scrape of the metrics.
CREATE INDEX "bookings_status_profile_idx" ON "bookings"("status", "profile");
CREATE INDEX bookings_reviving ON bookings (id) WHERE reviving;
CREATE INDEX refunds_unsettled ON refunds (status) WHERE status IN ('pending', 'failed');
-- The reconciliation goes through what is ahead or needs a person by id, page by page.
CREATE INDEX bookings_ahead ON bookings (id) WHERE next_deadline IS NOT NULL OR attention_reason IS NOT NULL;
