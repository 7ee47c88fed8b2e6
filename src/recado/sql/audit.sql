-- What must hold in the database after a day, each as how much was checked and what breaks it.

-- name: audit_feeds
-- A rider's or store's feed numbers its own facts and those of orders in one sequence; an order's is its stream.
SELECT coalesce(sum(feed.length), 0) AS checked,
       coalesce(array_agg(feed.id || ' has ' || feed.length || ' numbers from ' || feed.tail || ' to ' || feed.head)
           FILTER (WHERE feed.length <> feed.head OR feed.tail <> 1 OR feed.numbers <> feed.length), '{}') AS faults
FROM (
    SELECT id, count(*) AS length, count(DISTINCT seq) AS numbers, min(seq) AS tail, max(seq) AS head
    FROM (SELECT stream_id AS id, seq FROM events UNION ALL SELECT feed_id, seq FROM feed_entries) AS numbered
    GROUP BY id
) AS feed

-- name: audit_heads
-- The order row that hands out the numbers, and the events that carry them, must agree.
SELECT count(*) AS checked,
       coalesce(array_agg(sold.id || ' stands at ' || sold.seq || ', its events at ' || coalesce(told.head, 0))
           FILTER (WHERE sold.seq <> coalesce(told.head, 0)), '{}') AS faults
FROM orders AS sold LEFT JOIN (SELECT stream_id, max(seq) AS head FROM events GROUP BY 1) AS told ON told.stream_id = sold.id

-- name: audit_untold
SELECT count(*) AS checked,
       coalesce(array_agg(stream_id || '/' || seq) FILTER (WHERE NOT is_sent), '{}') AS faults
FROM events

-- name: audit_refunds
SELECT count(*) AS checked,
       coalesce(array_agg(ledger.order_id || ' refunds ' || ledger.refunded_minor || ' of ' || ledger.captured_minor)
           FILTER (WHERE ledger.refunded_minor > ledger.captured_minor), '{}') AS faults
FROM (
    SELECT order_id,
           coalesce(sum(amount_minor) FILTER (WHERE kind = 'refund' AND status <> 'refused'), 0) AS refunded_minor,
           coalesce(sum(amount_minor) FILTER (WHERE kind = 'capture' AND status = 'settled'), 0) AS captured_minor
    FROM payment_entries GROUP BY order_id
) AS ledger

-- name: audit_payments
-- What was delivered is paid for, once; nothing is still asked of a provider.
SELECT count(*) AS checked,
       coalesce(array_agg(sold.id || ' is ' || sold.status || ', captured ' || paid.captured_minor || ' of '
           || sold.total_minor || ', ' || paid.open || ' requests open')
           FILTER (WHERE paid.open > 0
               OR (sold.status IN ('delivered', 'completed') AND paid.captured_minor <> sold.total_minor)), '{}') AS faults
FROM orders AS sold
CROSS JOIN LATERAL (
    SELECT coalesce(sum(amount_minor) FILTER (WHERE kind = 'capture' AND status = 'settled'), 0) AS captured_minor,
           count(*) FILTER (WHERE status = 'requested') AS open
    FROM payment_entries WHERE order_id = sold.id
) AS paid

-- name: audit_winners
-- At most one standing winner for each delivery, and it is the rider who carried it.
SELECT count(*) AS checked,
       coalesce(array_agg(carried.id || ' is ' || carried.status || ' with ' || won.winners || ' winners')
           FILTER (WHERE won.winners > 1
               OR (carried.status = 'delivered' AND (won.winners <> 1 OR won.rider_id <> carried.rider_id))), '{}') AS faults
FROM deliveries AS carried
CROSS JOIN LATERAL (
    SELECT count(*) AS winners, min(offer.rider_id) AS rider_id
    FROM offer_deliveries AS part JOIN offers AS offer ON offer.id = part.offer_id
    WHERE part.delivery_id = carried.id AND part.assignment_no IS NOT NULL AND part.released_at IS NULL
) AS won

-- name: audit_offers
-- Every offer came to an end, and only accepted ones won anything.
SELECT count(*) AS checked,
       coalesce(array_agg(asked.id || ' is ' || asked.status || ' with ' || asked.won || ' deliveries won')
           FILTER (WHERE asked.status = 'open' OR (asked.won > 0) <> (asked.status = 'accepted')), '{}') AS faults
FROM (
    SELECT offer.id, offer.status, count(part.assignment_no) AS won
    FROM offers AS offer LEFT JOIN offer_deliveries AS part ON part.offer_id = offer.id
    GROUP BY offer.id
) AS asked

-- name: audit_deadlines
-- $1: domain time. Nothing due is left over, and nothing failed on the way.
SELECT count(*) AS checked,
       coalesce(array_agg(kind || ' of ' || subject_id || ' is ' || status || ' after ' || attempts || ' attempts')
           FILTER (WHERE (status = 'pending' AND due_at <= $1) OR try_at <> due_at), '{}') AS faults
FROM timers

-- name: measure_deadlines
SELECT count(*) AS fired,
       max(late_s) AS late_max_s,
       percentile_cont(0.99) WITHIN GROUP (ORDER BY late_s) AS late_p99_s
FROM (
    SELECT extract(epoch FROM settled_at - due_at)::double precision AS late_s FROM timers WHERE status = 'fired'
) AS fired

-- name: list_numbered
-- Everything that stands in these feeds: an order's own stream, a store's or a rider's entries.
SELECT stream_id AS feed_id, seq, type FROM events WHERE stream_id = ANY ($1::text[])
UNION ALL
SELECT entry.feed_id, entry.seq, event.type
FROM feed_entries AS entry JOIN events AS event ON event.id = entry.event_id
WHERE entry.feed_id = ANY ($1::text[])
ORDER BY feed_id, seq

-- name: list_lives
-- Every order, delivery and ticket as it ended, with what happened to its order, in order.
SELECT sold.id AS order_id, sold.status AS order_status, carried.status AS delivery_status, cooked.status AS ticket_status,
       array_agg(event.type ORDER BY event.seq) AS types
FROM orders AS sold
JOIN events AS event ON event.stream_id = sold.id
LEFT JOIN deliveries AS carried ON carried.order_id = sold.id
LEFT JOIN tickets AS cooked ON cooked.order_id = sold.id
GROUP BY sold.id, carried.status, cooked.status
