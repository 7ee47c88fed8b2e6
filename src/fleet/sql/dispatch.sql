-- name: list_wanted
-- Excluded are those who said no or nothing in this round of the ladder, or a moment ago, and those who lost it again.
SELECT delivery.id AS delivery_id, delivery.store_id, delivery.pickup_lat, delivery.pickup_lon, delivery.dropoff_lat,
       delivery.dropoff_lon, delivery.opened_at, coalesce(delivery.ready_at, delivery.ready_by) AS ready_at,
       delivery.ladder_round, delivery.currency,
       ARRAY (
           SELECT DISTINCT offer.rider_id
           FROM offer_deliveries AS part JOIN offers AS offer ON offer.id = part.offer_id
           WHERE part.delivery_id = delivery.id
             AND (part.ladder_round = delivery.ladder_round OR coalesce(part.released_at, offer.answered_at) > $2)
             AND (offer.status IN ('declined', 'expired') OR part.released_at IS NOT NULL)
       ) AS excluded,
       decision.outcome AS last_outcome, decision.why AS last_why, decision.rider_id AS last_rider_id
FROM deliveries AS delivery
LEFT JOIN LATERAL (
    SELECT outcome, why, rider_id FROM dispatch_decisions WHERE delivery_id = delivery.id ORDER BY id DESC LIMIT 1
) AS decision ON true
WHERE delivery.city_id = $1 AND delivery.status = 'unassigned' AND delivery.wanted_at IS NOT NULL
ORDER BY delivery.id

-- name: list_working
-- With the last door of this shift: where the rider was seen when no position is known. Whose places are not believed
-- is asked nothing new.
SELECT shift.rider_id, shift.vehicle, shift.capacity, shift.planned_end_at, shift.started_lat, shift.started_lon,
       door.dropoff_lat AS door_lat, door.dropoff_lon AS door_lon,
       EXISTS (SELECT FROM offers WHERE rider_id = shift.rider_id AND status = 'open') AS is_being_asked
FROM shifts AS shift
LEFT JOIN LATERAL (
    SELECT dropoff_lat, dropoff_lon FROM deliveries
    WHERE rider_id = shift.rider_id AND status = 'delivered' AND ended_at >= shift.started_at
    ORDER BY ended_at DESC
    LIMIT 1
) AS door ON true
WHERE shift.city_id = $1 AND shift.status = 'on'
  AND NOT EXISTS (SELECT FROM rider_truth WHERE rider_id = shift.rider_id AND is_suspected)
ORDER BY shift.rider_id

-- name: list_tasks
SELECT delivery.rider_id, delivery.status, delivery.pickup_lat, delivery.pickup_lon, delivery.dropoff_lat, delivery.dropoff_lon,
       coalesce(delivery.ready_at, delivery.ready_by) AS ready_at
FROM deliveries AS delivery
JOIN offer_deliveries AS part ON part.delivery_id = delivery.id AND part.assignment_no = delivery.assignment_no
WHERE delivery.city_id = $1 AND delivery.rider_id IS NOT NULL AND delivery.ended_at IS NULL
ORDER BY delivery.rider_id, delivery.assigned_at, part.offer_id, part.place

-- name: insert_decision
INSERT INTO dispatch_decisions (
    id, city_id, delivery_id, decided_at, outcome, offer_id, rider_id, why, ladder_round, riders_seen, candidates, rule_version
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::jsonb, $12)

-- name: list_decisions
SELECT id, delivery_id, decided_at, outcome, offer_id, rider_id, why, ladder_round, riders_seen, candidates, rule_version
FROM dispatch_decisions
WHERE delivery_id = $1
ORDER BY id DESC
LIMIT $2

-- name: was_ever_considered
SELECT EXISTS (
    SELECT FROM dispatch_decisions
    WHERE delivery_id = $1 AND candidates @> jsonb_build_array(jsonb_build_object('rider_id', $2::text))
)
