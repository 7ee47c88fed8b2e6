-- name: insert_timer
WITH written AS (
    INSERT INTO timers (id, kind, subject_id, payload, due_at, try_at) VALUES ($1, $2, $3, $4::jsonb, $5, $5)
    RETURNING 1
)
SELECT pg_notify('recado_timers', '') FROM written

-- name: insert_timer_unless_sooner
-- Share-locked: it cannot begin to fire before this step is done and visible to it. One that fires already is skipped,
-- as it may have looked before this step.
WITH sooner AS (
    SELECT id FROM timers
    WHERE subject_id = $3 AND kind = $2 AND status = 'pending' AND claimed_until IS NULL AND due_at <= $5
    LIMIT 1
    FOR SHARE SKIP LOCKED
), written AS (
    INSERT INTO timers (id, kind, subject_id, payload, due_at, try_at)
    SELECT $1, $2, $3, $4::jsonb, $5, $5
    WHERE NOT EXISTS (SELECT FROM sooner)
    RETURNING 1
)
SELECT pg_notify('recado_timers', '') FROM written

-- name: cancel_timers
-- A timer that is firing right now is skipped, never waited for: its handler finds under the order's lock that it is moot.
UPDATE timers SET status = 'cancelled', settled_at = $3, settled_because = $4
WHERE id IN (
    SELECT id FROM timers
    WHERE subject_id = $1 AND kind = ANY ($2::text[]) AND status = 'pending'
    FOR UPDATE SKIP LOCKED
)

-- name: list_due
-- Kinds this process does not know are left alone: they belong to a newer version that runs beside it during an upgrade.
SELECT id, kind FROM timers
WHERE status = 'pending' AND try_at <= $1 AND (claimed_until IS NULL OR claimed_until <= $2)
  AND kind = ANY ($3::text[]) AND id <> ALL ($4::text[])
ORDER BY try_at
LIMIT $5

-- name: next_try_at
SELECT min(try_at) FROM timers WHERE status = 'pending' AND claimed_until IS NULL AND try_at > $1 AND kind = ANY ($2::text[])

-- name: claim_timer
SELECT id, kind, subject_id, payload, due_at, attempts FROM timers
WHERE id = $1 AND status = 'pending' AND try_at <= $2
FOR UPDATE SKIP LOCKED

-- name: lease_timer
UPDATE timers SET claimed_until = $3
WHERE id = $1 AND status = 'pending' AND try_at <= $2 AND (claimed_until IS NULL OR claimed_until <= $4)
RETURNING id, kind, subject_id, payload, due_at, attempts

-- name: settle_timer
UPDATE timers SET status = $2, settled_at = $3, settled_because = $4, claimed_until = NULL
WHERE id = $1 AND status = 'pending'

-- name: postpone_timer
-- $3 is the ladder of pauses; the last rung repeats.
UPDATE timers
SET try_at = $2::timestamptz + ($3::interval[])[least(attempts + 1, cardinality($3::interval[]))],
    attempts = attempts + 1,
    claimed_until = NULL
WHERE id = $1 AND status = 'pending'

-- name: count_overdue
SELECT count(*) FROM timers WHERE status = 'pending' AND try_at <= $1
