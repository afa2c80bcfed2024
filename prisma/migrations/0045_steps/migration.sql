-- What clients that know a booking by a number, or by the times of its steps, ask for (F-01 to F-04).
ALTER TABLE "bookings" ADD COLUMN "number" BIGSERIAL NOT NULL;
ALTER TABLE "bookings" ADD COLUMN "steps" JSONB NOT NULL DEFAULT '{}';
CREATE UNIQUE INDEX "bookings_number_key" ON "bookings"("number");
