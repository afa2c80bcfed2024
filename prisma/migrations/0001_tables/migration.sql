-- The tables of schema.prisma, as Prisma writes them.

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
    "approve_by" TIMESTAMPTZ(3),
    "approved" BOOLEAN NOT NULL DEFAULT false,
    "reviving" BOOLEAN NOT NULL DEFAULT false,
    "cancellation" JSONB,
    "ticket_reference" TEXT,
    "meeting_url" TEXT,
    "attention_reason" TEXT,
    "attention_since" TIMESTAMPTZ(3),
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
    "deed" TEXT NOT NULL,
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

    CONSTRAINT "outbox_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "processed_events" (
    "event_id" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "booking_id" UUID,
    "notice" JSONB NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_try_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "delivered_at" TIMESTAMPTZ(3),
    "outcome" TEXT,
    "last_error" TEXT,

    CONSTRAINT "processed_events_pkey" PRIMARY KEY ("event_id")
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

