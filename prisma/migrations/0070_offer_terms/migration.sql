-- An offer of the waitlist keeps its price and terms until its deadline (N-86): {price, terms}, once it is priced. `offer_tried_at`: when it was last asked for.
ALTER TABLE "waitlist_entries" ADD COLUMN "offer" JSONB, ADD COLUMN "offer_tried_at" TIMESTAMPTZ(3);
CREATE INDEX waitlist_entries_unpriced ON waitlist_entries (offer_expires_at) WHERE status = 'offered' AND offer IS NULL;
