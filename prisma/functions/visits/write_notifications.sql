-- Writes notifications, each about a booking or an entry of the waitlist; one that is there already stays as it is.
CREATE OR REPLACE FUNCTION write_notifications(p jsonb) RETURNS void LANGUAGE sql AS $$
  INSERT INTO notifications (id, user_id, user_role, booking_id, waitlist_entry_id, type, title, content, metadata, next_try_at, created_at)
  SELECT id, user_id, user_role, booking_id, waitlist_entry_id, type, title, content, metadata, created_at, created_at
  FROM jsonb_populate_recordset(NULL::notifications, p)
  ON CONFLICT (id) DO NOTHING;
$$;
