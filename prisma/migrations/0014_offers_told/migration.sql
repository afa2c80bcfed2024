-- Whoever is offered something by the waitlist is told of it (C-08, X-11). Such a notification is about an entry: its booking is not there yet.

-- AlterTable
ALTER TABLE "waitlist_entries" ADD COLUMN "told_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "notifications" ADD COLUMN "waitlist_entry_id" UUID,
ALTER COLUMN "booking_id" DROP NOT NULL;

-- AddForeignKey
ALTER TABLE "notifications" ADD CONSTRAINT "notifications_waitlist_entry_id_fkey" FOREIGN KEY ("waitlist_entry_id") REFERENCES "waitlist_entries"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE notifications ADD CONSTRAINT notifications_about CHECK (num_nonnulls(booking_id, waitlist_entry_id) = 1);
CREATE INDEX waitlist_entries_untold ON waitlist_entries (offer_expires_at) WHERE status = 'offered' AND told_at IS NULL;

-- As before, with the entry.
CREATE OR REPLACE FUNCTION write_notifications(p jsonb) RETURNS void LANGUAGE sql AS $$
  INSERT INTO notifications (id, user_id, user_role, booking_id, waitlist_entry_id, type, title, content, metadata, next_try_at, created_at)
  SELECT id, user_id, user_role, booking_id, waitlist_entry_id, type, title, content, metadata, created_at, created_at
  FROM jsonb_populate_recordset(NULL::notifications, p)
  ON CONFLICT (id) DO NOTHING;
$$;
