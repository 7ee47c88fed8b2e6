-- name: list_menu
SELECT id, external_ref, name, price_minor, is_available, stock_count
FROM menu_items WHERE store_id = $1 AND removed_at IS NULL ORDER BY id

-- name: find_items
SELECT id, external_ref, name, price_minor, is_available, stock_count
FROM menu_items WHERE store_id = $1 AND id = ANY ($2::text[]) AND removed_at IS NULL

-- name: lock_menu
-- Every item the store ever sold, in id order, the order everybody locks items in.
SELECT id, external_ref, name, price_minor, is_available, stock_count, removed_at IS NULL AS is_listed
FROM menu_items WHERE store_id = $1 ORDER BY id FOR UPDATE

-- name: lock_items
SELECT id, external_ref, name, price_minor, is_available, stock_count
FROM menu_items WHERE store_id = $1 AND id = ANY ($2::text[]) AND removed_at IS NULL ORDER BY id FOR UPDATE

-- name: insert_items
INSERT INTO menu_items (id, store_id, external_ref, name, price_minor, is_available, stock_count)
SELECT item.id, $1, item.external_ref, item.name, item.price_minor, item.is_available, item.stock_count
FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::boolean[], $7::integer[])
     AS item (id, external_ref, name, price_minor, is_available, stock_count)

-- name: update_items
UPDATE menu_items
SET name = item.name, price_minor = item.price_minor, is_available = item.is_available, stock_count = item.stock_count,
    removed_at = NULL
FROM unnest($2::text[], $3::text[], $4::bigint[], $5::boolean[], $6::integer[])
     AS item (id, name, price_minor, is_available, stock_count)
WHERE menu_items.id = item.id AND menu_items.store_id = $1

-- name: remove_items
UPDATE menu_items SET removed_at = $3 WHERE store_id = $1 AND id = ANY ($2::text[])

-- name: add_stock
-- A negative quantity takes; what is not counted stays so.
UPDATE menu_items SET stock_count = stock_count + change.quantity
FROM unnest($2::text[], $3::integer[]) AS change (id, quantity)
WHERE menu_items.id = change.id AND menu_items.store_id = $1 AND stock_count IS NOT NULL
