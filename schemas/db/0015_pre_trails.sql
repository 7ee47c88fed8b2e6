-- Where riders have been, a partition for each day by the phones' clocks, so that forgetting a day is dropping a table.
CREATE TABLE trail_points (
    rider_id text NOT NULL,
    device_at timestamptz NOT NULL,
    lat double precision NOT NULL,
    lon double precision NOT NULL,
    accuracy_m double precision NOT NULL,
    speed_mps double precision,
    bearing_deg double precision,
    battery double precision,
    is_mock boolean NOT NULL,
    source text NOT NULL,
    skew_ms bigint NOT NULL,
    received_at timestamptz NOT NULL,
    activity text,
    PRIMARY KEY (rider_id, device_at)
) PARTITION BY RANGE (device_at);

CREATE FUNCTION ensure_trail_day(day date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    name text := 'trail_points_' || to_char(day, 'YYYYMMDD');
BEGIN
    IF to_regclass(name) IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('trail_points'));
    EXECUTE format(
        'CREATE TABLE IF NOT EXISTS %I PARTITION OF trail_points FOR VALUES FROM (%L) TO (%L)',
        name, day::text || ' 00:00+00', (day + 1)::text || ' 00:00+00');
END
$$;

CREATE FUNCTION drop_trail_days(before date) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    name text;
    dropped integer := 0;
BEGIN
    FOR name IN
        SELECT child.relname FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
        WHERE inhparent = 'trail_points'::regclass AND child.relname < 'trail_points_' || to_char(before, 'YYYYMMDD')
    LOOP
        EXECUTE format('DROP TABLE IF EXISTS %I', name);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$$;
