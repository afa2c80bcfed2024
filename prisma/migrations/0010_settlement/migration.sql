-- Who gets what of the money (C-06), and the clinic's two views with when they were last refreshed (C-13).

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

-- AddForeignKey
ALTER TABLE "financial_entries" ADD CONSTRAINT "financial_entries_booking_id_fkey" FOREIGN KEY ("booking_id") REFERENCES "bookings"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "financial_entries" ADD CONSTRAINT "financial_entries_ledger_key_fkey" FOREIGN KEY ("ledger_key") REFERENCES "ledger"("key") ON DELETE CASCADE ON UPDATE CASCADE;

ALTER TABLE financial_entries
  ADD CONSTRAINT financial_entries_parts CHECK (total_amount = platform_fee + clinic_amount + tax_amount),
  ADD CONSTRAINT financial_entries_signs CHECK (
    (type = 'payment' AND total_amount > 0 AND least(platform_fee, clinic_amount, tax_amount) >= 0)
    OR (type = 'refund' AND total_amount < 0 AND greatest(platform_fee, clinic_amount, tax_amount) <= 0)),
  ADD CONSTRAINT financial_entries_settlement CHECK (
    (status = 'pending' AND settlement_date IS NULL AND transaction_reference IS NULL AND settled_by IS NULL AND settlement_details IS NULL)
    OR (status = 'settled' AND settlement_date IS NOT NULL AND transaction_reference IS NOT NULL AND settled_by IS NOT NULL));

-- Writes the entries of a change that `record_change` has just applied, in its transaction: called around it, so that both are one statement. Of a
-- change that was made before, the entries were written with it.
CREATE FUNCTION record_financial_entries(p_result text, p_entries jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  IF p_result = 'applied' THEN
    INSERT INTO financial_entries (booking_id, payment_id, ledger_key, profile, clinic_id, provider_id, type, total_amount, platform_fee,
      clinic_amount, tax_amount, currency, created_at, updated_at)
    SELECT booking_id, payment_id, ledger_key, profile, clinic_id, provider_id, type, total_amount, platform_fee,
      clinic_amount, tax_amount, currency, created_at, created_at
    FROM jsonb_populate_recordset(NULL::financial_entries, p_entries);
  END IF;
  RETURN p_result;
END $$;

-- Money that moved before there were entries: no fee was agreed, so tax and the rest are all there is. What is left of a payment after each move is
-- taxed as a share of its booking's price, rounded half up, and an entry is the difference that its move made.
INSERT INTO financial_entries (booking_id, payment_id, ledger_key, profile, clinic_id, provider_id, type, total_amount, platform_fee,
  clinic_amount, tax_amount, currency, created_at, updated_at)
SELECT m.booking_id, m.payment_id, m.key, m.profile, coalesce(m.venue_id, m.provider_id), m.provider_id,
  CASE m.kind WHEN 'captured' THEN 'payment' ELSE 'refund' END, m.amount, 0, m.amount - t.tax, t.tax, m.currency, m.at, m.at
FROM (
  SELECT l.*, b.profile, b.venue_id, b.provider_id, (b.price ->> 'tax')::numeric AS price_tax, (b.price ->> 'total')::numeric AS price_total,
    sum(l.amount) OVER (PARTITION BY l.payment_id ORDER BY l.id) AS left_after
  FROM ledger l JOIN bookings b ON b.id = l.booking_id
) m
CROSS JOIN LATERAL (
  SELECT coalesce(floor((m.left_after * m.price_tax * 2 + m.price_total) / (2 * nullif(m.price_total, 0)))
    - floor(((m.left_after - m.amount) * m.price_tax * 2 + m.price_total) / (2 * nullif(m.price_total, 0))), 0)::bigint AS tax
) t;

-- Decimals of a currency's minor unit, as domain/currencies.ts has them (a test compares the two).
CREATE FUNCTION currency_exponent(p_currency text) RETURNS int LANGUAGE sql IMMUTABLE RETURN
  CASE
    WHEN p_currency IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN 0
    WHEN p_currency IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN 3
    ELSE 2
  END;

-- The clock on the wall of a zone. One that PostgreSQL does not know must not keep every other booking out of a view: there it is UTC.
CREATE FUNCTION wall_clock(p_at timestamptz, p_zone text) RETURNS timestamp LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN p_at AT TIME ZONE p_zone;
EXCEPTION WHEN invalid_parameter_value THEN
  RETURN p_at AT TIME ZONE 'UTC';
END $$;

-- These two are of the SQL standard's form, resolved as they are made: a refresh runs without our schema on its path, and so does a restored dump.
-- The clinic's bookings as its document (seed 001) knows them: a booking there begins with its confirmation, and an hour that was only held is a
-- reservation. Of several services the first one, as in its messages. Null: of every clinic.
CREATE FUNCTION clinic_bookings(p_provider text DEFAULT NULL) RETURNS TABLE (
  id uuid, reference_code text, user_id text, pet_id text, clinic_id text, provider_id text, service_id text, amount numeric, status text,
  slot_start timestamptz, slot_end timestamptz, time_zone text, created_at timestamptz
) LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT b.id, b.reference, b.customer_id, b.pet_id, b.venue_id, b.provider_id, i.offering_id,
    round(b.amount / power(10::numeric, currency_exponent(b.currency)), currency_exponent(b.currency)),
    CASE b.status WHEN 'in_progress' THEN 'in-progress' WHEN 'no_show' THEN 'no-show' ELSE b.status END,
    coalesce(i.starts_at, b.starts_at), coalesce(i.ends_at, b.ends_at), b.time_zone, b.created_at
  FROM bookings b JOIN booking_items i ON i.booking_id = b.id AND i.position = 1
  WHERE b.profile = 'clinic' AND (p_provider IS NULL OR b.provider_id = p_provider)
    AND EXISTS (SELECT FROM booking_history h WHERE h.booking_id = b.id AND h.status = 'confirmed');
END;

-- How each month's bookings ended, by their creation, months of UTC. Null: of every clinic.
CREATE FUNCTION completion_rates(p_provider text DEFAULT NULL) RETURNS TABLE (
  month timestamptz, total_bookings bigint, completed_bookings bigint, cancelled_bookings bigint, no_show_bookings bigint,
  completion_rate numeric, cancellation_rate numeric
) LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT date_trunc('month', b.created_at, 'UTC'), count(*), count(*) FILTER (WHERE b.status = 'completed'),
    count(*) FILTER (WHERE b.status = 'cancelled'), count(*) FILTER (WHERE b.status = 'no-show'),
    round(count(*) FILTER (WHERE b.status = 'completed')::numeric / count(*) * 100, 2),
    round(count(*) FILTER (WHERE b.status = 'cancelled')::numeric / count(*) * 100, 2)
  FROM clinic_bookings(p_provider) b
  GROUP BY 1;
END;

CREATE MATERIALIZED VIEW upcoming_bookings_view AS
SELECT b.id, b.reference_code, b.user_id, b.pet_id, b.clinic_id, b.service_id, o.name AS service_name, b.amount, b.status,
  wall_clock(b.slot_start, b.time_zone)::date AS slot_date,
  wall_clock(b.slot_start, b.time_zone)::time AS slot_start_time,
  wall_clock(b.slot_end, b.time_zone)::time AS slot_end_time
FROM clinic_bookings() b JOIN offerings o ON o.id = b.service_id
WHERE b.status = 'confirmed' AND b.slot_start > now()
ORDER BY slot_date, slot_start_time;

CREATE MATERIALIZED VIEW booking_completion_rates AS SELECT * FROM completion_rates();

-- What REFRESH … CONCURRENTLY goes by, which leaves readers alone.
CREATE UNIQUE INDEX upcoming_bookings_view_id ON upcoming_bookings_view (id);
CREATE UNIQUE INDEX booking_completion_rates_month ON booking_completion_rates (month);
INSERT INTO report_refreshes (name, refreshed_at) VALUES ('views', now());

-- Refreshes both views unless they are younger than that, or somebody is at it: then false. Readers are not kept waiting.
CREATE FUNCTION refresh_reports(p_younger_than interval) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtext('holdfast'), hashtext('refresh_reports')) THEN RETURN false; END IF;
  IF EXISTS (SELECT FROM report_refreshes WHERE name = 'views' AND refreshed_at > now() - p_younger_than) THEN RETURN false; END IF;
  REFRESH MATERIALIZED VIEW CONCURRENTLY upcoming_bookings_view;
  REFRESH MATERIALIZED VIEW CONCURRENTLY booking_completion_rates;
  UPDATE report_refreshes SET refreshed_at = now() WHERE name = 'views';
  RETURN true;
END $$;
