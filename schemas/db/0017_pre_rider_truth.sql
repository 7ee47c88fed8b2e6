-- What is made of riders' positions: how far they are to be believed, how they move, which stops they were seen at.

CREATE TABLE rider_truth (
    rider_id text PRIMARY KEY REFERENCES riders (id),
    suspicion_bp integer NOT NULL DEFAULT 0 CHECK (suspicion_bp BETWEEN 0 AND 10000), -- as of seen_at
    is_suspected boolean NOT NULL DEFAULT false, -- out of matching
    evidence jsonb NOT NULL DEFAULT '[]', -- what counts against the rider
    motion text CHECK (motion IN ('moving', 'stopped', 'on_foot')),
    phone jsonb, -- what the phone last told about itself
    state jsonb NOT NULL DEFAULT '{}', -- what the next position is held against
    seen_at timestamptz, -- of the last position, by the phone's corrected clock
    changed_at timestamptz -- is_suspected did
) WITH (fillfactor = 70); -- rewritten with every batch of positions; no column of it is indexed

-- Whom an operator believed although there was evidence, and why.
CREATE TABLE rider_trusts (
    rider_id text NOT NULL REFERENCES riders (id),
    trusted_at timestamptz NOT NULL,
    operator_id text NOT NULL,
    reason text NOT NULL,
    suspicion_bp integer NOT NULL,
    codes text[] NOT NULL, -- the evidence looked at
    PRIMARY KEY (rider_id, trusted_at)
);

-- A fact, not a step: riders or operators complete stops.
CREATE TABLE stop_visits (
    rider_id text NOT NULL REFERENCES riders (id),
    delivery_id text NOT NULL REFERENCES deliveries (id),
    stop text NOT NULL CHECK (stop IN ('pickup', 'dropoff')),
    entered_at timestamptz NOT NULL, -- by the phone's clock
    left_at timestamptz,
    PRIMARY KEY (delivery_id, stop, rider_id, entered_at)
);
