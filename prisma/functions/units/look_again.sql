-- How long after a unit was blocked it is looked at once more: a hold that found it free a moment before has been written, or never will be.
CREATE OR REPLACE FUNCTION look_again(p_offering text, p_unit text, p_why jsonb) RETURNS void LANGUAGE sql AS $$
  INSERT INTO displacements (offering_id, unit_id, action, reason, actor_role, actor_id, next_try_at)
  VALUES (p_offering, p_unit, 'look_again', p_why ->> 'reason', p_why ->> 'role', p_why ->> 'id', now() + interval '15 seconds')
$$;
