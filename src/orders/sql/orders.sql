-- name: insert_order
INSERT INTO orders (
    id, short_number, epoch, status, city_id, store_id, customer_id, platform_id, external_id,
    customer_name, customer_phone, dropoff_address, dropoff_note, dropoff_lat, dropoff_lon, dropoff_code,
    lines, currency, items_minor, delivery_fee_minor, tip_minor, total_minor, payment_method, change_for_minor, received_at
)
VALUES ($1, nextval('order_short_numbers'), $2, 'received', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
        $15::jsonb, $16, $17, $18, $19, $20, $21, $22, $23)
RETURNING short_number

-- name: lock_orders
-- In id order, so that two steps over the same orders never wait for each other in a ring. Rows that only refer to an order
-- (foreign keys) pass.
SELECT id, short_number, status, seq, epoch, city_id, store_id, customer_id, platform_id, rider_id, total_minor, currency,
       payment_method, dropoff_code, ready_by, placed_at, ready_at, preparing_at, delivered_at
FROM orders
WHERE id = ANY ($1::text[])
ORDER BY id
FOR NO KEY UPDATE

-- name: find_order
SELECT id, short_number, status, seq, epoch, city_id, store_id, customer_id, platform_id, rider_id, total_minor, currency,
       payment_method, dropoff_code, ready_by, placed_at, ready_at, preparing_at, delivered_at
FROM orders
WHERE id = $1

-- name: advance_order
UPDATE orders SET seq = seq + $2 WHERE id = $1 RETURNING seq

-- name: move_order
-- Compare and set: no row means that somebody else moved it first.
UPDATE orders
SET status = $3,
    held_at = CASE $3 WHEN 'held_for_review' THEN $4 ELSE held_at END,
    placed_at = CASE $3 WHEN 'placed' THEN $4 ELSE placed_at END,
    accepted_at = CASE $3 WHEN 'accepted' THEN $4 ELSE accepted_at END,
    preparing_at = CASE $3 WHEN 'preparing' THEN $4 ELSE preparing_at END,
    ready_at = CASE $3 WHEN 'ready' THEN $4 ELSE ready_at END,
    picked_up_at = CASE $3 WHEN 'picked_up' THEN $4 ELSE picked_up_at END,
    delivered_at = CASE $3 WHEN 'delivered' THEN $4 ELSE delivered_at END,
    completed_at = CASE $3 WHEN 'completed' THEN $4 ELSE completed_at END,
    ended_at = CASE WHEN $5 THEN coalesce(ended_at, $4) ELSE ended_at END,
    end_reason = coalesce($6, end_reason)
WHERE id = $1 AND status = $2
RETURNING id

-- name: set_ready_by
UPDATE orders SET ready_by = $2, prep_minutes = coalesce($3, prep_minutes) WHERE id = $1

-- name: set_rider
UPDATE orders SET rider_id = $2 WHERE id = $1

-- name: set_problems
UPDATE orders SET problems = $2::jsonb WHERE id = $1

-- name: find_by_external
SELECT id FROM orders WHERE platform_id = $1 AND external_id = $2
