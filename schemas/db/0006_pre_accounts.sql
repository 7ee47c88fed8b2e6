-- People's devices, the codes that pair them, and the links that show one order. Every instant here is wall time, as that
-- of tokens. Of no secret there is more than a hash: a code's and a repeated claim's are keyed with the token secret.

CREATE TABLE pairings (
    id text PRIMARY KEY CHECK (id ~ '^pai_[0-9A-Z]{26}$'),
    code_hash bytea NOT NULL UNIQUE,
    role text NOT NULL,
    subject_id text NOT NULL,
    store_ids text[] NOT NULL DEFAULT '{}',
    scopes text[] NOT NULL DEFAULT '{}',
    is_manager boolean NOT NULL DEFAULT false,
    label text NOT NULL,
    made_by_role text NOT NULL,
    made_by text NOT NULL,
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    claimed_at timestamptz,
    claimed_from bytea, -- a keyed hash of address and device name: whoever sends the claim again
    device_id text,
    tries integer NOT NULL DEFAULT 0, -- how often the code was presented
    CHECK ((claimed_at IS NULL) = (device_id IS NULL))
);
CREATE INDEX pairings_expiry ON pairings (expires_at);

CREATE TABLE devices (
    id text PRIMARY KEY CHECK (id ~ '^dev_[0-9A-Z]{26}$'),
    role text NOT NULL,
    subject_id text NOT NULL,
    store_ids text[] NOT NULL DEFAULT '{}',
    scopes text[] NOT NULL DEFAULT '{}',
    is_manager boolean NOT NULL DEFAULT false,
    label text NOT NULL, -- what it is called by whoever paired it
    name text NOT NULL, -- what it calls itself
    paired_by_role text NOT NULL,
    paired_by text NOT NULL,
    salt bytea NOT NULL, -- its refresh tokens are made with it and the token secret, its hash below tells the right one
    refresh_no integer NOT NULL DEFAULT 0 CHECK (refresh_no >= 0),
    refresh_hash bytea NOT NULL,
    previous_hash bytea,
    previous_until timestamptz,
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_by text,
    revoked_because text CHECK (revoked_because IN ('asked', 'ended', 'replayed')),
    CHECK ((previous_hash IS NULL) = (previous_until IS NULL)),
    CHECK ((revoked_at IS NULL) = (revoked_by IS NULL) AND (revoked_at IS NULL) = (revoked_because IS NULL))
);
CREATE INDEX devices_stores ON devices USING gin (store_ids);
CREATE INDEX devices_revoked ON devices (revoked_at) WHERE revoked_at IS NOT NULL;

CREATE TABLE share_links (
    id text PRIMARY KEY CHECK (id ~ '^shr_[0-9A-Z]{26}$'),
    token_hash bytea NOT NULL UNIQUE,
    order_id text NOT NULL,
    made_by_role text NOT NULL,
    made_by text NOT NULL,
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > made_at),
    revoked_at timestamptz,
    revoked_by text,
    CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);
CREATE INDEX share_links_order ON share_links (order_id);
CREATE INDEX share_links_revoked ON share_links (revoked_at) WHERE revoked_at IS NOT NULL;
