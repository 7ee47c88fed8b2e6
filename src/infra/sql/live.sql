-- name: moved_streams
-- Of those that stand where they are known to stand nothing is said: it is asked again and again.
SELECT streams.id, streams.epoch, streams.seq
FROM unnest($1::text[], $2::bigint[], $3::text[]) AS known (id, seq, epoch)
JOIN streams ON streams.id = known.id
WHERE streams.seq <> known.seq OR streams.epoch <> known.epoch

-- name: begin_stream
INSERT INTO streams (id, seq, epoch) VALUES ($1, 0, $2) ON CONFLICT (id) DO NOTHING

-- name: fetch_feed_after
-- A feed is the stream of that name and the entries addressed to it: one counter numbers both.
SELECT number, position, id, stream_id, seq, type, feeds, actor_role, actor_id, cause, occurred_at, recorded_at, payload
FROM (
    (
        SELECT seq AS number, id AS event_id
        FROM events
        WHERE stream_id = $1 AND seq > $2
        ORDER BY seq
        LIMIT $3
    )
    UNION ALL
    (
        SELECT seq, event_id
        FROM feed_entries
        WHERE feed_id = $1 AND seq > $2
        ORDER BY seq
        LIMIT $3
    )
) AS entry
JOIN events ON events.id = entry.event_id
ORDER BY number
LIMIT $3
