-- name: insert_escalation
INSERT INTO escalations (id, kind, status, ticket_id, order_id, store_id, opened_at)
VALUES ($1, $2, 'open', $3, $4, $5, $6)
ON CONFLICT (ticket_id, kind) WHERE status = 'open' DO NOTHING
RETURNING id

-- name: find_escalation
SELECT id, kind, status, ticket_id, order_id, store_id, opened_at, closed_at, help FROM escalations WHERE id = $1

-- name: lock_escalation
SELECT id, kind, status, ticket_id, order_id, store_id, opened_at, closed_at, help
FROM escalations WHERE id = $1 FOR UPDATE

-- name: list_open_escalations
-- Whom to call and about what, in one read: oldest first, as it waits longest.
SELECT call.id, call.kind, call.ticket_id, call.order_id, call.store_id, call.opened_at, ticket.short_number,
       ticket.status AS ticket_status, ticket.accept_by, ticket.ready_by, store.name AS store_name,
       store.phone AS store_phone, store.city_id
FROM escalations AS call
JOIN tickets AS ticket ON ticket.id = call.ticket_id
JOIN stores AS store ON store.id = call.store_id
WHERE call.status = 'open' AND call.id > $1
ORDER BY call.id
LIMIT $2

-- name: resolve_escalation
UPDATE escalations SET status = 'resolved', closed_at = $2, closed_by_id = $3, help = $4::jsonb
WHERE id = $1 AND status = 'open'

-- name: drop_escalations
UPDATE escalations SET status = 'moot', closed_at = $3, closed_because = $4
WHERE ticket_id = $1 AND kind = ANY ($2::text[]) AND status = 'open'
