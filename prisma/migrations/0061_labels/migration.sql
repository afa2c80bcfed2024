-- What a unit was called when it was booked (N-87): written by hold_booking and record_revision.
ALTER TABLE "booking_items" ADD COLUMN "unit_label" TEXT;
UPDATE "booking_items" i SET "unit_label" = u.label FROM "units" u WHERE u.offering_id = i.offering_id AND u.id = i.unit_id;
