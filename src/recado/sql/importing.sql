-- What files of cities have named; one import at a time.

-- name: lock_imports
SELECT pg_advisory_xact_lock(hashtext('recado.importing'))

-- name: find_imported_city
SELECT object_id FROM import_keys WHERE kind = 'city' AND key = $1

-- name: list_import_keys
SELECT kind, key, object_id, content FROM import_keys WHERE city_id = $1

-- name: write_import_key
INSERT INTO import_keys (city_id, kind, key, object_id, content, imported_at)
VALUES ($1, $2, $3, $4, $5::jsonb, $6)
ON CONFLICT (city_id, kind, key) DO UPDATE
SET object_id = excluded.object_id, content = excluded.content, imported_at = excluded.imported_at
