-- name: insert_phone_link
INSERT INTO phone_links (id, token_hash, rider_id, label, made_by_role, made_by, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: lock_riders_phones
-- Two at once count one after the other.
SELECT pg_advisory_xact_lock(hashtextextended('phone links ' || $1, 0))

-- name: count_open_phones
SELECT count(*) FROM phone_links WHERE rider_id = $1 AND revoked_at IS NULL

-- name: find_phone_link_by_token
SELECT id, rider_id, label, made_by_role, made_by, made_at FROM phone_links WHERE token_hash = $1 AND revoked_at IS NULL

-- name: list_phone_links
SELECT id, rider_id, label, made_by_role, made_by, made_at, last_sent_at, revoked_at, revoked_by
FROM phone_links
WHERE rider_id = $1
ORDER BY id DESC
LIMIT $2

-- name: mark_phones_sent
-- Locked in one order: every process writes what it heard, of the same links at the same time.
WITH heard AS (
    SELECT link.id, sent.at
    FROM phone_links AS link JOIN unnest($1::text[], $2::timestamptz[]) AS sent (id, at) ON sent.id = link.id
    WHERE link.last_sent_at IS NULL OR link.last_sent_at < sent.at
    ORDER BY link.id
    FOR NO KEY UPDATE OF link
)
UPDATE phone_links AS link SET last_sent_at = greatest(link.last_sent_at, heard.at) FROM heard WHERE link.id = heard.id

-- name: revoke_phone_link
-- The first to revoke it stays on record. Every process is told when this is committed.
WITH known AS (
    SELECT id FROM phone_links WHERE id = $1 AND rider_id = $2
), revoked AS (
    UPDATE phone_links SET revoked_at = $3, revoked_by = $4 WHERE id = $1 AND rider_id = $2 AND revoked_at IS NULL RETURNING 1
), told AS (
    SELECT pg_notify('recado_revocations', '') FROM revoked
)
SELECT known.id FROM known LEFT JOIN told ON true
