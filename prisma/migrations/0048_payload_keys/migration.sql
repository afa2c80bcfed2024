-- Which key has encrypted until when: whoever starts without one that is still needed is told so (N-77).
CREATE TABLE "payload_keys" (
  "id" TEXT NOT NULL,
  "fingerprint" TEXT NOT NULL,
  "last_used_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "payload_keys_pkey" PRIMARY KEY ("id")
);
