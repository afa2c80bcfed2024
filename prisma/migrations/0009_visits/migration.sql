-- What surrounds a visit and is no fact of its booking (ADR 0012): reviews, notifications, reminders, attachments.

-- CreateTable
CREATE TABLE "reviews" (
    "id" UUID NOT NULL,
    "booking_id" UUID NOT NULL,
    "user_id" TEXT NOT NULL,
    "clinic_id" TEXT,
    "service_id" TEXT NOT NULL,
    "rating" INTEGER NOT NULL,
    "comment" TEXT,
    "attachments" JSONB NOT NULL,
    "is_verified" BOOLEAN NOT NULL,
    "is_published" BOOLEAN NOT NULL,
    "ratings_breakdown" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "reviews_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "notifications" (
    "id" UUID NOT NULL,
    "user_id" TEXT NOT NULL,
    "user_role" TEXT NOT NULL,
    "booking_id" UUID NOT NULL,
    "type" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "content" TEXT NOT NULL,
    "metadata" JSONB NOT NULL,
    "is_read" BOOLEAN NOT NULL DEFAULT false,
    "read_at" TIMESTAMPTZ(3),
    "delivery_status" TEXT NOT NULL DEFAULT 'pending',
    "delivery_attempts" JSONB NOT NULL DEFAULT '[]',
    "next_try_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "notifications_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "booking_reminders" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "booking_id" UUID NOT NULL,
    "reminder_type" TEXT NOT NULL,
    "offset_minutes" INTEGER NOT NULL,
    "scheduled_time" TIMESTAMPTZ(3) NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'pending',
    "delivery_channels" JSONB NOT NULL DEFAULT '["email"]',
    "sent_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "booking_reminders_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "booking_attachments" (
    "id" UUID NOT NULL,
    "booking_id" UUID NOT NULL,
    "storage_key" TEXT NOT NULL,
    "file_name" TEXT NOT NULL,
    "file_type" TEXT NOT NULL,
    "file_size" INTEGER NOT NULL,
    "description" TEXT,
    "is_public" BOOLEAN NOT NULL,
    "uploaded_by_role" TEXT NOT NULL,
    "uploaded_by_id" TEXT NOT NULL,
    "uploaded_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "booking_attachments_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "reviews_booking_id_key" ON "reviews"("booking_id");

-- CreateIndex
CREATE INDEX "reviews_service_id_created_at_id_idx" ON "reviews"("service_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "notifications_user_id_created_at_id_idx" ON "notifications"("user_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "notifications_booking_id_idx" ON "notifications"("booking_id");

-- CreateIndex
CREATE INDEX "booking_reminders_booking_id_idx" ON "booking_reminders"("booking_id");

-- CreateIndex
CREATE UNIQUE INDEX "booking_attachments_storage_key_key" ON "booking_attachments"("storage_key");

-- CreateIndex
CREATE INDEX "booking_attachments_booking_id_idx" ON "booking_attachments"("booking_id");

-- AddForeignKey
ALTER TABLE "reviews" ADD CONSTRAINT "reviews_booking_id_fkey" FOREIGN KEY ("booking_id") REFERENCES "bookings"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "notifications" ADD CONSTRAINT "notifications_booking_id_fkey" FOREIGN KEY ("booking_id") REFERENCES "bookings"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "booking_reminders" ADD CONSTRAINT "booking_reminders_booking_id_fkey" FOREIGN KEY ("booking_id") REFERENCES "bookings"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "booking_attachments" ADD CONSTRAINT "booking_attachments_booking_id_fkey" FOREIGN KEY ("booking_id") REFERENCES "bookings"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE reviews ADD CONSTRAINT reviews_rating CHECK (rating BETWEEN 1 AND 5);
ALTER TABLE notifications
  ADD CONSTRAINT notifications_read CHECK (is_read = (read_at IS NOT NULL)),
  -- `skipped`: there is nobody to send it to by the channel in use; it is shown in the list all the same.
  ADD CONSTRAINT notifications_delivery CHECK (delivery_status IN ('pending', 'sent', 'failed', 'skipped'));
ALTER TABLE booking_reminders
  ADD CONSTRAINT booking_reminders_type CHECK (reminder_type IN ('upcoming', 'check_in', 'follow_up', 'review_request')),
  ADD CONSTRAINT booking_reminders_status CHECK (status IN ('pending', 'sent', 'failed', 'cancelled'));
ALTER TABLE booking_attachments ADD CONSTRAINT booking_attachments_size CHECK (file_size > 0);

CREATE INDEX notifications_due ON notifications (next_try_at) WHERE delivery_status = 'pending';
CREATE INDEX booking_reminders_due ON booking_reminders (scheduled_time) WHERE status = 'pending';
-- A reminder waits once at the most, whoever writes it.
CREATE UNIQUE INDEX booking_reminders_once ON booking_reminders (booking_id, reminder_type, offset_minutes) WHERE status = 'pending';

CREATE FUNCTION write_notifications(p jsonb) RETURNS void LANGUAGE sql AS $$
  INSERT INTO notifications (id, user_id, user_role, booking_id, type, title, content, metadata, next_try_at, created_at)
  SELECT id, user_id, user_role, booking_id, type, title, content, metadata, created_at, created_at
  FROM jsonb_populate_recordset(NULL::notifications, p)
  ON CONFLICT (id) DO NOTHING;
$$;

-- The notifications of a change, when it applied, and its outcome as it was: called around `record_change`, it is one statement with it.
CREATE FUNCTION record_notifications(p_outcome text, p_notifications jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  IF p_outcome = 'applied' THEN PERFORM write_notifications(p_notifications); END IF;
  RETURN p_outcome;
END $$;

-- Keeps a booking's reminders as its standing and its start ask for, by the terms it was made under (C-09, X-01). It runs within the transaction of
-- the change, whichever statement makes it. What would be due already is not written. A visit that was missed or will not be has none, and one that
-- has begun is not announced any more. A request for a review needs a life cycle that comes to an end well.
CREATE FUNCTION keep_reminders() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  -- The time of the change; never before our own, should a statement forget to say.
  v_now timestamptz(3) := greatest(NEW.updated_at, now());
BEGIN
  UPDATE booking_reminders r SET status = 'cancelled', updated_at = v_now
  WHERE r.booking_id = NEW.id AND r.status = 'pending' AND (
    NEW.starts_at IS NULL
    OR NEW.status NOT IN ('confirmed', 'checked_in', 'in_progress', 'completed')
    OR (NEW.status <> 'confirmed' AND r.offset_minutes < 0)
    OR (NEW.starts_at IS DISTINCT FROM OLD.starts_at AND NEW.starts_at + make_interval(mins => r.offset_minutes) <= v_now));
  IF NEW.starts_at IS DISTINCT FROM OLD.starts_at THEN
    UPDATE booking_reminders r SET scheduled_time = NEW.starts_at + make_interval(mins => r.offset_minutes), updated_at = v_now
    WHERE r.booking_id = NEW.id AND r.status = 'pending';
  END IF;
  IF NEW.status = 'confirmed' AND NEW.starts_at IS NOT NULL THEN
    INSERT INTO booking_reminders (booking_id, reminder_type, offset_minutes, scheduled_time, created_at, updated_at)
    SELECT NEW.id, p.type, p."offsetMinutes", t.due, v_now, v_now
    FROM (SELECT DISTINCT type, "offsetMinutes" FROM jsonb_to_recordset(NEW.terms #> '{policy,reminders}') AS r (type text, "offsetMinutes" int)) p
    CROSS JOIN LATERAL (SELECT (NEW.starts_at + make_interval(mins => p."offsetMinutes"))::timestamptz(3) AS due) t
    WHERE t.due > v_now
      AND (p.type <> 'review_request' OR jsonb_path_exists(NEW.terms -> 'lifecycle', '$.*.* ? (@ == "completed")'))
      AND NOT EXISTS (
        SELECT FROM booking_reminders r
        WHERE r.booking_id = NEW.id AND r.reminder_type = p.type AND r.offset_minutes = p."offsetMinutes"
          AND (r.status = 'pending' OR (r.status IN ('sent', 'failed') AND r.scheduled_time = t.due)));
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER bookings_keep_reminders AFTER UPDATE OF status, starts_at ON bookings FOR EACH ROW
  WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.starts_at IS DISTINCT FROM NEW.starts_at)
  EXECUTE FUNCTION keep_reminders();

-- Writes a review and its messages. The lock puts them in line with the booking's other writers, so that its messages stay in order; they carry the
-- version at which the booking was reviewed. Returns `submitted`, `not_completed`, or `exists` when there is one already (C-07).
CREATE FUNCTION submit_review(p_review jsonb, p_outbox jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v_booking bookings;
BEGIN
  SELECT * INTO v_booking FROM bookings WHERE id = (p_review ->> 'booking_id')::uuid FOR NO KEY UPDATE;
  IF v_booking.status IS DISTINCT FROM 'completed' THEN RETURN 'not_completed'; END IF;
  INSERT INTO reviews SELECT * FROM jsonb_populate_record(NULL::reviews, p_review) ON CONFLICT (booking_id) DO NOTHING;
  IF NOT FOUND THEN RETURN 'exists'; END IF;
  INSERT INTO outbox (event_id, booking_id, version, profile, fact_type, event_type, topic, payload)
  SELECT o.event_id, v_booking.id, v_booking.version, v_booking.profile, 'review_submitted', o.event_type, o.topic, o.payload
  FROM jsonb_populate_recordset(NULL::outbox, p_outbox) o;
  RETURN 'submitted';
END $$;

-- Notes an attachment whose file is stored already, up to so many per booking. Returns `added`, `exists` (the same id), or `full`.
CREATE FUNCTION add_attachment(p jsonb, p_limit int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v_booking uuid := (p ->> 'booking_id')::uuid;
BEGIN
  PERFORM FROM bookings WHERE id = v_booking FOR NO KEY UPDATE;
  IF EXISTS (SELECT FROM booking_attachments WHERE id = (p ->> 'id')::uuid) THEN RETURN 'exists'; END IF;
  IF (SELECT count(*) FROM booking_attachments WHERE booking_id = v_booking) >= p_limit THEN RETURN 'full'; END IF;
  INSERT INTO booking_attachments SELECT (jsonb_populate_record(NULL::booking_attachments, p)).*;
  RETURN 'added';
END $$;
