-- How each month's bookings ended, by their creation, months of UTC. Null: of every clinic.
-- The form of the body is as in clinic_bookings.
CREATE OR REPLACE FUNCTION completion_rates(p_provider text DEFAULT NULL) RETURNS TABLE (
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
