-- name: view_delivery
SELECT id AS delivery_id, order_id, city_id, zone_id, store_id, status, rider_id, assignment_no, item_count, collect_minor, currency, needs_code, code_tries,
       pickup_lat, pickup_lon, pickup_name, pickup_address, pickup_note,
       dropoff_lat, dropoff_lon, dropoff_name, dropoff_address, dropoff_note,
       wanted_at, ready_by, ready_at, pickup_eta_at, assigned_at, arrived_at_pickup_at, picked_up_at, arrived_at_dropoff_at,
       ended_at, end_reason
FROM deliveries
WHERE id = $1

-- name: view_deliveries_in_hand
-- In the order of the route: by the offer that won them, then by its drop-offs. A visit counts at the stop ahead alone, and
-- only while the rider's last position, in whichever order they came, is not older than $2.
SELECT delivery.id AS delivery_id, delivery.order_id, delivery.city_id, zone_id, store_id, delivery.status, delivery.rider_id,
       delivery.assignment_no, item_count, collect_minor, delivery.currency, needs_code, code_tries,
       pickup_lat, pickup_lon, pickup_name, pickup_address, pickup_note,
       dropoff_lat, dropoff_lon, dropoff_name, dropoff_address, dropoff_note,
       wanted_at, ready_by, ready_at, delivery.pickup_eta_at, assigned_at, arrived_at_pickup_at, picked_up_at,
       arrived_at_dropoff_at, ended_at, end_reason, visit.stop AS seen_stop, visit.entered_at AS seen_since
FROM deliveries AS delivery
JOIN offer_deliveries AS part ON part.delivery_id = delivery.id AND part.assignment_no = delivery.assignment_no
LEFT JOIN LATERAL (
    SELECT seen.stop, seen.entered_at
    FROM stop_visits AS seen JOIN rider_truth AS truth ON truth.rider_id = seen.rider_id
    WHERE seen.delivery_id = delivery.id AND seen.rider_id = delivery.rider_id AND seen.left_at IS NULL AND truth.seen_at > $2
      AND seen.stop = CASE delivery.status WHEN 'assigned' THEN 'pickup' WHEN 'picked_up' THEN 'dropoff' END
    ORDER BY seen.entered_at DESC
    LIMIT 1
) AS visit ON true
WHERE delivery.rider_id = $1 AND delivery.ended_at IS NULL
ORDER BY delivery.assigned_at, part.offer_id, part.place

-- name: view_offer
SELECT offer.id AS offer_id, offer.rider_id, offer.status, offer.made_at, offer.expires_at, offer.answered_at, offer.because, offer.stops,
       offer.distance_m, offer.pay_minor, offer.currency,
       (
           SELECT jsonb_agg(jsonb_build_object(
               'delivery_id', delivery.id, 'order_id', delivery.order_id, 'store_id', delivery.store_id,
               'store_name', delivery.pickup_name, 'store_address', delivery.pickup_address,
               'pickup', jsonb_build_object('lat', delivery.pickup_lat, 'lon', delivery.pickup_lon),
               'dropoff', jsonb_build_object('lat', delivery.dropoff_lat, 'lon', delivery.dropoff_lon),
               'ready_by', delivery.ready_by, 'item_count', delivery.item_count, 'collect_minor', delivery.collect_minor
           ) ORDER BY part.place)
           FROM offer_deliveries AS part JOIN deliveries AS delivery ON delivery.id = part.delivery_id
           WHERE part.offer_id = offer.id
       ) AS deliveries
FROM offers AS offer
WHERE offer.id = $1

-- name: view_shift
SELECT rider.id AS rider_id, rider.city_id, shift.id AS shift_id, coalesce(shift.status, 'off') AS status,
       coalesce(shift.vehicle, rider.vehicle) AS vehicle, coalesce(shift.capacity, rider.capacity) AS capacity,
       shift.started_at, shift.planned_end_at, coalesce(shift.misses_in_row, 0) AS misses_in_row
FROM riders AS rider
LEFT JOIN shifts AS shift ON shift.rider_id = rider.id AND shift.status <> 'ended'
WHERE rider.id = $1

-- name: sum_shift
-- What the offers taken since then pay as agreed, those given back left out, and what was delivered and taken in cash.
SELECT
    (
        SELECT coalesce(sum(offer.pay_minor), 0)::bigint
        FROM offers AS offer
        WHERE offer.rider_id = $1 AND offer.status = 'accepted' AND offer.answered_at >= $2
          AND EXISTS (
              SELECT 1 FROM offer_deliveries AS part
              WHERE part.offer_id = offer.id AND part.assignment_no IS NOT NULL AND part.released_at IS NULL
          )
    ) AS pay_minor,
    count(*) AS delivered_count,
    coalesce(sum(collect_minor), 0)::bigint AS cash_minor
FROM deliveries
WHERE rider_id = $1 AND status = 'delivered' AND ended_at >= $2
