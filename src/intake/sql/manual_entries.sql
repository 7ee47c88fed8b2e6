-- name: insert_entry
INSERT INTO manual_entries (
    order_id, status, typed_by_id, typed_at, is_another_needed, confirm_by, expires_at, rule_version
)
VALUES ($1, 'awaited', $2, $3, $4, $5, $6, $7)

-- name: find_entry
-- Behind the order's lock, which guards it.
SELECT order_id, status, typed_by_id, is_another_needed, confirm_by, expires_at, answered_by_id, reason
FROM manual_entries WHERE order_id = $1

-- name: settle_entry
-- Compare and set: it is answered once.
UPDATE manual_entries SET status = $2, answered_by_id = $3, answered_at = $4, reason = $5
WHERE order_id = $1 AND status = 'awaited'
RETURNING order_id

-- name: list_held
-- What waits for a person before any store is asked, the longest waiting first; `$2` is how long a review may take.
SELECT held.order_id, held.short_number, held.waits_for, held.since_at, held.due_by, held.expires_at, held.typed_by_id,
       held.is_another_needed, held.city_id, held.store_id, store.name AS store_name, store.phone AS store_phone,
       held.customer_name, held.customer_phone, held.dropoff_address, held.dropoff_note, held.total_minor, held.currency,
       held.payment_method, held.change_for_minor, held.lines, held.problems, held.received_at
FROM (
    SELECT orders.id AS order_id, short_number, city_id, store_id, customer_name, customer_phone, dropoff_address,
           dropoff_note, total_minor, currency, payment_method, change_for_minor, lines, problems, received_at,
           entry.expires_at, entry.typed_by_id, coalesce(entry.is_another_needed, false) AS is_another_needed,
           CASE orders.status WHEN 'held_for_review' THEN 'review' ELSE 'confirmation' END AS waits_for,
           CASE orders.status WHEN 'held_for_review' THEN coalesce(held_at, received_at) ELSE received_at END AS since_at,
           CASE orders.status
               WHEN 'held_for_review' THEN coalesce(held_at, received_at) + $2::interval ELSE entry.confirm_by
           END AS due_by
    FROM orders LEFT JOIN manual_entries AS entry ON entry.order_id = orders.id AND entry.status = 'awaited'
    WHERE city_id = $1 AND ended_at IS NULL
      AND (orders.status = 'held_for_review' OR (orders.status = 'received' AND entry.order_id IS NOT NULL))
) AS held
JOIN stores AS store ON store.id = held.store_id
WHERE held.order_id > $3
ORDER BY held.order_id
LIMIT $4
