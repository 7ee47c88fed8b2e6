-- What customers were promised, what they know now, and every change of it with its cause.

-- The window is fixed when the order is placed; only how it came out is added.
CREATE TABLE promises (
    order_id text PRIMARY KEY REFERENCES orders (id),
    promised_from timestamptz NOT NULL,
    promised_by timestamptz NOT NULL CHECK (promised_by > promised_from),
    eta_at timestamptz NOT NULL,
    rule_version bigint NOT NULL,
    made_at timestamptz NOT NULL,
    outcome text CHECK (outcome IN ('kept', 'broken', 'moot')),
    settled_at timestamptz,
    CHECK ((outcome IS NULL) = (settled_at IS NULL))
);

-- One order's progress as estimates need it, and the estimate its customer knows.
CREATE TABLE etas (
    order_id text PRIMARY KEY REFERENCES promises (order_id),
    delivery_id text,
    store_lat double precision NOT NULL,
    store_lon double precision NOT NULL,
    dropoff_lat double precision NOT NULL,
    dropoff_lon double precision NOT NULL,
    placed_at timestamptz NOT NULL,
    prep_s integer NOT NULL CHECK (prep_s >= 0),
    vehicle text NOT NULL,
    travel_s integer NOT NULL CHECK (travel_s >= 0),
    before text[] NOT NULL DEFAULT '{}', -- the deliveries the rider drops off first
    accepted_at timestamptz,
    ready_by timestamptz,
    ready_at timestamptz,
    assigned_at timestamptz,
    pickup_eta_at timestamptz,
    arrived_at_pickup_at timestamptz,
    picked_up_at timestamptz,
    arrived_at_dropoff_at timestamptz,
    was_reassigned boolean NOT NULL DEFAULT false,
    eta_at timestamptz NOT NULL,
    low_at timestamptz NOT NULL,
    high_at timestamptz NOT NULL,
    revision_no integer NOT NULL DEFAULT 0,
    is_breach_expected boolean NOT NULL DEFAULT false,
    is_over boolean NOT NULL DEFAULT false
);
CREATE INDEX etas_delivery ON etas (delivery_id) WHERE delivery_id IS NOT NULL;

CREATE TABLE eta_revisions (
    order_id text NOT NULL REFERENCES etas (order_id),
    revision_no integer NOT NULL,
    was_at timestamptz NOT NULL,
    eta_at timestamptz NOT NULL,
    cause text NOT NULL CHECK (cause IN (
        'acceptance_awaited', 'kitchen_estimate', 'prep_extended', 'kitchen_late', 'food_ready', 'rider_awaited',
        'rider_assigned', 'rider_reassigned', 'waiting_at_pickup', 'other_stop_first', 'picked_up', 'arrived', 'traffic')),
    breaks_promise boolean NOT NULL,
    rule_version bigint NOT NULL,
    revised_at timestamptz NOT NULL,
    PRIMARY KEY (order_id, revision_no)
);
