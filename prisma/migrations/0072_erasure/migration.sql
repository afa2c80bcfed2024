-- Who is erased is found by their bookings in what was sent and what came in, by their entries in what they were told (issue 13).
CREATE INDEX webhook_deliveries_booking ON webhook_deliveries (booking_id) WHERE booking_id IS NOT NULL;
CREATE INDEX "processed_events_booking_id_idx" ON "processed_events"("booking_id");
CREATE INDEX notifications_of_entries ON notifications (waitlist_entry_id) WHERE waitlist_entry_id IS NOT NULL;
