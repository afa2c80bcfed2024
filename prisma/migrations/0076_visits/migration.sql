-- What became of an item's visit, where another one of the booking was still ahead (N-80): attended or missed. Such an item has no unit any more, as one that was
-- cancelled by itself.
ALTER TABLE "booking_items" ADD COLUMN "outcome" TEXT CHECK (outcome IS NULL OR (outcome IN ('attended', 'missed') AND cancelled));
