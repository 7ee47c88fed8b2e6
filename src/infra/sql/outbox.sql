-- name: append_events
-- One statement for all events of a step; the notice wakes the relays when the transaction commits.
WITH written AS (
    INSERT INTO events (id, stream_id, seq, shard, type, feeds, actor_role, actor_id, cause, occurred_at, recorded_at, payload)
    SELECT fact.id, $1, $2 + fact.place, $3, fact.type, string_to_array(fact.feeds, ' '), $7, $8, $9, $10, $11, fact.payload::jsonb
    FROM unnest($4::text[], $5::text[], $6::text[], $12::text[]) WITH ORDINALITY AS fact (id, type, feeds, payload, place)
    RETURNING 1
)
SELECT pg_notify('recado_events', '') FROM written LIMIT 1

-- name: advance_stream
INSERT INTO streams (id, seq, epoch) VALUES ($1, $2, $3)
ON CONFLICT (id) DO UPDATE SET seq = streams.seq + excluded.seq
RETURNING seq

-- name: fetch_unsent
-- $3 are streams that wait after a failed reaction: left in, they would fill the batch and starve the others.
SELECT position, id, stream_id, seq, type, feeds, actor_role, actor_id, cause, occurred_at, recorded_at, payload
FROM events
WHERE NOT is_sent AND shard = ANY ($1::smallint[]) AND stream_id <> ALL ($3::text[])
ORDER BY position
LIMIT $2

-- name: number_feed_entries
-- Streams are locked in id order; an event numbered before a crash keeps its number.
WITH pair AS (
    SELECT event.id AS event_id, event.position, feed.id AS feed_id
    FROM events AS event CROSS JOIN unnest(event.feeds) AS feed (id)
    WHERE event.id = ANY ($1::text[])
      AND NOT EXISTS (SELECT FROM feed_entries AS entry WHERE entry.event_id = event.id AND entry.feed_id = feed.id)
), head AS (
    INSERT INTO streams (id, seq, epoch)
    SELECT feed_id, count(*), $2 FROM pair GROUP BY feed_id ORDER BY feed_id
    ON CONFLICT (id) DO UPDATE SET seq = streams.seq + excluded.seq
    RETURNING id, seq
)
INSERT INTO feed_entries (feed_id, seq, event_id)
SELECT pair.feed_id,
       head.seq - count(*) OVER (PARTITION BY pair.feed_id) + row_number() OVER (PARTITION BY pair.feed_id ORDER BY pair.position),
       pair.event_id
FROM pair JOIN head ON head.id = pair.feed_id

-- name: fetch_feed_numbers
SELECT entry.feed_id, entry.seq, entry.event_id
FROM feed_entries AS entry
WHERE entry.event_id = ANY ($1::text[])
ORDER BY entry.feed_id, entry.seq

-- name: mark_sent
UPDATE events SET is_sent = true WHERE id = ANY ($1::text[])

-- name: claim_fact
-- The row lock keeps a second relay, left over from a lost connection, from telling the same fact at the same time.
INSERT INTO consumed (consumer, stream_id, seq) VALUES ($1, $2, $3)
ON CONFLICT (consumer, stream_id) DO UPDATE SET seq = excluded.seq WHERE consumed.seq < excluded.seq
RETURNING seq

-- name: count_unsent
SELECT count(*) FROM events WHERE NOT is_sent

-- name: try_shard
SELECT pg_try_advisory_lock(7401, $1)

-- name: release_shard
SELECT pg_advisory_unlock(7401, $1)

-- name: end_session_when_silent
SELECT set_config('idle_session_timeout', $1, false)

-- name: beat
SELECT 1

-- name: join_relays
SELECT pg_advisory_lock_shared(7402, 0)

-- name: count_relays
-- The view lists the locks of all databases of the server.
SELECT count(*) FROM pg_locks
WHERE locktype = 'advisory' AND classid = 7402 AND objsubid = 2 AND granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())

-- name: list_heads
-- Read only while nothing is unsent: what is still on its way has no number in the stores' and riders' feeds yet.
SELECT feed_id, max(seq) AS seq, max(position) AS position
FROM (
    SELECT stream_id AS feed_id, seq, position FROM events WHERE position > $1
    UNION ALL
    SELECT entry.feed_id, entry.seq, event.position
    FROM events AS event JOIN feed_entries AS entry ON entry.event_id = event.id
    WHERE event.position > $1
) AS grown
GROUP BY feed_id
