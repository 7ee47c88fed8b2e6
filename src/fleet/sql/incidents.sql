-- name: insert_incident
-- No row where the rider's phone sent this report about another delivery at the same moment.
INSERT INTO incidents (
    id, city_id, delivery_id, order_id, rider_id, report_id, fingerprint, kind, is_urgent, note, lat, lon, delivery_status,
    occurred_at, reported_at, status
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 'open')
ON CONFLICT (rider_id, report_id) DO NOTHING
RETURNING id

-- name: find_reported_incident
SELECT id, fingerprint FROM incidents WHERE rider_id = $1 AND report_id = $2

-- name: find_order_of_incident
SELECT order_id FROM incidents WHERE id = $1

-- name: read_incident
-- Behind the order's lock where it is to be changed.
SELECT id, kind, is_urgent, status, city_id, order_id, delivery_id, rider_id, report_id, note, lat, lon, delivery_status,
       occurred_at, reported_at, plan, plan_note, resolved_by_id, resolved_at
FROM incidents WHERE id = $1

-- name: resolve_incident
-- Compare and set: one plan.
UPDATE incidents SET status = 'resolved', plan = $2, plan_note = $3, resolved_by_id = $4, resolved_at = $5
WHERE id = $1 AND status = 'open'
RETURNING id

-- name: list_incidents
-- Whom to ring up and about what: the open ones, danger first, then the oldest; `$2`, `$3` are rank and id of the last one seen.
SELECT incident.id, incident.kind, incident.is_urgent, incident.status, incident.city_id, incident.order_id,
       incident.delivery_id, incident.rider_id, incident.report_id, incident.note, incident.lat, incident.lon,
       incident.delivery_status, incident.occurred_at, incident.reported_at, incident.plan, incident.plan_note,
       incident.resolved_by_id, incident.resolved_at,
       rider.name AS rider_name, rider.phone AS rider_phone, orders.short_number, delivery.pickup_name AS store_name,
       delivery.status AS delivery_status_now
FROM incidents AS incident
JOIN riders AS rider ON rider.id = incident.rider_id
JOIN deliveries AS delivery ON delivery.id = incident.delivery_id
JOIN orders ON orders.id = incident.order_id
WHERE incident.status = 'open' AND ($1::text IS NULL OR incident.city_id = $1)
  AND (CASE WHEN incident.is_urgent THEN 0 ELSE 1 END, incident.id) > ($2::integer, $3::text)
ORDER BY CASE WHEN incident.is_urgent THEN 0 ELSE 1 END, incident.id
LIMIT $4

-- name: list_past_incidents
-- All of them, newest first.
SELECT incident.id, incident.kind, incident.is_urgent, incident.status, incident.city_id, incident.order_id,
       incident.delivery_id, incident.rider_id, incident.report_id, incident.note, incident.lat, incident.lon,
       incident.delivery_status, incident.occurred_at, incident.reported_at, incident.plan, incident.plan_note,
       incident.resolved_by_id, incident.resolved_at,
       rider.name AS rider_name, rider.phone AS rider_phone, orders.short_number, delivery.pickup_name AS store_name,
       delivery.status AS delivery_status_now
FROM incidents AS incident
JOIN riders AS rider ON rider.id = incident.rider_id
JOIN deliveries AS delivery ON delivery.id = incident.delivery_id
JOIN orders ON orders.id = incident.order_id
WHERE ($1::text IS NULL OR incident.city_id = $1) AND ($2::text IS NULL OR incident.id < $2)
ORDER BY incident.id DESC
LIMIT $3
