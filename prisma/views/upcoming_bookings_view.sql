-- The clinic's bookings that are still to come, by the clock of each one's zone (C-13).
CREATE MATERIALIZED VIEW upcoming_bookings_view AS
SELECT b.id, b.reference_code, b.user_id, b.pet_id, b.clinic_id, b.service_id, o.name AS service_name, b.amount, b.status,
  wall_clock(b.slot_start, b.time_zone)::date AS slot_date,
  wall_clock(b.slot_start, b.time_zone)::time AS slot_start_time,
  wall_clock(b.slot_end, b.time_zone)::time AS slot_end_time
FROM clinic_bookings() b JOIN offerings o ON o.id = b.service_id
WHERE b.status = 'confirmed' AND b.slot_start > now()
ORDER BY slot_date, slot_start_time;

-- REFRESH … CONCURRENTLY, which lets readers go on, needs a unique index.
CREATE UNIQUE INDEX upcoming_bookings_view_id ON upcoming_bookings_view (id);
