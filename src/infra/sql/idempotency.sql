-- name: try_key
SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))

-- name: find_answer
SELECT fingerprint, body FROM idempotency_keys WHERE caller_id = $1 AND key = $2

-- name: keep_answer
-- Each answer kept sweeps out two that are over: the table needs no cleaner and never grows for ever.
WITH swept AS (
    DELETE FROM idempotency_keys
    WHERE (caller_id, key) IN (
        SELECT caller_id, key FROM idempotency_keys WHERE answered_at < $6 ORDER BY answered_at LIMIT 2 FOR UPDATE SKIP LOCKED
    )
)
INSERT INTO idempotency_keys (caller_id, key, fingerprint, body, answered_at) VALUES ($1, $2, $3, $4, $5)
