-- What `record_change` does not know of: the hold's terms, what a confirmed reservation adds, the displacement, and corrected contact data (`contact`
-- names the row of `withheld` that has it; what was erased stays erased). In the same statement and only
-- when the change was applied; p_extras NULL: none of it changed. Raises HF002 when the claims that were to be kept longer are somebody else's.
CREATE OR REPLACE FUNCTION record_extras(p_booking uuid, p_extras jsonb, p_result text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  IF p_extras IS NULL OR p_extras = 'null' OR p_result <> 'applied' THEN RETURN p_result; END IF;
  UPDATE bookings b SET
    reserved = s.reserved, hold_asked = s.hold_asked, hold_first_expires_at = s.hold_first_expires_at,
    payment_method = s.payment_method, notes = s.notes, displacement = s.displacement, disputes = s.disputes
  FROM bookings old, jsonb_populate_record(old, p_extras -> 'columns') s
  WHERE b.id = p_booking AND old.id = b.id;
  IF p_extras ->> 'contact' IS NOT NULL THEN
    WITH given AS (DELETE FROM withheld WHERE withheld.id = p_extras ->> 'contact' RETURNING data)
    UPDATE bookings b SET
      customer_name = CASE WHEN data ? 'name' THEN data ->> 'name' ELSE b.customer_name END,
      customer_email = CASE WHEN data ? 'email' THEN data ->> 'email' ELSE b.customer_email END,
      customer_phone = CASE WHEN data ? 'phone' THEN data ->> 'phone' ELSE b.customer_phone END
    FROM given WHERE b.id = p_booking AND b.contact_erased_at IS NULL;
  END IF;
  IF (p_extras ->> 'keeps_units')::boolean AND EXISTS (
    SELECT FROM claims c WHERE c.lock_id = p_booking AND c.state = 'released' AND c.release_reason = 'taken_over'
      AND NOT EXISTS (SELECT FROM claims l WHERE l.lock_id = p_booking AND l.item_id = c.item_id AND l.state <> 'released')) THEN
    RAISE EXCEPTION 'units lost' USING ERRCODE = 'HF002';
  END IF;
  RETURN p_result;
END $$;
