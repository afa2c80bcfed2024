-- The notifications of a change, when it applied, and its outcome as it was: called around `record_change`, it is one statement with it.
CREATE OR REPLACE FUNCTION record_notifications(p_outcome text, p_notifications jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  IF p_outcome = 'applied' THEN PERFORM write_notifications(p_notifications); END IF;
  RETURN p_outcome;
END $$;
