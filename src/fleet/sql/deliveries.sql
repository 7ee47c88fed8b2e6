-- name: insert_delivery
INSERT INTO deliveries (
    id, order_id, city_id, zone_id, store_id, status, pickup_lat, pickup_lon, pickup_name, pickup_address, pickup_note,
    dropoff_lat, dropoff_lon, dropoff_name, dropoff_address, dropoff_note, item_count, collect_minor, currency, opened_at,
    needs_code
)
VALUES ($1, $2, $3, $4, $5, 'unassigned', $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)

-- name: find_order_of_delivery
SELECT order_id FROM deliveries WHERE id = $1

-- name: lock_deliveries
-- After their orders' rows, which are the real guard. NO KEY: rows that only refer to these must not wait for them.
SELECT id, order_id, city_id, zone_id, store_id, status, rider_id, assignment_no, ladder_round,
       pickup_lat, pickup_lon, dropoff_lat, dropoff_lon, wanted_at, ready_by, assigned_at, code_tries, implied, end_reason
FROM deliveries
WHERE id = ANY ($1::text[])
ORDER BY id
FOR NO KEY UPDATE

-- name: find_delivery_of_order
SELECT id FROM deliveries WHERE order_id = $1

-- name: list_offered_together
-- The orders of these deliveries and of whatever is being offered in one route with them.
SELECT order_id FROM deliveries WHERE id = ANY ($1::text[])
UNION
SELECT neighbour.order_id
FROM offer_deliveries AS mine
JOIN offers AS offer ON offer.id = mine.offer_id AND offer.status = 'open'
JOIN offer_deliveries AS neighbour ON neighbour.offer_id = mine.offer_id
WHERE mine.delivery_id = ANY ($1::text[])

-- name: list_open_deliveries_of_rider
SELECT id FROM deliveries WHERE rider_id = $1 AND ended_at IS NULL ORDER BY id

-- name: list_stops_ahead
-- In the order of the route, as `view_deliveries_in_hand`.
SELECT delivery.id AS delivery_id, delivery.order_id, delivery.status, delivery.is_next_stop, delivery.arrived_at_dropoff_at
FROM deliveries AS delivery
JOIN offer_deliveries AS part ON part.delivery_id = delivery.id AND part.assignment_no = delivery.assignment_no
WHERE delivery.rider_id = $1 AND delivery.ended_at IS NULL
ORDER BY delivery.assigned_at, part.offer_id, part.place

-- name: set_next_stop
UPDATE deliveries SET is_next_stop = $2 WHERE id = $1

-- name: move_delivery
-- Compare and set: no row means that somebody else moved it first.
UPDATE deliveries
SET status = $3,
    arrived_at_pickup_at = CASE $3 WHEN 'arrived_at_pickup' THEN $4 ELSE arrived_at_pickup_at END,
    picked_up_at = CASE $3 WHEN 'picked_up' THEN $4 ELSE picked_up_at END,
    arrived_at_dropoff_at = CASE $3 WHEN 'arrived_at_dropoff' THEN $4 ELSE arrived_at_dropoff_at END,
    ended_at = CASE WHEN $5 THEN $4 ELSE ended_at END,
    end_reason = coalesce($6, end_reason),
    implied = CASE WHEN $7 THEN array_append(implied, $3) ELSE implied END
WHERE id = $1 AND status = $2
RETURNING id

-- name: assign_delivery
UPDATE deliveries
SET status = 'assigned', rider_id = $3, assignment_no = $4, pickup_eta_at = $5, assigned_at = $6
WHERE id = $1 AND status = $2
RETURNING id

-- name: unassign_delivery
UPDATE deliveries
SET status = 'unassigned', rider_id = NULL, pickup_eta_at = NULL, assigned_at = NULL, arrived_at_pickup_at = NULL, implied = '{}'
WHERE id = $1 AND status = $2
RETURNING id

-- name: time_step
-- A step that a later one had implied gets the time the phone tells afterwards.
UPDATE deliveries
SET arrived_at_pickup_at = CASE $2 WHEN 'arrived_at_pickup' THEN $3 ELSE arrived_at_pickup_at END,
    picked_up_at = CASE $2 WHEN 'picked_up' THEN $3 ELSE picked_up_at END,
    arrived_at_dropoff_at = CASE $2 WHEN 'arrived_at_dropoff' THEN $3 ELSE arrived_at_dropoff_at END,
    implied = array_remove(implied, $2)
WHERE id = $1

-- name: count_code_try
UPDATE deliveries SET code_tries = code_tries + 1 WHERE id = $1

-- name: want_delivery
UPDATE deliveries SET wanted_at = coalesce(wanted_at, $2), ready_by = $3 WHERE id = $1

-- name: set_delivery_ready
UPDATE deliveries SET ready_at = $2 WHERE id = $1

-- name: widen_search
UPDATE deliveries SET ladder_round = ladder_round + 1 WHERE id = ANY ($1::text[]) AND status = 'unassigned'

-- name: was_ever_theirs
SELECT EXISTS (
    SELECT FROM offer_deliveries AS part JOIN offers AS offer ON offer.id = part.offer_id
    WHERE part.delivery_id = $1 AND offer.rider_id = $2 AND part.assignment_no IS NOT NULL
)

-- name: insert_report
INSERT INTO delivery_reports (reporter_id, report_id, delivery_id, move, fingerprint, occurred_at, received_at, outcome, why, facts)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb)

-- name: find_report
SELECT fingerprint, outcome, why FROM delivery_reports WHERE reporter_id = $1 AND report_id = $2
