-- How each month's bookings of all clinics ended (C-13), and by which zone's clock that month is (N-88).
CREATE MATERIALIZED VIEW booking_completion_rates AS SELECT * FROM completion_by_month();

-- REFRESH … CONCURRENTLY, which lets readers go on, needs a unique index.
CREATE UNIQUE INDEX booking_completion_rates_month ON booking_completion_rates (month, time_zone);
