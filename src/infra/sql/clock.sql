-- name: read_clock
SELECT domain_at, wall_at, rate, is_simulated FROM domain_clock

-- name: lock_clock
SELECT domain_at, wall_at, rate, is_simulated FROM domain_clock FOR UPDATE

-- name: set_clock
WITH moved AS (
    UPDATE domain_clock SET domain_at = $1, wall_at = $2, rate = $3, is_simulated = $4 RETURNING 1
)
SELECT pg_notify('recado_clock', '') FROM moved

-- name: read_unfinished
-- One statement, one snapshot: a deadline that fires between two looks would hide what it leads to.
SELECT (SELECT count(*) FROM timers WHERE status = 'pending' AND try_at <= $1) AS overdue_timers,
       (SELECT count(*) FROM events WHERE NOT is_sent) AS unsent_events,
       (SELECT min(try_at) FROM timers WHERE status = 'pending' AND claimed_until IS NULL) AS next_due_at,
       (SELECT coalesce(max(position), 0) FROM events) AS position
