-- Signed webhooks to API clients (W-01 to W-05).

CREATE TABLE "webhook_endpoints" (
    "id" UUID NOT NULL,
    "owner_id" TEXT NOT NULL,
    "owner_role" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "description" TEXT,
    "events" TEXT[],
    "secret" TEXT NOT NULL,
    "previous_secret" TEXT,
    "previous_until" TIMESTAMPTZ(3),
    "status" TEXT NOT NULL DEFAULT 'enabled',
    "disabled_reason" TEXT,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "failing_since" TIMESTAMPTZ(3),
    "paused_until" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "webhook_endpoints_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "webhook_endpoints_owner_id_owner_role_idx" ON "webhook_endpoints"("owner_id", "owner_role");
ALTER TABLE webhook_endpoints
  ADD CONSTRAINT webhook_endpoints_status CHECK (status IN ('enabled', 'disabled') AND (status = 'disabled') = (disabled_reason IS NOT NULL)),
  ADD CONSTRAINT webhook_endpoints_previous CHECK ((previous_secret IS NULL) = (previous_until IS NULL));

-- No foreign key to the endpoint: bookings write here, and must not wait for somebody who deletes an endpoint with a long queue.
CREATE TABLE "webhook_deliveries" (
    "id" BIGSERIAL NOT NULL,
    "endpoint_id" UUID NOT NULL,
    "booking_id" UUID,
    "version" INTEGER,
    "event_id" UUID NOT NULL,
    "payload" JSONB NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'pending',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_try_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "answer" INTEGER,
    "error" TEXT,
    "replay_of" BIGINT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "settled_at" TIMESTAMPTZ(3),

    CONSTRAINT "webhook_deliveries_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "webhook_deliveries_endpoint_id_id_idx" ON "webhook_deliveries"("endpoint_id", "id");
ALTER TABLE webhook_deliveries
  ADD CONSTRAINT webhook_deliveries_status CHECK (status IN ('pending', 'delivered', 'failed') AND (status = 'pending') = (settled_at IS NULL));
-- What is due, and what stands before it in its booking's line.
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, next_try_at, id) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_line ON webhook_deliveries (endpoint_id, booking_id, id) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_settled ON webhook_deliveries (settled_at) WHERE status <> 'pending';
