-- What Prisma has no words for: checks, the exclusion constraint, partial indexes, and the rows that are always there.

-- Who gets a unit is decided here and nowhere else, by three mechanisms:
--   unique   seats: a partial unique index
--   counter  slot capacity and enrolment: a guarded counter with a CHECK
--   range    calendars, tables, rooms: an exclusion constraint over the occupied time, which leaves out a booking's own claims
CREATE EXTENSION IF NOT EXISTS btree_gist;

ALTER TABLE units
  ADD CONSTRAINT units_kind CHECK (kind IN ('seat', 'slot', 'calendar', 'table', 'room', 'enrolment')),
  ADD CONSTRAINT units_mechanism CHECK (mechanism IN ('unique', 'counter', 'range')),
  ADD CONSTRAINT units_price CHECK (price_amount IS NULL OR price_amount >= 0),
  -- H-13: a capacity may be lowered below what is booked, and only so far as an operator says: `overbooked` is what they accepted. No booking can
  -- add to it: whatever is claimed less is taken off it at once, so there is never any room between the two sides of the second check.
  ADD CONSTRAINT units_overbooked CHECK (overbooked >= 0),
  ADD CONSTRAINT units_within_capacity CHECK (claimed >= 0 AND (capacity IS NULL OR claimed <= capacity + overbooked));

ALTER TABLE claims
  ADD CONSTRAINT claims_state CHECK (state IN ('held', 'committed', 'released')),
  ADD CONSTRAINT claims_quantity CHECK (quantity > 0),
  ADD CONSTRAINT claims_range_has_time CHECK (mechanism <> 'range' OR NOT isempty(during)),
  ADD CONSTRAINT claims_no_double_range
    EXCLUDE USING gist (resource WITH =, lock_id WITH <>, during WITH &&)
    WHERE (mechanism = 'range' AND state <> 'released');
CREATE UNIQUE INDEX claims_one_live_seat ON claims (resource) WHERE mechanism = 'unique' AND state <> 'released';
CREATE UNIQUE INDEX claims_one_live_per_item ON claims (lock_id, item_id) WHERE state <> 'released';
CREATE INDEX claims_held_counters ON claims (resource, lapses_at) WHERE mechanism = 'counter' AND state = 'held';

ALTER TABLE bookings
  ADD CONSTRAINT bookings_status CHECK (status IN ('pending', 'awaiting_approval', 'confirmed', 'checked_in', 'in_progress',
    'completed', 'no_show', 'cancelled', 'expired', 'refunded')),
  ADD CONSTRAINT bookings_amount CHECK (amount >= 0),
  ADD CONSTRAINT bookings_reference CHECK (length(reference) <= 20);
CREATE INDEX bookings_overdue ON bookings (next_deadline) WHERE next_deadline IS NOT NULL;
CREATE INDEX bookings_attention ON bookings (attention_since) WHERE attention_reason IS NOT NULL;

ALTER TABLE booking_items
  ADD CONSTRAINT booking_items_quantity CHECK (quantity > 0),
  ADD CONSTRAINT booking_items_amount CHECK (unit_price >= 0 AND amount >= 0);

-- Money. C-05, H-06: a refund is reserved before the payment service hears of it, and never beyond what was captured.
ALTER TABLE payments
  ADD CONSTRAINT payments_status CHECK (status IN ('requested', 'processing', 'authorized', 'succeeded', 'failed', 'voided')),
  ADD CONSTRAINT payments_amounts CHECK (amount >= 0 AND captured >= 0),
  ADD CONSTRAINT payments_refund_within_capture CHECK (refund_reserved BETWEEN 0 AND captured);
ALTER TABLE refunds
  ADD CONSTRAINT refunds_status CHECK (status IN ('pending', 'succeeded', 'failed')),
  ADD CONSTRAINT refunds_amount CHECK (amount > 0);
ALTER TABLE ledger
  ADD CONSTRAINT ledger_sign CHECK ((kind = 'captured' AND amount > 0) OR (kind = 'refunded' AND amount < 0));
ALTER TABLE financial_entries
  ADD CONSTRAINT financial_entries_parts CHECK (total_amount = platform_fee + clinic_amount + tax_amount),
  ADD CONSTRAINT financial_entries_signs CHECK (
    (type = 'payment' AND total_amount > 0 AND least(platform_fee, clinic_amount, tax_amount) >= 0)
    OR (type = 'refund' AND total_amount < 0 AND greatest(platform_fee, clinic_amount, tax_amount) <= 0)),
  ADD CONSTRAINT financial_entries_settlement CHECK (
    (status = 'pending' AND settlement_date IS NULL AND transaction_reference IS NULL AND settled_by IS NULL AND settlement_details IS NULL)
    OR (status = 'settled' AND settlement_date IS NOT NULL AND transaction_reference IS NOT NULL AND settled_by IS NOT NULL));

-- The outbox is read in the order of its ids: a booking's writers follow one another, so its ids rise with its versions, and what is seen of it at
-- all is seen from its first unpublished row on. A row that the broker does not take (too large) is put aside with its refusal, so that it does not
-- stand in the way of the others; it is kept, shows in the metrics, and goes out when the refusal is set to NULL again.
CREATE INDEX outbox_waiting ON outbox (id) WHERE published_at IS NULL AND refusal IS NULL;
CREATE INDEX outbox_refused ON outbox (id) WHERE refusal IS NOT NULL;
ALTER TABLE outbox_pruning ADD CONSTRAINT outbox_pruning_one_row CHECK (id = 1);
CREATE INDEX processed_events_due ON processed_events (next_try_at) WHERE delivered_at IS NULL;

ALTER TABLE displacements
  ADD CONSTRAINT displacements_action CHECK (action IN ('displace', 'restore', 'look_again')),
  ADD CONSTRAINT displacements_booking CHECK ((booking_id IS NULL) = (action = 'look_again'));
CREATE INDEX displacements_due ON displacements (next_try_at) WHERE delivered_at IS NULL;

-- The waitlist. Nobody stands in one queue twice: a second place for the same thing would be a second offer, and its units kept from others for longer.
ALTER TABLE waitlist_entries
  ADD CONSTRAINT waitlist_entries_status CHECK (status IN ('waiting', 'offered', 'accepted', 'expired', 'withdrawn')),
  ADD CONSTRAINT waitlist_entries_offer CHECK (status <> 'offered' OR (offer_expires_at IS NOT NULL AND units IS NOT NULL)),
  ADD CONSTRAINT waitlist_entries_offer_seconds CHECK (offer_seconds > 0);
CREATE UNIQUE INDEX waitlist_entries_once ON waitlist_entries (customer_id, wanted) WHERE status IN ('waiting', 'offered');
CREATE INDEX waitlist_entries_offered ON waitlist_entries (offer_expires_at) WHERE status = 'offered';
CREATE INDEX waitlist_entries_untold ON waitlist_entries (offer_expires_at) WHERE status = 'offered' AND told_at IS NULL;
CREATE INDEX waitlist_entries_waiting ON waitlist_entries (position) WHERE status = 'waiting';
CREATE INDEX waitlist_entries_closing ON waitlist_entries (closes_at) WHERE status = 'waiting';

-- What surrounds a visit (ADR 0012). A notification is `skipped` when there is nobody to send it to by the channel in use; it is shown in the list
-- all the same. A reminder waits once at the most, whoever writes it.
ALTER TABLE reviews ADD CONSTRAINT reviews_rating CHECK (rating BETWEEN 1 AND 5);
ALTER TABLE notifications
  ADD CONSTRAINT notifications_about CHECK (num_nonnulls(booking_id, waitlist_entry_id) = 1),
  ADD CONSTRAINT notifications_read CHECK (is_read = (read_at IS NOT NULL)),
  ADD CONSTRAINT notifications_delivery CHECK (delivery_status IN ('pending', 'sent', 'failed', 'skipped'));
CREATE INDEX notifications_due ON notifications (next_try_at) WHERE delivery_status = 'pending';
ALTER TABLE booking_reminders
  ADD CONSTRAINT booking_reminders_type CHECK (reminder_type IN ('upcoming', 'check_in', 'follow_up', 'review_request')),
  ADD CONSTRAINT booking_reminders_status CHECK (status IN ('pending', 'sent', 'failed', 'cancelled'));
CREATE INDEX booking_reminders_due ON booking_reminders (scheduled_time) WHERE status = 'pending';
CREATE UNIQUE INDEX booking_reminders_once ON booking_reminders (booking_id, reminder_type, offset_minutes) WHERE status = 'pending';
ALTER TABLE booking_attachments ADD CONSTRAINT booking_attachments_size CHECK (file_size > 0);

ALTER TABLE reconciliation_discrepancies
  ADD CONSTRAINT reconciliation_discrepancies_outcome CHECK (outcome IN ('repaired', 'attention', 'open'));

-- By this a copy of the database knows itself: a backup that is restored has the id of what it is a backup of, another database has another one.
INSERT INTO installation DEFAULT VALUES;
INSERT INTO report_refreshes (name, refreshed_at) VALUES ('views', now());
