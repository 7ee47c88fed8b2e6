-- What every package stands on: domain time, facts on their way, deadlines, requests made twice.

-- Domain time = domain_at + (wall - wall_at) * rate. One row, read by every process. Rate 0: it stands and is moved by hand.
CREATE TABLE domain_clock (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    domain_at timestamptz NOT NULL,
    wall_at timestamptz NOT NULL,
    rate double precision NOT NULL CHECK (rate >= 0),
    is_simulated boolean NOT NULL
);
INSERT INTO domain_clock (domain_at, wall_at, rate, is_simulated)
VALUES ('2000-01-01T00:00:00Z', '2000-01-01T00:00:00Z', 1, false);

-- Heads of the numbered streams that are not an order's own: stores, riders. Order rows number theirs themselves.
CREATE TABLE streams (
    id text PRIMARY KEY,
    seq bigint NOT NULL,
    epoch text NOT NULL
);

-- History and outbox in one: a fact stays for ever, `is_sent` says whether everybody was told.
CREATE TABLE events (
    position bigint GENERATED ALWAYS AS IDENTITY,
    id text PRIMARY KEY CHECK (id ~ '^evt_[0-9A-Z]{26}$'),
    stream_id text NOT NULL,
    seq bigint NOT NULL CHECK (seq > 0),
    shard smallint NOT NULL CHECK (shard BETWEEN 0 AND 63),
    type text NOT NULL,
    feeds text[] NOT NULL,
    actor_role text NOT NULL,
    actor_id text NOT NULL,
    cause text NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    payload jsonb NOT NULL,
    is_sent boolean NOT NULL DEFAULT false,
    UNIQUE (stream_id, seq)
);
CREATE INDEX events_unsent ON events (shard, position) WHERE NOT is_sent;
CREATE INDEX events_position ON events (position);

-- A store's or a rider's own numbered feed: which event stands at which number.
CREATE TABLE feed_entries (
    feed_id text NOT NULL,
    seq bigint NOT NULL,
    event_id text NOT NULL REFERENCES events (id),
    PRIMARY KEY (feed_id, seq),
    UNIQUE (event_id, feed_id)
);

-- How far each consumer has come in each stream: a fact told twice changes nothing.
CREATE TABLE consumed (
    consumer text NOT NULL,
    stream_id text NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (consumer, stream_id)
);

CREATE TABLE timers (
    id text PRIMARY KEY CHECK (id ~ '^tmr_[0-9A-Z]{26}$'),
    kind text NOT NULL,
    subject_id text NOT NULL,
    payload jsonb NOT NULL,
    due_at timestamptz NOT NULL,
    try_at timestamptz NOT NULL, -- due_at, later after a failed attempt
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'fired', 'cancelled')),
    attempts integer NOT NULL DEFAULT 0,
    claimed_until timestamptz, -- wall time; guards the few kinds that talk to the outside and so cannot hold a row lock
    settled_at timestamptz,
    settled_because text
);
CREATE INDEX timers_due ON timers (try_at) WHERE status = 'pending';
CREATE INDEX timers_subject ON timers (subject_id, kind) WHERE status = 'pending';

CREATE TABLE idempotency_keys (
    caller_id text NOT NULL,
    key text NOT NULL,
    fingerprint text NOT NULL,
    body text NOT NULL,
    answered_at timestamptz NOT NULL,
    PRIMARY KEY (caller_id, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (answered_at);
