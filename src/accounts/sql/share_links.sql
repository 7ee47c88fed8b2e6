-- name: insert_share_link
INSERT INTO share_links (id, token_hash, order_id, made_by_role, made_by, made_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: lock_order_shares
-- Two at once count one after the other.
SELECT pg_advisory_xact_lock(hashtextextended('share links ' || $1, 0))

-- name: count_open_shares
SELECT count(*) FROM share_links WHERE order_id = $1 AND revoked_at IS NULL AND expires_at > $2

-- name: find_share_link
SELECT id, order_id, made_by_role, made_by, expires_at, revoked_at FROM share_links WHERE id = $1

-- name: find_share_link_by_token
SELECT id, order_id, made_by_role, made_by, expires_at, revoked_at FROM share_links WHERE token_hash = $1

-- name: revoke_share_link
-- The first to revoke it stays on record. Every process is told when this is committed.
WITH revoked AS (
    UPDATE share_links SET revoked_at = $2, revoked_by = $3 WHERE id = $1 AND revoked_at IS NULL RETURNING 1
)
SELECT pg_notify('recado_revocations', '') FROM revoked
