-- name: read_order
SELECT id, short_number, status, seq, epoch, city_id, store_id, customer_id, platform_id, external_id, rider_id,
       customer_name, customer_phone, dropoff_address, dropoff_note, dropoff_lat, dropoff_lon, dropoff_code, lines, currency,
       items_minor, delivery_fee_minor, tip_minor, total_minor, payment_method, change_for_minor, problems, prep_minutes,
       ready_by, received_at, placed_at, accepted_at, preparing_at, ready_at, picked_up_at, delivered_at, completed_at,
       ended_at, end_reason
FROM orders WHERE id = $1

-- name: list_orders
SELECT id, short_number, status, seq, epoch, city_id, store_id, customer_id, platform_id, external_id, rider_id,
       customer_name, customer_phone, dropoff_address, dropoff_note, dropoff_lat, dropoff_lon, dropoff_code, lines, currency,
       items_minor, delivery_fee_minor, tip_minor, total_minor, payment_method, change_for_minor, problems, prep_minutes,
       ready_by, received_at, placed_at, accepted_at, preparing_at, ready_at, picked_up_at, delivered_at, completed_at,
       ended_at, end_reason
FROM orders
WHERE ($1::text IS NULL OR customer_id = $1)
  AND ($2::text IS NULL OR platform_id = $2)
  AND ($3::text IS NULL OR rider_id = $3)
  AND ($4::text[] IS NULL OR store_id = ANY ($4))
  AND ($5::text IS NULL OR status = $5)
  AND ($6::text IS NULL OR id < $6)
ORDER BY id DESC
LIMIT $7

-- name: list_order_events
SELECT seq, id, type, actor_role, actor_id, cause, occurred_at, recorded_at, payload
FROM events WHERE stream_id = $1 AND seq > $2 ORDER BY seq LIMIT $3

-- name: moved_orders
-- Of those that stand where they are known to stand nothing is said: it is asked several times a second.
SELECT orders.id, orders.epoch, orders.seq
FROM unnest($1::text[], $2::bigint[], $3::text[]) AS known (id, seq, epoch)
JOIN orders ON orders.id = known.id
WHERE orders.seq <> known.seq OR orders.epoch <> known.epoch
