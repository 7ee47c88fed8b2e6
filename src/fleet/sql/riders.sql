-- name: insert_rider
INSERT INTO riders (id, city_id, name, phone, vehicle, capacity, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (city_id, phone) DO NOTHING
RETURNING id

-- name: lock_particulars
SELECT city_id, name, phone, vehicle, capacity FROM riders WHERE id = $1 FOR NO KEY UPDATE

-- name: update_rider
UPDATE riders SET name = $2, phone = $3, vehicle = $4, capacity = $5
WHERE id = $1 AND NOT EXISTS (
    SELECT 1 FROM riders AS other WHERE other.city_id = riders.city_id AND other.phone = $3 AND other.id <> $1)
RETURNING id

-- name: lock_rider
-- The rider's row guards everything a rider can do only once: work, be asked, carry no more than fits.
SELECT rider.id, rider.city_id, rider.vehicle, rider.capacity, rider.standing_version,
       shift.id AS shift_id, shift.status, shift.vehicle AS shift_vehicle, shift.capacity AS shift_capacity,
       shift.started_at, shift.planned_end_at, shift.misses_in_row, shift.started_lat, shift.started_lon
FROM riders AS rider
LEFT JOIN shifts AS shift ON shift.rider_id = rider.id AND shift.status <> 'ended'
WHERE rider.id = $1
FOR NO KEY UPDATE OF rider

-- name: bump_standing
UPDATE riders SET standing_version = standing_version + 1 WHERE id = $1

-- name: insert_shift
INSERT INTO shifts (id, rider_id, city_id, status, vehicle, capacity, started_at, planned_end_at, started_lat, started_lon)
VALUES ($1, $2, $3, 'on', $4, $5, $6, $7, $8, $9)

-- name: move_shift
-- Compare and set; a shift that comes back from a break starts without misses. Where one that is over began is nobody's business.
UPDATE shifts
SET status = $3,
    ended_at = CASE $3 WHEN 'ended' THEN $4 ELSE ended_at END,
    misses_in_row = CASE $3 WHEN 'on' THEN 0 ELSE misses_in_row END,
    started_lat = CASE $3 WHEN 'ended' THEN NULL ELSE started_lat END,
    started_lon = CASE $3 WHEN 'ended' THEN NULL ELSE started_lon END
WHERE id = $1 AND status = $2
RETURNING id

-- name: set_misses
UPDATE shifts SET misses_in_row = $2 WHERE id = $1

-- name: open_span
INSERT INTO shift_spans (shift_id, kind, started_at) VALUES ($1, $2, $3)
ON CONFLICT (shift_id, kind) WHERE ended_at IS NULL DO NOTHING

-- name: close_spans
UPDATE shift_spans SET ended_at = greatest($3, started_at)
WHERE shift_id = $1 AND kind = ANY ($2::text[]) AND ended_at IS NULL

-- name: sum_spans
SELECT kind, coalesce(sum(extract(epoch FROM coalesce(ended_at, $2) - started_at)), 0)::bigint AS total_s
FROM shift_spans
WHERE shift_id = $1
GROUP BY kind

-- name: list_riders
SELECT rider.id, rider.city_id, rider.name, rider.phone, rider.vehicle, rider.capacity,
       coalesce(shift.status, 'off') AS shift,
       (SELECT count(*) FROM deliveries WHERE rider_id = rider.id AND ended_at IS NULL) AS in_hand
FROM riders AS rider
LEFT JOIN shifts AS shift ON shift.rider_id = rider.id AND shift.status <> 'ended'
WHERE rider.city_id = $1 AND rider.id > $2
ORDER BY rider.id
LIMIT $3

-- name: find_standing
SELECT rider.standing_version AS version, rider.city_id,
       coalesce(shift.vehicle, rider.vehicle) AS vehicle,
       coalesce(shift.status = 'on', false) AND hand.deliveries < shift.capacity
           AND NOT coalesce(truth.is_suspected, false) AS is_available,
       coalesce(
           (SELECT max(ended_at) FROM shift_spans WHERE shift_id = shift.id AND kind = 'engaged'), shift.started_at
       ) AS idle_since,
       greatest(coalesce(shift.capacity, 0) - hand.deliveries, 0)::integer AS free_capacity
FROM riders AS rider
LEFT JOIN shifts AS shift ON shift.rider_id = rider.id AND shift.status <> 'ended'
LEFT JOIN rider_truth AS truth ON truth.rider_id = rider.id
CROSS JOIN LATERAL (
    SELECT count(*) AS deliveries FROM deliveries WHERE rider_id = rider.id AND ended_at IS NULL
) AS hand
WHERE rider.id = $1
