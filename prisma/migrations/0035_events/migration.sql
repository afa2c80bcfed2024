-- What has an age is found by it (N-60, N-62): each of these is what prisma/retention.ts deletes by.
CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;
CREATE INDEX "idempotency_keys_created_at_idx" ON "idempotency_keys"("created_at");
CREATE INDEX processed_events_age ON processed_events (delivered_at) WHERE delivered_at IS NOT NULL;
CREATE INDEX notifications_age_read ON notifications (read_at) WHERE is_read;
CREATE INDEX notifications_age_unread ON notifications (created_at) WHERE NOT is_read;

-- What the audit looks at: the bookings that changed since it last did (N-61).
CREATE INDEX "bookings_updated_at_idx" ON "bookings"("updated_at");

-- Two movements of money may be told with one version, each by a message of the same type (N-41); a message is known by its event_id.
DROP INDEX "outbox_booking_id_version_event_type_key";
CREATE INDEX "outbox_booking_id_version_idx" ON "outbox"("booking_id", "version");
