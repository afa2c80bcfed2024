-- The tables, indexes and foreign keys of schema.prisma, as Prisma writes them.

-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateTable
CREATE TABLE "offerings" (
    "id" TEXT NOT NULL,
    "profile" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "provider_id" TEXT,
    "provider_name" TEXT,
    "venue_id" TEXT,
    "venue_type" TEXT,
    "venue_name" TEXT,
    "price_amount" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "price_unit" TEXT NOT NULL,
    "duration_minutes" INTEGER,
    "requires_approval" BOOLEAN NOT NULL DEFAULT false,
    "is_available" BOOLEAN NOT NULL DEFAULT true,
    "on_sale_from" TIMESTAMPTZ(3),
    "on_sale_until" TIMESTAMPTZ(3),
    "time_zone" TEXT NOT NULL DEFAULT 'UTC',
    "availability_exceptions" JSONB NOT NULL DEFAULT '[]',
    "capacity" INTEGER,
    "policy" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "offerings_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "units" (
    "offering_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "mechanism" TEXT NOT NULL,
    "resource" TEXT NOT NULL,
    "label" TEXT,
    "section" TEXT,
    "row" TEXT,
    "starts_at" TIMESTAMPTZ(3),
    "ends_at" TIMESTAMPTZ(3),
    "staff_id" TEXT,
    "capacity" INTEGER,
    "claimed" INTEGER NOT NULL DEFAULT 0,
    "overbooked" INTEGER NOT NULL DEFAULT 0,
    "min_party" INTEGER,
    "max_party" INTEGER,
    "price_amount" BIGINT,
    "blocked" BOOLEAN NOT NULL DEFAULT false,
    "blocked_reason" TEXT,

    CONSTRAINT "units_pkey" PRIMARY KEY ("offering_id","id")
);

-- CreateTable
CREATE TABLE "claims" (
    "id" BIGSERIAL NOT NULL,
    "lock_id" UUID NOT NULL,
    "item_id" TEXT NOT NULL,
    "offering_id" TEXT NOT NULL,
    "unit_id" TEXT NOT NULL,
    "resource" TEXT NOT NULL,
    "mechanism" TEXT NOT NULL,
    "quantity" INTEGER NOT NULL,
    "during" tstzrange,
    "state" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "lapses_at" TIMESTAMPTZ(3) NOT NULL,
    "paying" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "released_at" TIMESTAMPTZ(3),
    "release_reason" TEXT,

    CONSTRAINT "claims_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "bookings" (
    "id" UUID NOT NULL,
    "reference" TEXT NOT NULL,
    "profile" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "caller_id" TEXT NOT NULL,
    "customer_id" TEXT NOT NULL,
    "customer_name" TEXT,
    "customer_email" TEXT,
    "customer_phone" TEXT,
    "provider_id" TEXT,
    "provider_name" TEXT,
    "venue_id" TEXT,
    "venue_type" TEXT,
    "venue_name" TEXT,
    "starts_at" TIMESTAMPTZ(3),
    "ends_at" TIMESTAMPTZ(3),
    "time_zone" TEXT NOT NULL,
    "party_size" INTEGER,
    "subject" TEXT,
    "pet_id" TEXT,
    "notes" TEXT,
    "metadata" JSONB NOT NULL,
    "payment_method" TEXT,
    "currency" TEXT NOT NULL,
    "amount" BIGINT NOT NULL,
    "price" JSONB NOT NULL,
    "terms" JSONB NOT NULL,
    "snapshots" JSONB NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "hold_expires_at" TIMESTAMPTZ(3) NOT NULL,
    "hold_lapses_at" TIMESTAMPTZ(3) NOT NULL,
    "hold_first_expires_at" TIMESTAMPTZ(3) NOT NULL,
    "hold_extensions" INTEGER NOT NULL,
    "hold_asked" INTEGER NOT NULL DEFAULT 0,
    "reserved" BOOLEAN NOT NULL DEFAULT false,
    "approve_by" TIMESTAMPTZ(3),
    "approved" BOOLEAN NOT NULL DEFAULT false,
    "reviving" BOOLEAN NOT NULL DEFAULT false,
    "cancellation" JSONB,
    "displacement" JSONB,
    "ticket_reference" TEXT,
    "meeting_url" TEXT,
    "attention_reason" TEXT,
    "attention_since" TIMESTAMPTZ(3),
    "change" JSONB,
    "last_change" TEXT,
    "revision" INTEGER,
    "waiting_for" TEXT,
    "next_deadline" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "bookings_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "booking_items" (
    "booking_id" UUID NOT NULL,
    "id" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "offering_id" TEXT NOT NULL,
    "unit_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "quantity" INTEGER NOT NULL,
    "starts_at" TIMESTAMPTZ(3),
    "ends_at" TIMESTAMPTZ(3),
    "unit_price" BIGINT NOT NULL,
    "amount" BIGINT NOT NULL,
    "cancelled" BOOLEAN,

    CONSTRAINT "booking_items_pkey" PRIMARY KEY ("booking_id","id")
);

-- CreateTable
CREATE TABLE "payments" (
    "id" UUID NOT NULL,
    "booking_id" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "intent_id" TEXT NOT NULL,
    "client_secret" TEXT,
    "status" TEXT NOT NULL,
    "method" TEXT,
    "amount" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "captured" BIGINT NOT NULL DEFAULT 0,
    "refund_reserved" BIGINT NOT NULL DEFAULT 0,
    "paid_at" TIMESTAMPTZ(3),
    "failure_code" TEXT,
    "as_of" TIMESTAMPTZ(3) NOT NULL,
    "change" TEXT,
    "superseded" BOOLEAN,

    CONSTRAINT "payments_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "refunds" (
    "key" TEXT NOT NULL,
    "booking_id" UUID NOT NULL,
    "payment_id" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "amount" BIGINT NOT NULL,
    "reason" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "requested_at" TIMESTAMPTZ(3) NOT NULL,
    "settled_at" TIMESTAMPTZ(3),

    CONSTRAINT "refunds_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "ledger" (
    "id" BIGSERIAL NOT NULL,
    "booking_id" UUID NOT NULL,
    "payment_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "amount" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "ledger_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "booking_history" (
    "booking_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "fact_type" TEXT NOT NULL,
    "operation" TEXT NOT NULL,
    "previous_status" TEXT,
    "status" TEXT NOT NULL,
    "actor_role" TEXT NOT NULL,
    "actor_id" TEXT NOT NULL,
    "reason" TEXT,
    "data" JSONB NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "booking_history_pkey" PRIMARY KEY ("booking_id","version")
);

-- CreateTable
CREATE TABLE "outbox" (
    "id" BIGSERIAL NOT NULL,
    "event_id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "booking_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "profile" TEXT NOT NULL,
    "fact_type" TEXT NOT NULL,
    "event_type" TEXT NOT NULL,
    "topic" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "published_at" TIMESTAMPTZ(3),
    "refusal" TEXT,

    CONSTRAINT "outbox_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "outbox_pruning" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "pruned_until" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "outbox_pruning_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "processed_events" (
    "event_id" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "booking_id" UUID,
    "payment_event" JSONB NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_try_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "delivered_at" TIMESTAMPTZ(3),
    "outcome" TEXT,
    "last_error" TEXT,

    CONSTRAINT "processed_events_pkey" PRIMARY KEY ("event_id")
);

-- CreateTable
CREATE TABLE "consumed_messages" (
    "id" BIGSERIAL NOT NULL,
    "topic" TEXT NOT NULL,
    "partition" INTEGER NOT NULL,
    "position" BIGINT NOT NULL,
    "sent_at" TIMESTAMPTZ(3) NOT NULL,
    "lane" TEXT NOT NULL,
    "key" BYTEA,
    "value" BYTEA,
    "headers" BYTEA NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_try_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_error" TEXT,

    CONSTRAINT "consumed_messages_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "master_data" (
    "kind" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "data" JSONB NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "master_data_pkey" PRIMARY KEY ("kind","id")
);

-- CreateTable
CREATE TABLE "waitlist_entries" (
    "id" UUID NOT NULL,
    "position" BIGSERIAL NOT NULL,
    "profile" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'waiting',
    "caller_id" TEXT NOT NULL,
    "customer_id" TEXT NOT NULL,
    "provider_id" TEXT,
    "offering_ids" TEXT[],
    "body" JSONB NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "wanted" TEXT NOT NULL,
    "claims" JSONB NOT NULL,
    "booking_id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "offer_seconds" INTEGER NOT NULL,
    "offer_expires_at" TIMESTAMPTZ(3),
    "units" JSONB,
    "closes_at" TIMESTAMPTZ(3),
    "history" JSONB NOT NULL DEFAULT '[]',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "told_at" TIMESTAMPTZ(3),

    CONSTRAINT "waitlist_entries_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "waitlist_wishes" (
    "entry_id" UUID NOT NULL,
    "item_id" TEXT NOT NULL,
    "position" BIGINT NOT NULL,
    "offering_id" TEXT NOT NULL,
    "unit_id" TEXT,
    "place" TEXT NOT NULL,
    "resource" TEXT,
    "mechanism" TEXT NOT NULL,
    "quantity" INTEGER NOT NULL,
    "starts_at" TIMESTAMPTZ(3),
    "during" tstzrange,
    "party_size" INTEGER,

    CONSTRAINT "waitlist_wishes_pkey" PRIMARY KEY ("entry_id","item_id")
);

-- CreateTable
CREATE TABLE "idempotency_keys" (
    "caller" TEXT NOT NULL,
    "route" TEXT NOT NULL,
    "target" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "status" INTEGER,
    "answer" JSON,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "answered_at" TIMESTAMPTZ(3),

    CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY ("caller","route","target","key")
);

-- CreateTable
CREATE TABLE "financial_entries" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "booking_id" UUID NOT NULL,
    "payment_id" UUID NOT NULL,
    "ledger_key" TEXT NOT NULL,
    "profile" TEXT NOT NULL,
    "clinic_id" TEXT,
    "provider_id" TEXT,
    "type" TEXT NOT NULL,
    "total_amount" BIGINT NOT NULL,
    "platform_fee" BIGINT NOT NULL,
    "clinic_amount" BIGINT NOT NULL,
    "tax_amount" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'pending',
    "settlement_date" TIMESTAMPTZ(3),
    "settlement_details" JSONB,
    "transaction_reference" TEXT,
    "settled_by" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "financial_entries_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "report_refreshes" (
    "name" TEXT NOT NULL,
    "refreshed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "report_refreshes_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "displacements" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "booking_id" UUID,
    "offering_id" TEXT NOT NULL,
    "unit_id" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "actor_role" TEXT NOT NULL,
    "actor_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_try_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "delivered_at" TIMESTAMPTZ(3),
    "outcome" TEXT,
    "last_error" TEXT,

    CONSTRAINT "displacements_pkey" PRIMARY KEY ("id")
);

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
    "booking_id" UUID,
    "waitlist_entry_id" UUID,
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
CREATE TABLE "reconciliation_discrepancies" (
    "reconciliation_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "detail" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "reconciliation_discrepancies_pkey" PRIMARY KEY ("reconciliation_id","kind","subject")
);

-- CreateTable
CREATE TABLE "sql_definitions" (
    "kind" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "checksum" TEXT NOT NULL,
    "applied_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "sql_definitions_pkey" PRIMARY KEY ("kind","name")
);

-- CreateIndex
CREATE INDEX "offerings_provider_id_idx" ON "offerings"("provider_id");

-- CreateIndex
CREATE INDEX "offerings_venue_id_idx" ON "offerings"("venue_id");

-- CreateIndex
CREATE INDEX "units_resource_idx" ON "units"("resource");

-- CreateIndex
CREATE INDEX "units_offering_id_starts_at_idx" ON "units"("offering_id", "starts_at");

-- CreateIndex
CREATE INDEX "claims_lock_id_idx" ON "claims"("lock_id");

-- CreateIndex
CREATE UNIQUE INDEX "bookings_reference_key" ON "bookings"("reference");

-- CreateIndex
CREATE INDEX "bookings_created_at_id_idx" ON "bookings"("created_at", "id");

-- CreateIndex
CREATE INDEX "bookings_customer_id_created_at_id_idx" ON "bookings"("customer_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "bookings_provider_id_created_at_id_idx" ON "bookings"("provider_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "bookings_venue_id_created_at_id_idx" ON "bookings"("venue_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "booking_items_offering_id_idx" ON "booking_items"("offering_id");

-- CreateIndex
CREATE UNIQUE INDEX "payments_intent_id_key" ON "payments"("intent_id");

-- CreateIndex
CREATE INDEX "payments_booking_id_idx" ON "payments"("booking_id");

-- CreateIndex
CREATE INDEX "refunds_booking_id_idx" ON "refunds"("booking_id");

-- CreateIndex
CREATE UNIQUE INDEX "ledger_key_key" ON "ledger"("key");

-- CreateIndex
CREATE INDEX "ledger_booking_id_idx" ON "ledger"("booking_id");

-- CreateIndex
CREATE UNIQUE INDEX "outbox_event_id_key" ON "outbox"("event_id");

-- CreateIndex
CREATE UNIQUE INDEX "outbox_booking_id_version_event_type_key" ON "outbox"("booking_id", "version", "event_type");

-- CreateIndex
CREATE INDEX "consumed_messages_lane_position_idx" ON "consumed_messages"("lane", "position");

-- CreateIndex
CREATE INDEX "consumed_messages_next_try_at_idx" ON "consumed_messages"("next_try_at");

-- CreateIndex
CREATE UNIQUE INDEX "consumed_messages_topic_partition_position_sent_at_key" ON "consumed_messages"("topic", "partition", "position", "sent_at");

-- CreateIndex
CREATE UNIQUE INDEX "waitlist_entries_position_key" ON "waitlist_entries"("position");

-- CreateIndex
CREATE UNIQUE INDEX "waitlist_entries_booking_id_key" ON "waitlist_entries"("booking_id");

-- CreateIndex
CREATE INDEX "waitlist_entries_created_at_id_idx" ON "waitlist_entries"("created_at", "id");

-- CreateIndex
CREATE INDEX "waitlist_entries_customer_id_created_at_id_idx" ON "waitlist_entries"("customer_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "waitlist_wishes_place_position_idx" ON "waitlist_wishes"("place", "position");

-- CreateIndex
CREATE UNIQUE INDEX "financial_entries_ledger_key_key" ON "financial_entries"("ledger_key");

-- CreateIndex
CREATE INDEX "financial_entries_booking_id_idx" ON "financial_entries"("booking_id");

-- CreateIndex
CREATE INDEX "financial_entries_created_at_id_idx" ON "financial_entries"("created_at", "id");

-- CreateIndex
CREATE INDEX "financial_entries_clinic_id_created_at_id_idx" ON "financial_entries"("clinic_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "financial_entries_provider_id_created_at_id_idx" ON "financial_entries"("provider_id", "created_at", "id");

-- CreateIndex
CREATE INDEX "displacements_offering_id_unit_id_idx" ON "displacements"("offering_id", "unit_id");

-- CreateIndex
CREATE INDEX "displacements_booking_id_idx" ON "displacements"("booking_id");

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

-- CreateIndex
CREATE INDEX "reconciliations_started_at_idx" ON "reconciliations"("started_at");

-- AddForeignKey
ALTER TABLE "units" ADD CONSTRAINT "units_offering_id_fkey" FOREIGN KEY ("offering_id") REFERENCES "offerings"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "booking_items" ADD CONSTRAINT "booking_items_booking_id_fkey" FOREIGN KEY ("booking_id") REFERENCES "bookings"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "payments" ADD CONSTRAINT "payments_booking_id_fkey" FOREIGN KEY ("booking_id") REFERENCES "bookings"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "refunds" ADD CONSTRAINT "refunds_booking_id_fkey" FOREIGN KEY ("booking_id") REFERENCES "bookings"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "booking_history" ADD CONSTRAINT "booking_history_booking_id_fkey" FOREIGN KEY ("booking_id") REFERENCES "bookings"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "waitlist_wishes" ADD CONSTRAINT "waitlist_wishes_entry_id_fkey" FOREIGN KEY ("entry_id") REFERENCES "waitlist_entries"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "financial_entries" ADD CONSTRAINT "financial_entries_booking_id_fkey" FOREIGN KEY ("booking_id") REFERENCES "bookings"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "financial_entries" ADD CONSTRAINT "financial_entries_ledger_key_fkey" FOREIGN KEY ("ledger_key") REFERENCES "ledger"("key") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reviews" ADD CONSTRAINT "reviews_booking_id_fkey" FOREIGN KEY ("booking_id") REFERENCES "bookings"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "notifications" ADD CONSTRAINT "notifications_booking_id_fkey" FOREIGN KEY ("booking_id") REFERENCES "bookings"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "notifications" ADD CONSTRAINT "notifications_waitlist_entry_id_fkey" FOREIGN KEY ("waitlist_entry_id") REFERENCES "waitlist_entries"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "booking_reminders" ADD CONSTRAINT "booking_reminders_booking_id_fkey" FOREIGN KEY ("booking_id") REFERENCES "bookings"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "booking_attachments" ADD CONSTRAINT "booking_attachments_booking_id_fkey" FOREIGN KEY ("booking_id") REFERENCES "bookings"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reconciliation_discrepancies" ADD CONSTRAINT "reconciliation_discrepancies_reconciliation_id_fkey" FOREIGN KEY ("reconciliation_id") REFERENCES "reconciliations"("id") ON DELETE CASCADE ON UPDATE CASCADE;
