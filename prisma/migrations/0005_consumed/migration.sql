-- What came from Kafka and is not done yet, and what others told us of the people, pets, clinics and services they look after (C-11).

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

-- CreateIndex
CREATE UNIQUE INDEX "consumed_messages_topic_partition_position_sent_at_key" ON "consumed_messages"("topic", "partition", "position", "sent_at");

-- CreateIndex
CREATE INDEX "consumed_messages_lane_position_idx" ON "consumed_messages"("lane", "position");

-- CreateIndex
CREATE INDEX "consumed_messages_next_try_at_idx" ON "consumed_messages"("next_try_at");

-- Takes what another system says of one of its own, unless something newer is known, and brings our copies up to date: what is sold from now on
-- (offerings) and whom to reach (bookings). Snapshots stay as they were (T-04, C-03). False when it was old news.
CREATE FUNCTION take_master_data(p_kind text, p_id text, p_data jsonb, p_updated_at timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO master_data AS m (kind, id, data, updated_at) VALUES (p_kind, p_id, p_data, p_updated_at)
  ON CONFLICT (kind, id) DO UPDATE SET data = excluded.data, updated_at = excluded.updated_at WHERE m.updated_at <= excluded.updated_at;
  IF NOT FOUND THEN RETURN false; END IF;
  CASE p_kind
    WHEN 'user' THEN
      UPDATE bookings SET customer_name = p_data ->> 'name', customer_email = p_data ->> 'email', customer_phone = p_data ->> 'phone'
      WHERE customer_id = p_id AND (customer_name, customer_email, customer_phone)
        IS DISTINCT FROM (p_data ->> 'name', p_data ->> 'email', p_data ->> 'phone');
    WHEN 'clinic' THEN
      UPDATE offerings SET venue_name = p_data ->> 'name', updated_at = now() WHERE venue_id = p_id AND profile = 'clinic';
    WHEN 'service' THEN
      UPDATE offerings SET name = p_data ->> 'name', price_amount = (p_data ->> 'price_amount')::bigint,
        duration_minutes = (p_data ->> 'duration_minutes')::int, is_available = (p_data ->> 'is_available')::boolean, updated_at = now()
      WHERE id = p_id AND profile = 'clinic';
    ELSE NULL;
  END CASE;
  RETURN true;
END $$;
