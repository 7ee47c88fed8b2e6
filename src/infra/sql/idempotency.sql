-- name: try_key
SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))

-- name: find_answer
SELECT fingerprint, body FROM idempotency_keys WHERE caller_id = $1 AND key = $2

-- name: keep_answer
INSERT INTO idempotency_keys (caller_id, key, fingerprint, body, answered_at) VALUES ($1, $2, $3, $4, $5)

-- name: forget_answers
DELETE FROM idempotency_keys WHERE answered_at < $1
