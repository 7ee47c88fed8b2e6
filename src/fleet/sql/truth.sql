-- name: lock_truths
-- All riders of a batch at once, in id order. The vehicle is the shift's, as positions are judged by.
SELECT truth.rider_id, truth.suspicion_bp, truth.is_suspected, truth.phone, truth.state, rider.city_id,
       coalesce(shift.vehicle, rider.vehicle) AS vehicle
FROM rider_truth AS truth
JOIN riders AS rider ON rider.id = truth.rider_id
LEFT JOIN shifts AS shift ON shift.rider_id = rider.id AND shift.status <> 'ended'
WHERE truth.rider_id = ANY ($1::text[])
ORDER BY truth.rider_id
FOR NO KEY UPDATE OF truth

-- name: begin_truths
-- Once in a rider's life; who is no rider is left out.
INSERT INTO rider_truth (rider_id)
SELECT id FROM riders WHERE id = ANY ($1::text[]) ORDER BY id
ON CONFLICT (rider_id) DO NOTHING

-- name: save_truths
UPDATE rider_truth AS truth
SET suspicion_bp = new.suspicion_bp, is_suspected = new.is_suspected, evidence = new.evidence::jsonb, motion = new.motion,
    phone = new.phone::jsonb, state = new.state::jsonb, seen_at = new.seen_at,
    changed_at = CASE WHEN truth.is_suspected = new.is_suspected THEN truth.changed_at ELSE $9 END
FROM unnest($1::text[], $2::integer[], $3::boolean[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[])
    AS new (rider_id, suspicion_bp, is_suspected, evidence, motion, phone, state, seen_at)
WHERE truth.rider_id = new.rider_id

-- name: list_seen_before
SELECT rider_id FROM rider_truth WHERE seen_at < $1 ORDER BY rider_id LIMIT $2

-- name: bump_standings
-- In id order, as everybody locks riders.
WITH held AS (SELECT id FROM riders WHERE id = ANY ($1::text[]) ORDER BY id FOR NO KEY UPDATE)
UPDATE riders SET standing_version = standing_version + 1 FROM held WHERE riders.id = held.id

-- name: list_stops_of_riders
-- Also of what ended since $2: the last positions of it may still be on their way.
SELECT rider_id, id AS delivery_id, assigned_at, picked_up_at, ended_at, pickup_lat, pickup_lon, dropoff_lat, dropoff_lon
FROM deliveries
WHERE rider_id = ANY ($1::text[]) AND (ended_at IS NULL OR ended_at > $2) AND assigned_at IS NOT NULL
ORDER BY id

-- name: insert_trust
INSERT INTO rider_trusts (rider_id, trusted_at, operator_id, reason, suspicion_bp, codes) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (rider_id, trusted_at) DO NOTHING

-- name: save_visits
INSERT INTO stop_visits (rider_id, delivery_id, stop, entered_at, left_at)
SELECT rider_id, delivery_id, stop, entered_at, left_at
FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[])
    AS visit (rider_id, delivery_id, stop, entered_at, left_at)
ORDER BY delivery_id, stop, rider_id, entered_at
ON CONFLICT (delivery_id, stop, rider_id, entered_at) DO UPDATE SET left_at = excluded.left_at

-- name: find_truths
-- Without what only the next position is held against, which is most of a state.
SELECT rider.id AS rider_id, rider.city_id, coalesce(truth.suspicion_bp, 0) AS suspicion_bp,
       coalesce(truth.is_suspected, false) AS is_suspected, truth.phone, coalesce(truth.state #- '{spoof,signs}' #- '{spoof,behind}', '{}'::jsonb) AS state,
       truth.seen_at, truth.changed_at
FROM riders AS rider LEFT JOIN rider_truth AS truth ON truth.rider_id = rider.id
WHERE rider.id = ANY ($1::text[])
