-- Takes a person out of what is no booking's, once those that are over are erased (erase_bookings): {"erased": {table: rows}, "over": [ids of waitlist entries], "waiting": [ids of
-- those that still wait, which stay whole], "unread": messages from Kafka that name the person}. Repeated, it finds nothing more.
CREATE OR REPLACE FUNCTION erase_others(p_person text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  v_waiting uuid[];
  v_over uuid[];
  v_erased jsonb := '{}';
  v_rows int;
BEGIN
  SELECT coalesce(array_agg(id ORDER BY id) FILTER (WHERE is_open), '{}'), coalesce(array_agg(id ORDER BY id) FILTER (WHERE NOT is_open), '{}')
  INTO v_waiting, v_over FROM (
    SELECT id, status IN ('waiting', 'offered') AS is_open FROM waitlist_entries WHERE customer_id = p_person ORDER BY id FOR UPDATE) w;

  UPDATE waitlist_entries SET body = without_words(body, '{}'), fingerprint = 'erased' WHERE id = ANY (v_over) AND (fingerprint <> 'erased' OR body <> without_words(body, '{}'));
  GET DIAGNOSTICS v_rows = ROW_COUNT;
  v_erased := v_erased || jsonb_build_object('waitlist_entries', v_rows);

  DELETE FROM notifications WHERE waitlist_entry_id = ANY (v_over)
    OR user_id = p_person AND waitlist_entry_id IS NULL AND NOT EXISTS (SELECT FROM bookings b WHERE b.id = booking_id AND b.contact_erased_at IS NULL);
  GET DIAGNOSTICS v_rows = ROW_COUNT;
  v_erased := v_erased || jsonb_build_object('notifications', v_rows);

  DELETE FROM webhook_deliveries d USING webhook_endpoints e WHERE e.id = d.endpoint_id AND e.owner_id = p_person AND e.owner_role = 'customer';
  GET DIAGNOSTICS v_rows = ROW_COUNT;
  v_erased := v_erased || jsonb_build_object('webhook_deliveries', v_rows);
  DELETE FROM webhook_endpoints WHERE owner_id = p_person AND owner_role = 'customer';
  GET DIAGNOSTICS v_rows = ROW_COUNT;
  v_erased := v_erased || jsonb_build_object('webhook_endpoints', v_rows);

  DELETE FROM master_data WHERE kind = 'user' AND id = p_person AND NOT EXISTS (SELECT FROM bookings WHERE customer_id = p_person AND contact_erased_at IS NULL);
  GET DIAGNOSTICS v_rows = ROW_COUNT;
  v_erased := v_erased || jsonb_build_object('master_data', v_rows);

  RETURN jsonb_build_object('erased', v_erased, 'waiting', to_jsonb(v_waiting), 'over', to_jsonb(v_over),
    'unread', (SELECT count(*) FROM consumed_messages WHERE position(convert_to(p_person, 'UTF8') IN value) > 0));
END $$;
