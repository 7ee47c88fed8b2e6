-- Addresses to which apps that are not ours send where a rider is. The instants are wall time, as those of all that lets
-- people in; of the secret in the address there is no more than its hash.

CREATE TABLE phone_links (
    id text PRIMARY KEY CHECK (id ~ '^phn_[0-9A-Z]{26}$'),
    token_hash bytea NOT NULL UNIQUE,
    rider_id text NOT NULL,
    label text NOT NULL, -- what it is called by whoever made it
    made_by_role text NOT NULL,
    made_by text NOT NULL,
    made_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_by text,
    CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);
CREATE INDEX phone_links_rider ON phone_links (rider_id, id);
CREATE INDEX phone_links_revoked ON phone_links (revoked_at) WHERE revoked_at IS NOT NULL;
