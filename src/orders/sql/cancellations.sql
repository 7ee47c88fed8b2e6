-- name: insert_cancellation
INSERT INTO cancellations (
    id, order_id, status, quote_version, reason, asked_role, asked_id, asked_at, answer_by, fee_minor, refund_minor
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)

-- name: find_open_cancellation
SELECT id, order_id, status, answer_by, fee_minor, refund_minor, reason
FROM cancellations WHERE order_id = $1 AND status = 'asked'

-- name: find_cancellation
SELECT id, order_id, status, answer_by, fee_minor, refund_minor, reason
FROM cancellations WHERE order_id = $1 AND quote_version = $2 AND asked_role = $3 AND asked_id = $4
ORDER BY id DESC LIMIT 1

-- name: settle_cancellation
UPDATE cancellations SET status = $2, answered_role = $3, answered_id = $4, answered_at = $5
WHERE id = $1 AND status = 'asked'
RETURNING id
