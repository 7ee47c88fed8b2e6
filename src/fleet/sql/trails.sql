-- name: ensure_trail_day
SELECT ensure_trail_day($1)

-- name: drop_trail_days
SELECT drop_trail_days($1)

-- name: try_lock_tails
-- One worker at a time writes a zone's tails; whoever comes second has nothing to do.
SELECT pg_try_advisory_xact_lock(hashtext('fleet.tails'), hashtext($1))

-- name: insert_trail_points
INSERT INTO trail_points (rider_id, device_at, lat, lon, accuracy_m, speed_mps, bearing_deg, battery, is_mock, source,
                          skew_ms, received_at, activity)
SELECT rider_id, device_at, lat, lon, accuracy_m, speed_mps, bearing_deg, battery, is_mock, source, skew_ms, received_at,
       activity
FROM unnest($1::text[], $2::timestamptz[], $3::float8[], $4::float8[], $5::float8[], $6::float8[], $7::float8[],
            $8::float8[], $9::bool[], $10::text[], $11::bigint[], $12::timestamptz[], $13::text[])
    AS point (rider_id, device_at, lat, lon, accuracy_m, speed_mps, bearing_deg, battery, is_mock, source, skew_ms,
              received_at, activity)
ON CONFLICT (rider_id, device_at) DO NOTHING

-- name: list_trail_points
SELECT rider_id, device_at, lat, lon, accuracy_m, speed_mps, bearing_deg, battery, is_mock, source, skew_ms, received_at,
       activity
FROM trail_points
WHERE rider_id = $1 AND device_at >= $2
ORDER BY device_at
LIMIT $3

-- name: list_known_instants
SELECT device_at FROM trail_points WHERE rider_id = $1 AND device_at = ANY ($2::timestamptz[])

-- name: list_last_points
-- The newest position of each rider since an instant.
SELECT point.rider_id, point.device_at, point.lat, point.lon, point.accuracy_m, point.speed_mps, point.bearing_deg,
       point.battery, point.is_mock, point.source, point.skew_ms, point.received_at, point.activity
FROM unnest($1::text[]) AS rider
CROSS JOIN LATERAL (
    SELECT rider_id, device_at, lat, lon, accuracy_m, speed_mps, bearing_deg, battery, is_mock, source, skew_ms, received_at,
           activity
    FROM trail_points
    WHERE rider_id = rider AND device_at >= $2
    ORDER BY device_at DESC
    LIMIT 1
) AS point

-- name: list_working_riders
SELECT rider_id FROM shifts WHERE status <> 'ended' AND rider_id > $1 ORDER BY rider_id LIMIT $2
