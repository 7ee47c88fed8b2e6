-- What benches need more of than can be made through the API in time.

-- name: clone_riders
-- $2 ids, $3 phones.
INSERT INTO riders (id, city_id, name, phone, vehicle, capacity, standing_version, created_at)
SELECT clone.id, city_id, name, clone.phone, vehicle, capacity, standing_version, created_at
FROM riders AS rider CROSS JOIN unnest($2::text[], $3::text[]) AS clone (id, phone)
WHERE rider.id = $1

-- name: clone_shifts
-- $2 riders, $3 their shifts' ids.
INSERT INTO shifts (id, rider_id, city_id, status, vehicle, capacity, started_at, planned_end_at)
SELECT clone.id, clone.rider_id, city_id, status, vehicle, capacity, started_at, planned_end_at
FROM shifts AS shift CROSS JOIN unnest($2::text[], $3::text[]) AS clone (rider_id, id)
WHERE shift.rider_id = $1

-- name: clone_orders
-- $2 ids, $3 their customers, $4 their riders.
INSERT INTO orders (
    id, short_number, seq, epoch, status, city_id, store_id, customer_id, rider_id, customer_name, customer_phone,
    dropoff_address, dropoff_note, dropoff_lat, dropoff_lon, dropoff_code, lines, currency, items_minor,
    delivery_fee_minor, tip_minor, total_minor, payment_method, change_for_minor, problems, prep_minutes, ready_by,
    received_at, placed_at, accepted_at, preparing_at, ready_at, picked_up_at)
SELECT clone.id, short_number, seq, epoch, status, city_id, store_id, clone.customer_id, clone.rider_id, customer_name,
       customer_phone, dropoff_address, dropoff_note, dropoff_lat, dropoff_lon, dropoff_code, lines, currency,
       items_minor, delivery_fee_minor, tip_minor, total_minor, payment_method, change_for_minor, problems,
       prep_minutes, ready_by, received_at, placed_at, accepted_at, preparing_at, ready_at, picked_up_at
FROM orders AS sold CROSS JOIN unnest($2::text[], $3::text[], $4::text[]) AS clone (id, customer_id, rider_id)
WHERE sold.id = $1

-- name: clone_events
-- They are told already, and in no feed but the order's own. $2 order ids, $3 their riders, $4 the original's rider.
INSERT INTO events (id, stream_id, seq, shard, type, feeds, actor_role, actor_id, cause, occurred_at, recorded_at, payload, is_sent)
SELECT 'evt_' || upper(left(md5(clone.id || seq), 26)), clone.id, seq, shard, type, '{}', actor_role, actor_id, cause,
       occurred_at, recorded_at, replace(replace(payload::text, $1, clone.id), $4::text, clone.rider_id)::jsonb, true
FROM events AS fact CROSS JOIN unnest($2::text[], $3::text[]) AS clone (id, rider_id)
WHERE fact.stream_id = $1
ORDER BY clone.id, seq

-- name: clone_promises
INSERT INTO promises (order_id, promised_from, promised_by, eta_at, rule_version, made_at)
SELECT clone.id, promised_from, promised_by, eta_at, rule_version, made_at
FROM promises AS promise CROSS JOIN unnest($2::text[]) AS clone (id)
WHERE promise.order_id = $1

-- name: clone_etas
INSERT INTO etas (
    order_id, store_lat, store_lon, dropoff_lat, dropoff_lon, placed_at, prep_s, vehicle, travel_s, accepted_at,
    ready_by, ready_at, assigned_at, pickup_eta_at, arrived_at_pickup_at, picked_up_at, eta_at, low_at, high_at)
SELECT clone.id, store_lat, store_lon, dropoff_lat, dropoff_lon, placed_at, prep_s, vehicle, travel_s, accepted_at,
       ready_by, ready_at, assigned_at, pickup_eta_at, arrived_at_pickup_at, picked_up_at, eta_at, low_at, high_at
FROM etas AS eta CROSS JOIN unnest($2::text[]) AS clone (id)
WHERE eta.order_id = $1

-- name: read_head_of_order
SELECT seq FROM orders WHERE id = $1

-- name: raise_heads
UPDATE orders AS sold SET seq = head.seq
FROM unnest($1::text[], $2::bigint[]) AS head (id, seq)
WHERE sold.id = head.id

-- name: read_last_position
SELECT coalesce(max(position), 0) FROM events
