-- name: list_open_orders
-- Everything an open order is judged by, one row each. LATERAL with a LIMIT keeps to one look into an index per order, however long
-- the history is: 500 open orders among 30,000 past ones take 10 ms of the server's time, where joins would read whole tables.
SELECT orders.id AS order_id, orders.short_number, orders.seq, orders.status, orders.store_id, store.name AS store_name,
       rider.name AS rider_name, orders.received_at, orders.held_at, orders.placed_at, orders.accepted_at,
       orders.preparing_at, orders.ready_at, orders.picked_up_at, orders.ready_by, orders.dropoff_lat, orders.dropoff_lon,
       entry.confirm_by, entry.expires_at,
       ticket.id AS ticket_id, ticket.status AS ticket_status, ticket.accept_by,
       CASE WHEN ticket.items_disputed_seq > ticket.items_answered_seq THEN (
           SELECT occurred_at FROM events WHERE stream_id = orders.id AND seq = ticket.items_disputed_seq
       ) END AS disputed_at,
       delivery.id AS delivery_id, delivery.status AS delivery_status, delivery.ended_at AS delivery_ended_at,
       delivery.rider_id, delivery.pickup_lat, delivery.pickup_lon, delivery.wanted_at, delivery.ladder_round,
       delivery.pickup_eta_at, delivery.assigned_at, delivery.arrived_at_pickup_at, delivery.arrived_at_dropoff_at,
       CASE delivery.status WHEN 'returning' THEN (
           SELECT max(occurred_at) FROM events WHERE stream_id = orders.id AND type = 'delivery.turned_back'
       ) END AS turned_back_at,
       clock.alert_due_at, clock.nobody_due_at, decision.outcome AS decision_outcome, decision.decided_at,
       offer.id AS offer_id, offer.made_at AS offered_at, offer.expires_at AS offer_expires_at,
       promise.promised_by, promise.outcome AS promise_outcome,
       CASE WHEN promise.is_over THEN NULL ELSE promise.eta_at END AS eta_at,
       CASE WHEN promise.revision_no > 0 THEN (
           SELECT cause FROM eta_revisions WHERE order_id = orders.id AND revision_no = promise.revision_no
       ) END AS eta_cause,
       call.id AS escalation_id, call.kind AS escalation_kind, call.opened_at AS escalated_at,
       question.id AS cancellation_id, question.asked_at AS cancellation_asked_at, question.answer_by,
       incident.id AS incident_id, incident.kind AS incident_kind, incident.is_urgent AS incident_is_urgent,
       incident.occurred_at AS incident_at,
       owner.operator_id AS owner_id, owner.since_at AS owner_since_at, owner.note AS owner_note
FROM orders
LEFT JOIN stores AS store ON store.id = orders.store_id
LEFT JOIN manual_entries AS entry ON entry.order_id = orders.id AND entry.status = 'awaited'
LEFT JOIN LATERAL (
    SELECT id, status, accept_by, items_disputed_seq, items_answered_seq FROM tickets WHERE order_id = orders.id LIMIT 1
) AS ticket ON true
LEFT JOIN LATERAL (
    SELECT id, status, ended_at, rider_id, pickup_lat, pickup_lon, wanted_at, ladder_round, pickup_eta_at, assigned_at,
           arrived_at_pickup_at, arrived_at_dropoff_at
    FROM deliveries WHERE order_id = orders.id LIMIT 1
) AS delivery ON true
LEFT JOIN riders AS rider ON rider.id = delivery.rider_id
LEFT JOIN LATERAL (
    SELECT promises.promised_by, promises.outcome, etas.is_over, etas.eta_at, etas.revision_no
    FROM promises LEFT JOIN etas ON etas.order_id = promises.order_id
    WHERE promises.order_id = orders.id LIMIT 1
) AS promise ON true
LEFT JOIN cancellations AS question ON question.order_id = orders.id AND question.status = 'asked'
LEFT JOIN order_owners AS owner ON owner.order_id = orders.id
LEFT JOIN (
    SELECT DISTINCT ON (order_id) order_id, id, kind, opened_at FROM escalations WHERE status = 'open' ORDER BY order_id, id
) AS call ON call.order_id = orders.id
LEFT JOIN (
    SELECT DISTINCT ON (order_id) order_id, id, kind, is_urgent, occurred_at FROM incidents
    WHERE status = 'open'
    ORDER BY order_id, is_urgent DESC, id
) AS incident ON incident.order_id = orders.id
LEFT JOIN LATERAL (
    SELECT min(due_at) FILTER (WHERE kind = 'delivery.unassigned_alert') AS alert_due_at,
           min(due_at) FILTER (WHERE kind = 'delivery.nobody_found') AS nobody_due_at
    FROM timers
    WHERE subject_id = delivery.id AND kind IN ('delivery.unassigned_alert', 'delivery.nobody_found')
      AND status = 'pending' AND delivery.status IN ('unassigned', 'offered')
) AS clock ON true
LEFT JOIN LATERAL (
    SELECT outcome, decided_at FROM dispatch_decisions
    WHERE delivery_id = delivery.id AND delivery.status = 'unassigned'
    ORDER BY id DESC
    LIMIT 1
) AS decision ON true
LEFT JOIN LATERAL (
    SELECT offers.id, offers.made_at, offers.expires_at
    FROM offer_deliveries AS part JOIN offers ON offers.id = part.offer_id AND offers.status = 'open'
    WHERE part.delivery_id = delivery.id AND delivery.status = 'offered'
    ORDER BY offers.expires_at
    LIMIT 1
) AS offer ON true
WHERE orders.city_id = $1 AND orders.ended_at IS NULL AND ($2::text[] IS NULL OR orders.id = ANY ($2))

-- name: list_working_riders
-- A page of who is on shift, what they have in hand, and whether they are asked: everything but where they are. The page is cut
-- before anybody's deliveries are looked up: the last of 10,000 riders cost what the first do.
SELECT rider.id AS rider_id, rider.name, shift.vehicle, shift.capacity, shift.status AS shift_status, shift.started_at,
       shift.planned_end_at, shift.misses_in_row, shift.started_lat, shift.started_lon,
       hand.statuses, hand.pickups, hand.order_ids,
       (SELECT id FROM offers WHERE rider_id = rider.id AND status = 'open') AS offer_id
FROM (
    SELECT rider_id, vehicle, capacity, status, started_at, planned_end_at, misses_in_row, started_lat, started_lon
    FROM shifts
    WHERE city_id = $1 AND status <> 'ended' AND rider_id > $3 AND ($2::text[] IS NULL OR rider_id IN (SELECT unnest($2)))
    ORDER BY rider_id
    LIMIT $4
) AS shift
JOIN riders AS rider ON rider.id = shift.rider_id
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(status ORDER BY id), '{}') AS statuses,
           coalesce(array_agg(order_id ORDER BY id), '{}') AS order_ids,
           count(DISTINCT store_id) FILTER (WHERE status IN ('assigned', 'arrived_at_pickup')) AS pickups
    FROM deliveries
    WHERE rider_id = rider.id AND ended_at IS NULL
) AS hand
ORDER BY rider.id

-- name: list_riders_off
-- Who belongs to the city and is not on shift.
SELECT rider.id AS rider_id, rider.name, rider.vehicle
FROM riders AS rider
WHERE rider.city_id = $1 AND rider.id > $2
  AND NOT EXISTS (SELECT FROM shifts WHERE rider_id = rider.id AND status <> 'ended')
ORDER BY rider.id
LIMIT $3

-- name: look_at_orders
-- What a city's map hangs on: each open order's number grows with every fact about it.
SELECT id, seq FROM orders WHERE city_id = $1 AND ended_at IS NULL

-- name: look_at_riders
-- Each rider's number grows with whatever changes how they can be asked.
SELECT rider.id, rider.standing_version AS seq
FROM shifts AS shift JOIN riders AS rider ON rider.id = shift.rider_id
WHERE shift.city_id = $1 AND shift.status <> 'ended'

-- name: find_owner
SELECT operator_id, since_at, note FROM order_owners WHERE order_id = $1

-- name: set_owner
INSERT INTO order_owners (order_id, operator_id, since_at, note) VALUES ($1, $2, $3, $4)
ON CONFLICT (order_id) DO UPDATE SET operator_id = excluded.operator_id, since_at = excluded.since_at, note = excluded.note

-- name: drop_owner
DELETE FROM order_owners WHERE order_id = $1
