-- Takes what is known of a person, and what was said, out of the person's bookings that are over: up to p_limit bookings after p_after, in one transaction. Answers with
-- {"erased": {table: rows}, "over": [ids], "open": [ids], "last": the id to go on after, null: those were all}. Open is what is ahead or under way, and what
-- has money on its way, a fact that was not delivered, or a person to see to it: it stays whole. Repeated, it finds nothing more. Ids, amounts, times and states
-- stay: accounts and history are about them.
CREATE OR REPLACE FUNCTION erase_bookings(p_person text, p_after uuid, p_limit int) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  v_page uuid[];
  v_over uuid[];
  v_said text[];
  v_erased jsonb := '{}';
  v_rows int;
BEGIN
  -- Locked, so that nobody begins something with one of them meanwhile.
  SELECT coalesce(array_agg(id), '{}') INTO v_page FROM (
    SELECT id FROM bookings WHERE customer_id = p_person AND id > p_after ORDER BY id LIMIT p_limit FOR UPDATE) b;
  SELECT coalesce(array_agg(id ORDER BY id), '{}') INTO v_over FROM bookings b
  WHERE id = ANY (v_page)
    AND status NOT IN ('pending', 'awaiting_approval', 'checked_in', 'in_progress') AND NOT reviving AND (status <> 'confirmed' OR coalesce(ends_at, starts_at, now()) <= now())
    AND waiting_for IS NULL AND next_deadline IS NULL AND attention_reason IS NULL AND change IS NULL
    AND NOT EXISTS (SELECT FROM payments p WHERE p.booking_id = b.id AND p.status IN ('requested', 'processing', 'authorized'))
    AND NOT EXISTS (SELECT FROM refunds r WHERE r.booking_id = b.id AND r.status = 'pending')
    AND NOT EXISTS (SELECT FROM processed_events e WHERE e.booking_id = b.id AND e.delivered_at IS NULL)
    AND NOT EXISTS (SELECT FROM displacements d WHERE d.booking_id = b.id AND d.delivered_at IS NULL);

  -- What people said of these bookings: it stands also where it was copied to.
  SELECT coalesce(array_agg(DISTINCT word), '{}') INTO v_said
  FROM booking_history h CROSS JOIN LATERAL (SELECT h.data #>> path AS word FROM words_of_fact(h.fact_type) w (path) WHERE jsonb_typeof(h.data #> path) = 'string') w
  WHERE h.booking_id = ANY (v_over) AND h.actor_role <> 'system' AND word <> 'erased';

  -- The rest of the row is blanked by keep_erased.
  UPDATE bookings SET contact_erased_at = coalesce(contact_erased_at, now()),
    cancellation = without_words(cancellation, v_said), displacement = without_words(displacement, v_said)
  WHERE id = ANY (v_over) AND (contact_erased_at IS NULL OR cancellation <> without_words(cancellation, v_said) OR displacement <> without_words(displacement, v_said));
  GET DIAGNOSTICS v_rows = ROW_COUNT;
  v_erased := v_erased || jsonb_build_object('bookings', v_rows);

  PERFORM set_config('holdfast.erasing', p_person, true);
  UPDATE booking_history SET data = blank_words(fact_type, data, v_said), reason = CASE WHEN reason = ANY (v_said) THEN 'erased' ELSE reason END
  WHERE booking_id = ANY (v_over) AND data <> blank_words(fact_type, data, v_said);
  GET DIAGNOSTICS v_rows = ROW_COUNT;
  PERFORM set_config('holdfast.erasing', '', true);
  v_erased := v_erased || jsonb_build_object('booking_history', v_rows);

  UPDATE payments SET client_secret = NULL WHERE booking_id = ANY (v_over) AND client_secret IS NOT NULL;
  GET DIAGNOSTICS v_rows = ROW_COUNT;
  v_erased := v_erased || jsonb_build_object('payments', v_rows);

  UPDATE refunds SET reason = 'erased' WHERE booking_id = ANY (v_over) AND reason = ANY (v_said);
  GET DIAGNOSTICS v_rows = ROW_COUNT;
  v_erased := v_erased || jsonb_build_object('refunds', v_rows);

  UPDATE outbox SET payload = without_words(payload, v_said) WHERE booking_id = ANY (v_over) AND payload <> without_words(payload, v_said);
  GET DIAGNOSTICS v_rows = ROW_COUNT;
  v_erased := v_erased || jsonb_build_object('outbox', v_rows);

  UPDATE webhook_deliveries SET payload = without_words(payload, v_said), error = CASE WHEN status = 'pending' THEN error END
  WHERE booking_id = ANY (v_over) AND (payload <> without_words(payload, v_said) OR error IS NOT NULL AND status <> 'pending');
  GET DIAGNOSTICS v_rows = ROW_COUNT;
  v_erased := v_erased || jsonb_build_object('webhook_deliveries', v_rows);

  DELETE FROM notifications WHERE booking_id = ANY (v_over);
  GET DIAGNOSTICS v_rows = ROW_COUNT;
  v_erased := v_erased || jsonb_build_object('notifications', v_rows);

  -- Nobody can be reminded any more.
  UPDATE booking_reminders SET status = 'cancelled', updated_at = now() WHERE booking_id = ANY (v_over) AND status = 'pending';
  GET DIAGNOSTICS v_rows = ROW_COUNT;
  v_erased := v_erased || jsonb_build_object('booking_reminders', v_rows);

  UPDATE reviews SET comment = NULL, attachments = '[]' WHERE booking_id = ANY (v_over) AND (comment IS NOT NULL OR attachments <> '[]');
  GET DIAGNOSTICS v_rows = ROW_COUNT;
  v_erased := v_erased || jsonb_build_object('reviews', v_rows);

  DELETE FROM booking_attachments WHERE booking_id = ANY (v_over);
  GET DIAGNOSTICS v_rows = ROW_COUNT;
  v_erased := v_erased || jsonb_build_object('booking_attachments', v_rows);

  UPDATE displacements SET reason = 'erased', last_error = NULL WHERE booking_id = ANY (v_over) AND (reason <> 'erased' OR last_error IS NOT NULL);
  GET DIAGNOSTICS v_rows = ROW_COUNT;
  v_erased := v_erased || jsonb_build_object('displacements', v_rows);

  UPDATE processed_events SET payment_event = without_words(payment_event, v_said), last_error = NULL
  WHERE booking_id = ANY (v_over) AND (payment_event <> without_words(payment_event, v_said) OR last_error IS NOT NULL);
  GET DIAGNOSTICS v_rows = ROW_COUNT;
  v_erased := v_erased || jsonb_build_object('processed_events', v_rows);

  RETURN jsonb_build_object('erased', v_erased, 'over', to_jsonb(v_over), 'open', to_jsonb(ARRAY(SELECT unnest(v_page) EXCEPT SELECT unnest(v_over) ORDER BY 1)),
    'last', CASE WHEN cardinality(v_page) = p_limit THEN v_page[p_limit] END);
END $$;
