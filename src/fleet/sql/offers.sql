-- name: insert_offer
INSERT INTO offers (
    id, city_id, rider_id, status, is_by_hand, made_at, expires_at, answered_at, stops, pickup_eta_at, distance_m, pay_minor, currency
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10, $11, $12, $13)

-- name: insert_offer_deliveries
INSERT INTO offer_deliveries (offer_id, place, delivery_id, order_id, ladder_round)
SELECT $1, delivery.place, delivery.id, delivery.order_id, delivery.ladder_round
FROM unnest($2::text[], $3::text[], $4::int[]) WITH ORDINALITY AS delivery (id, order_id, ladder_round, place)

-- name: find_parties
-- Neither ever changes, so it may be read before the locks.
SELECT offer.rider_id, array_agg(part.order_id) AS order_ids
FROM offers AS offer JOIN offer_deliveries AS part ON part.offer_id = offer.id
WHERE offer.id = $1
GROUP BY offer.rider_id

-- name: lock_offers
-- After the orders' rows and the rider's.
SELECT id, city_id, rider_id, status, made_at, expires_at, answered_at, because, pickup_eta_at
FROM offers
WHERE id = ANY ($1::text[])
ORDER BY id
FOR NO KEY UPDATE

-- name: list_offer_deliveries
SELECT offer_id, delivery_id, order_id, assignment_no, released_at
FROM offer_deliveries
WHERE offer_id = ANY ($1::text[])
ORDER BY offer_id, place

-- name: list_open_offers_on
SELECT DISTINCT offer.id
FROM offers AS offer JOIN offer_deliveries AS part ON part.offer_id = offer.id
WHERE offer.status = 'open' AND part.delivery_id = ANY ($1::text[])

-- name: find_open_offer_of_rider
SELECT id FROM offers WHERE rider_id = $1 AND status = 'open'

-- name: close_offer
-- Compare and set: only an open offer has an end.
UPDATE offers SET status = $2, answered_at = $3, because = $4 WHERE id = $1 AND status = 'open' RETURNING id

-- name: mark_won
UPDATE offer_deliveries SET assignment_no = $3 WHERE offer_id = $1 AND delivery_id = $2

-- name: release_winner
UPDATE offer_deliveries SET released_at = $2, released_because = $3
WHERE delivery_id = $1 AND assignment_no IS NOT NULL AND released_at IS NULL
