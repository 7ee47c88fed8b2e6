-- name: insert_entry
INSERT INTO payment_entries (
    id, order_id, kind, amount_minor, currency, provider, status, reason, token, requested_at, settled_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, CASE $7 WHEN 'settled' THEN $10::timestamptz END)

-- name: list_entries
SELECT id, order_id, kind, amount_minor, currency, provider, status, reason, token, provider_ref
FROM payment_entries WHERE order_id = $1 ORDER BY requested_at, id

-- name: find_entry
SELECT id, order_id, kind, amount_minor, currency, provider, status, reason, token, provider_ref
FROM payment_entries WHERE id = $1

-- name: settle_entry
UPDATE payment_entries SET status = $2, provider_ref = $3, settled_at = $4, token = NULL
WHERE id = $1 AND status = 'requested'
RETURNING id
