-- name: insert_device
INSERT INTO devices (id, role, subject_id, store_ids, scopes, is_manager, label, name, paired_by_role, paired_by, salt,
    refresh_hash, created_at, last_seen_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)

-- name: lock_device
SELECT id, role, subject_id, store_ids, scopes, is_manager, label, name, paired_by_role, paired_by, salt, refresh_no, used_no,
    refresh_hash, previous_hash, previous_until, created_at, last_seen_at, revoked_at
FROM devices WHERE id = $1 FOR UPDATE

-- name: rotate_device
UPDATE devices
SET refresh_no = refresh_no + 1, refresh_hash = $2, previous_hash = refresh_hash, previous_until = $3, last_seen_at = $4
WHERE id = $1

-- name: mark_used
-- Locked in one order: every process writes what it saw, of the same devices at the same time.
WITH seen AS (
    SELECT devices.id, used.no
    FROM devices JOIN unnest($1::text[], $2::integer[]) AS used (id, no) ON used.id = devices.id
    WHERE devices.used_no < used.no
    ORDER BY devices.id
    FOR UPDATE OF devices
)
UPDATE devices SET used_no = seen.no FROM seen WHERE devices.id = seen.id AND devices.used_no < seen.no

-- name: revoke_device
-- The first to revoke it stays on record. Every process is told when this is committed.
WITH revoked AS (
    UPDATE devices SET revoked_at = $2, revoked_by = $3, revoked_because = $4
    WHERE id = $1 AND revoked_at IS NULL
    RETURNING 1
)
SELECT pg_notify('recado_revocations', '') FROM revoked

-- name: list_devices
SELECT id, role, subject_id, store_ids, scopes, is_manager, label, name, paired_by_role, paired_by, created_at, last_seen_at,
    revoked_at, revoked_by, revoked_because
FROM devices
WHERE ($1::text[] IS NULL OR (role = 'merchant' AND store_ids && $1 AND store_ids <@ $1))
  AND ($2::boolean IS NULL OR (revoked_at IS NULL) = $2)
  AND ($3::text IS NULL OR id < $3)
ORDER BY id DESC
LIMIT $4

-- name: list_revoked
-- What rests on these may still be in somebody's hands: whatever was revoked longer ago has run out by itself.
SELECT id FROM devices WHERE revoked_at > $1
UNION ALL
SELECT id FROM share_links WHERE revoked_at > $1
UNION ALL
SELECT id FROM phone_links WHERE revoked_at > $1
