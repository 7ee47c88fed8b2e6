-- name: insert_pairing
-- No row where another pairing has this very code.
INSERT INTO pairings (id, code_hash, role, subject_id, store_ids, scopes, is_manager, label, made_by_role, made_by, made_at,
    expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (code_hash) DO NOTHING
RETURNING id

-- name: sweep_pairings
-- Codes of long ago open nothing; devices say by themselves who paired them.
DELETE FROM pairings WHERE expires_at < $1

-- name: lock_pairing
UPDATE pairings SET tries = tries + 1 WHERE code_hash = $1
RETURNING id, role, subject_id, store_ids, scopes, is_manager, label, made_by_role, made_by, expires_at, claimed_at,
    claimed_from, device_id

-- name: mark_claimed
UPDATE pairings SET claimed_at = $2, claimed_from = $3, device_id = $4 WHERE id = $1 AND claimed_at IS NULL
