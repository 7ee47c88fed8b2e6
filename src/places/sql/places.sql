-- name: insert_city
INSERT INTO cities (id, name, country, currency, time_zone, lat, lon, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: find_city
SELECT id, name, country, currency, time_zone, lat, lon FROM cities WHERE id = $1

-- name: lock_city
-- Not FOR UPDATE: what is being placed in the city refers to it and must not wait.
SELECT id, name, country, currency, time_zone, lat, lon FROM cities WHERE id = $1 FOR NO KEY UPDATE

-- name: update_city
UPDATE cities SET name = $2, lat = $3, lon = $4 WHERE id = $1

-- name: list_cities
SELECT id, name, country, currency, time_zone, lat, lon FROM cities ORDER BY id

-- name: insert_zone
INSERT INTO zones (id, city_id, name, polygon, created_at) VALUES ($1, $2, $3, $4::jsonb, $5)

-- name: update_zone
UPDATE zones SET name = $2, polygon = $3::jsonb WHERE id = $1 RETURNING id

-- name: list_zones
SELECT id, city_id, name, polygon FROM zones ORDER BY id

-- name: list_city_ids
SELECT id FROM cities ORDER BY id

-- name: list_city_zones
SELECT id, city_id, name, polygon FROM zones WHERE city_id = $1 ORDER BY id

-- name: insert_rule
INSERT INTO rules (name, scope_id, value, valid_from, owner_id, reason, created_at)
VALUES ($1, $2, $3::jsonb, $4, $5, $6, $7)
RETURNING version

-- name: find_rule
-- The narrowest scope that has a rule wins; `$2` lists scopes from narrow to wide, '' for everybody last.
SELECT version, value FROM rules
WHERE name = $1 AND scope_id = ANY ($2::text[]) AND valid_from <= $3
ORDER BY array_position($2::text[], scope_id), valid_from DESC, version DESC
LIMIT 1

-- name: list_rules_in_force
-- Of each rule and scope the version that holds now; `$2` narrows to one city or store, beside what holds for everybody.
SELECT DISTINCT ON (name, scope_id) version, name, scope_id, value, valid_from, owner_id, reason FROM rules
WHERE valid_from <= $1 AND ($2::text IS NULL OR scope_id IN ('', $2))
ORDER BY name, scope_id, valid_from DESC, version DESC

-- name: list_rules
SELECT version, name, scope_id, value, valid_from, owner_id, reason FROM rules
WHERE name = $1 ORDER BY version DESC LIMIT $2
