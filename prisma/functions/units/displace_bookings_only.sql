-- An offer of the waitlist holds units under the id of a booking that is not there yet: nobody is displaced by a block over it. It cannot be
-- accepted any more, and ends with its deadline.
CREATE OR REPLACE FUNCTION displace_bookings_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.booking_id IS NOT NULL AND is_offer(NEW.booking_id) THEN RETURN NULL; END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER displacements_of_bookings BEFORE INSERT ON displacements FOR EACH ROW EXECUTE FUNCTION displace_bookings_only();
