-- name: insert_ticket
INSERT INTO tickets (id, order_id, store_id, short_number, status, lines, rule_version, offered_at, accept_by)
VALUES ($1, $2, $3, $4, 'offered', $5::jsonb, $6, $7, $8)

-- name: find_ticket_home
SELECT order_id, store_id FROM tickets WHERE id = $1

-- name: find_ticket_of_order
SELECT id, status FROM tickets WHERE order_id = $1

-- name: find_ticket
SELECT id, order_id, store_id, short_number, status, lines, offered_at, accept_by, is_window_extended, reminders_sent,
       prep_minutes, ready_by, extended_minutes, accepted_at, preparing_at, ready_at, rider_arrived_at,
       CASE WHEN ended_at IS NULL THEN rider END AS rider, ended_at, end_reason,
       CASE WHEN status = 'accepted' THEN cancellation_answer_by END AS cancellation_answer_by,
       CASE WHEN items_disputed_seq > items_answered_seq THEN items_disputed ELSE '[]' END AS items_disputed
FROM tickets WHERE id = $1

-- name: lock_ticket
-- A question to cancel is open only while nothing was cooked: the ticket itself says when it was answered.
SELECT id, order_id, store_id, short_number, status, lines, offered_at, accept_by, is_window_extended, reminders_sent,
       prep_minutes, ready_by, extended_minutes, accepted_at, preparing_at, ready_at, rider_arrived_at,
       CASE WHEN ended_at IS NULL THEN rider END AS rider, ended_at, end_reason,
       CASE WHEN status = 'accepted' THEN cancellation_answer_by END AS cancellation_answer_by,
       CASE WHEN items_disputed_seq > items_answered_seq THEN items_disputed ELSE '[]' END AS items_disputed
FROM tickets WHERE id = $1 FOR UPDATE

-- name: list_open_tickets
SELECT id, order_id, store_id, short_number, status, lines, offered_at, accept_by, is_window_extended, reminders_sent,
       prep_minutes, ready_by, extended_minutes, accepted_at, preparing_at, ready_at, rider_arrived_at,
       CASE WHEN ended_at IS NULL THEN rider END AS rider, ended_at, end_reason,
       CASE WHEN status = 'accepted' THEN cancellation_answer_by END AS cancellation_answer_by,
       CASE WHEN items_disputed_seq > items_answered_seq THEN items_disputed ELSE '[]' END AS items_disputed
FROM tickets WHERE store_id = $1 AND ended_at IS NULL AND id > $2 ORDER BY id LIMIT $3

-- name: list_tickets
SELECT id, order_id, store_id, short_number, status, lines, offered_at, accept_by, is_window_extended, reminders_sent,
       prep_minutes, ready_by, extended_minutes, accepted_at, preparing_at, ready_at, rider_arrived_at,
       CASE WHEN ended_at IS NULL THEN rider END AS rider, ended_at, end_reason,
       CASE WHEN status = 'accepted' THEN cancellation_answer_by END AS cancellation_answer_by,
       CASE WHEN items_disputed_seq > items_answered_seq THEN items_disputed ELSE '[]' END AS items_disputed
FROM tickets WHERE store_id = $1 AND ($2::text IS NULL OR id < $2) ORDER BY id DESC LIMIT $3

-- name: move_ticket
-- Compare and set: no row means that somebody else moved it first.
UPDATE tickets
SET status = $3,
    accepted_at = CASE $3 WHEN 'accepted' THEN $4 ELSE accepted_at END,
    preparing_at = CASE $3 WHEN 'preparing' THEN $4 ELSE preparing_at END,
    ready_at = CASE $3 WHEN 'ready' THEN $4 ELSE ready_at END,
    ended_at = CASE WHEN $5 THEN $4 ELSE ended_at END,
    end_reason = $6,
    prep_minutes = coalesce($7, prep_minutes),
    ready_by = coalesce($8, ready_by)
WHERE id = $1 AND status = $2
RETURNING id

-- name: set_reminders_sent
UPDATE tickets SET reminders_sent = greatest(reminders_sent, $2) WHERE id = $1

-- name: set_ready_by
UPDATE tickets SET ready_by = $2, extended_minutes = $3 WHERE id = $1

-- name: extend_window
UPDATE tickets SET accept_by = $2, is_window_extended = true WHERE id = $1

-- name: set_cancellation_asked
UPDATE tickets SET cancellation_answer_by = $2 WHERE order_id = $1

-- name: set_rider
-- Another rider is not at the counter yet.
UPDATE tickets SET rider = $2::jsonb, rider_arrived_at = NULL WHERE order_id = $1

-- name: set_rider_arrived
UPDATE tickets SET rider_arrived_at = $2 WHERE order_id = $1

-- name: set_items_disputed
UPDATE tickets SET items_disputed = $2::jsonb, items_disputed_seq = $3 WHERE order_id = $1 AND items_disputed_seq < $3

-- name: set_items_answered
UPDATE tickets SET items_answered_seq = greatest(items_answered_seq, $2) WHERE id = $1

-- name: find_answer
SELECT body FROM ticket_answers WHERE ticket_id = $1 AND answer = $2 AND fingerprint = $3

-- name: insert_answer
INSERT INTO ticket_answers (ticket_id, answer, fingerprint, body, answered_at) VALUES ($1, $2, $3, $4, $5)
