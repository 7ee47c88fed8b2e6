-- name: insert_merchant
INSERT INTO merchants (id, name, created_at) VALUES ($1, $2, $3)

-- name: list_merchants
SELECT id, name FROM merchants WHERE id > $1 ORDER BY id LIMIT $2

-- name: list_stores
SELECT id, merchant_id, city_id, name, phone, address, lat, lon, time_zone, opening_hours, default_prep_minutes,
       auto_accept, busy_extra_minutes, busy_until, paused_until
FROM stores WHERE city_id = $1 AND id > $2 ORDER BY id LIMIT $3

-- name: find_merchant
SELECT id, name FROM merchants WHERE id = $1

-- name: rename_merchant
UPDATE merchants SET name = $2 WHERE id = $1 RETURNING id

-- name: insert_store
INSERT INTO stores (
    id, merchant_id, city_id, name, phone, address, lat, lon, time_zone, opening_hours, default_prep_minutes,
    auto_accept, created_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11, $12, $13)

-- name: find_store
SELECT id, merchant_id, city_id, name, phone, address, lat, lon, time_zone, opening_hours, default_prep_minutes,
       auto_accept, busy_extra_minutes, busy_until, paused_until
FROM stores WHERE id = $1

-- name: lock_store
-- Not FOR UPDATE: a ticket being opened refers to the store and must not wait for a menu import.
SELECT id, merchant_id, city_id, name, phone, address, lat, lon, time_zone, opening_hours, default_prep_minutes,
       auto_accept, busy_extra_minutes, busy_until, paused_until
FROM stores WHERE id = $1 FOR NO KEY UPDATE

-- name: update_store
UPDATE stores
SET opening_hours = $2::jsonb, default_prep_minutes = $3, auto_accept = $4, busy_extra_minutes = $5, busy_until = $6,
    paused_until = $7, name = $8, phone = $9, address = $10, lat = $11, lon = $12
WHERE id = $1
