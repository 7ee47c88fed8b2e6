-- name: insert_promise
INSERT INTO promises (order_id, promised_from, promised_by, eta_at, rule_version, made_at) VALUES ($1, $2, $3, $4, $5, $6)

-- name: settle_promise
UPDATE promises SET outcome = $2, settled_at = $3 WHERE order_id = $1 AND outcome IS NULL

-- name: insert_eta
INSERT INTO etas (
    order_id, store_lat, store_lon, dropoff_lat, dropoff_lon, placed_at, prep_s, vehicle, travel_s,
    eta_at, low_at, high_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)

-- name: lock_eta
-- The order's row is locked already; this lock is for the reader who writes.
SELECT eta.order_id, store_lat, store_lon, dropoff_lat, dropoff_lon, placed_at, prep_s, vehicle, travel_s, before,
       accepted_at, ready_by, ready_at, assigned_at, pickup_eta_at, arrived_at_pickup_at, picked_up_at,
       arrived_at_dropoff_at, was_reassigned, eta.eta_at, revision_no, is_breach_expected,
       promised_from, promised_by
FROM etas AS eta JOIN promises AS promise ON promise.order_id = eta.order_id
WHERE eta.order_id = $1 AND NOT is_over
FOR UPDATE OF eta

-- name: save_progress
UPDATE etas
SET vehicle = $2, travel_s = $3, before = $4, accepted_at = $5, ready_by = $6, ready_at = $7, assigned_at = $8,
    pickup_eta_at = $9, arrived_at_pickup_at = $10, picked_up_at = $11, arrived_at_dropoff_at = $12, was_reassigned = $13
WHERE order_id = $1

-- name: save_estimate
UPDATE etas
SET eta_at = $2, low_at = $3, high_at = $4, revision_no = $5, is_breach_expected = is_breach_expected OR $6
WHERE order_id = $1

-- name: insert_revision
INSERT INTO eta_revisions (order_id, revision_no, was_at, eta_at, cause, breaks_promise, rule_version, revised_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: name_delivery
UPDATE etas SET delivery_id = $2 WHERE order_id = $1

-- name: list_dropoffs
SELECT delivery_id, dropoff_lat, dropoff_lon FROM etas WHERE delivery_id = ANY ($1::text[])

-- name: end_eta
UPDATE etas SET is_over = true WHERE order_id = $1

-- name: find_last_fact
-- The order's own history, not what consumers made of it: those may be behind.
SELECT type, payload ->> 'rider_id' AS rider_id, payload ->> 'is_next_stop' = 'true' AS is_next_stop, seq, occurred_at
FROM events WHERE stream_id = $1 AND type = ANY ($2::text[]) ORDER BY seq DESC LIMIT 1

-- name: read_tracking
SELECT promise.promised_from, promise.promised_by, promise.outcome, eta.eta_at, eta.low_at, eta.high_at,
       eta.revision_no, eta.is_over, eta.store_lat, eta.store_lon
FROM promises AS promise JOIN etas AS eta ON eta.order_id = promise.order_id
WHERE promise.order_id = $1

-- name: find_last_cause
SELECT cause FROM eta_revisions WHERE order_id = $1 ORDER BY revision_no DESC LIMIT 1

-- name: list_revisions
SELECT revision_no, was_at, eta_at, cause, breaks_promise, revised_at
FROM eta_revisions WHERE order_id = $1 ORDER BY revision_no

-- name: find_promise
SELECT promised_from, promised_by FROM promises WHERE order_id = $1
