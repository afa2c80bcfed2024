-- Queues a delivery for each endpoint that may receive a booking's event and asked for it (W-01), in the transaction that writes the event: a
-- customer's endpoint gets the events of their bookings, a provider's those of its offerings, an operator's and a service's all.
CREATE OR REPLACE FUNCTION queue_webhooks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO webhook_deliveries (endpoint_id, booking_id, version, event_id, payload)
  SELECT e.id, t.booking_id, t.version, t.event_id, t.payload
  FROM told t
  JOIN bookings b ON b.id = t.booking_id
  JOIN webhook_endpoints e ON e.status = 'enabled'
    AND (cardinality(e.events) = 0 OR t.payload ->> 'change' = ANY (e.events))
    AND CASE e.owner_role WHEN 'customer' THEN e.owner_id = b.customer_id WHEN 'provider' THEN e.owner_id = b.provider_id ELSE true END
  WHERE t.event_type = 'booking.changed'
  ORDER BY t.id;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER queue_webhooks AFTER INSERT ON outbox REFERENCING NEW TABLE AS told
  FOR EACH STATEMENT EXECUTE FUNCTION queue_webhooks();
