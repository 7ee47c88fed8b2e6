-- name: read_clock
SELECT domain_at, wall_at, rate, is_simulated FROM domain_clock

-- name: lock_clock
SELECT domain_at, wall_at, rate, is_simulated FROM domain_clock FOR UPDATE

-- name: set_clock
WITH moved AS (
    UPDATE domain_clock SET domain_at = $1, wall_at = $2, rate = $3, is_simulated = $4 RETURNING 1
)
SELECT pg_notify('recado_clock', '') FROM moved
