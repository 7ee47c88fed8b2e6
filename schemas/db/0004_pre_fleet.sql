-- Who carries it: riders and their time, deliveries, offers with one winner, what phones reported, why dispatch chose.

CREATE TABLE riders (
    id text PRIMARY KEY CHECK (id ~ '^rdr_[0-9A-Z]{26}$'),
    city_id text NOT NULL REFERENCES cities (id),
    name text NOT NULL,
    phone text NOT NULL,
    vehicle text NOT NULL CHECK (vehicle IN ('foot', 'bicycle', 'motorcycle', 'car')),
    capacity integer NOT NULL CHECK (capacity BETWEEN 1 AND 20),
    standing_version bigint NOT NULL DEFAULT 0, -- grows with every change of availability; Redis keeps the highest
    created_at timestamptz NOT NULL
);
CREATE INDEX riders_city ON riders (city_id, id);
CREATE UNIQUE INDEX riders_phone ON riders (city_id, phone);

CREATE TABLE shifts (
    id text PRIMARY KEY CHECK (id ~ '^shf_[0-9A-Z]{26}$'),
    rider_id text NOT NULL REFERENCES riders (id),
    city_id text NOT NULL REFERENCES cities (id),
    status text NOT NULL CHECK (status IN ('on', 'break', 'ended')),
    vehicle text NOT NULL CHECK (vehicle IN ('foot', 'bicycle', 'motorcycle', 'car')),
    capacity integer NOT NULL CHECK (capacity BETWEEN 1 AND 20),
    started_at timestamptz NOT NULL,
    planned_end_at timestamptz,
    ended_at timestamptz,
    misses_in_row integer NOT NULL DEFAULT 0,
    started_lat double precision, -- where the phone was then: dispatch starts from it until the first ping
    started_lon double precision,
    CHECK ((status = 'ended') = (ended_at IS NOT NULL)),
    CHECK ((started_lat IS NULL) = (started_lon IS NULL))
);
CREATE UNIQUE INDEX shifts_one_open ON shifts (rider_id) WHERE status <> 'ended';
CREATE INDEX shifts_working ON shifts (city_id) WHERE status = 'on';

-- Connected and engaged time are separate ledgers; a span is open until its end is written.
CREATE TABLE shift_spans (
    shift_id text NOT NULL REFERENCES shifts (id),
    kind text NOT NULL CHECK (kind IN ('connected', 'break', 'engaged')),
    started_at timestamptz NOT NULL,
    ended_at timestamptz CHECK (ended_at >= started_at)
);
CREATE UNIQUE INDEX shift_spans_one_open ON shift_spans (shift_id, kind) WHERE ended_at IS NULL;
CREATE INDEX shift_spans_shift ON shift_spans (shift_id);

CREATE TABLE deliveries (
    id text PRIMARY KEY CHECK (id ~ '^dlv_[0-9A-Z]{26}$'),
    order_id text NOT NULL UNIQUE REFERENCES orders (id),
    city_id text NOT NULL REFERENCES cities (id),
    zone_id text,
    store_id text NOT NULL,
    status text NOT NULL CHECK (status IN (
        'unassigned', 'offered', 'assigned', 'arrived_at_pickup', 'picked_up', 'arrived_at_dropoff', 'delivered',
        'returning', 'returned', 'failed', 'cancelled')),
    rider_id text REFERENCES riders (id),
    assignment_no integer NOT NULL DEFAULT 0,
    ladder_round integer NOT NULL DEFAULT 1, -- grows when everybody in reach said no; the reach grows with it
    pickup_lat double precision NOT NULL,
    pickup_lon double precision NOT NULL,
    pickup_name text NOT NULL,
    pickup_address text NOT NULL,
    pickup_note text NOT NULL,
    dropoff_lat double precision NOT NULL,
    dropoff_lon double precision NOT NULL,
    dropoff_name text NOT NULL,
    dropoff_address text NOT NULL,
    dropoff_note text NOT NULL,
    item_count integer NOT NULL,
    collect_minor bigint NOT NULL CHECK (collect_minor >= 0),
    currency text NOT NULL,
    needs_code boolean NOT NULL,
    code_tries integer NOT NULL DEFAULT 0,
    implied text[] NOT NULL DEFAULT '{}', -- steps a later one implied and no phone has reported yet
    opened_at timestamptz NOT NULL,
    wanted_at timestamptz, -- the store accepted
    ready_by timestamptz,
    ready_at timestamptz,
    pickup_eta_at timestamptz,
    assigned_at timestamptz,
    arrived_at_pickup_at timestamptz,
    picked_up_at timestamptz,
    arrived_at_dropoff_at timestamptz,
    ended_at timestamptz,
    end_reason text,
    CHECK (
        (rider_id IS NOT NULL)
        OR status IN ('unassigned', 'offered', 'cancelled')
    ),
    CHECK ((status IN ('delivered', 'returned', 'failed', 'cancelled')) = (ended_at IS NOT NULL))
);
CREATE INDEX deliveries_searching ON deliveries (city_id) WHERE status IN ('unassigned', 'offered') AND wanted_at IS NOT NULL;
CREATE INDEX deliveries_rider ON deliveries (rider_id) WHERE ended_at IS NULL AND rider_id IS NOT NULL;
CREATE INDEX deliveries_rider_past ON deliveries (rider_id, ended_at DESC) WHERE ended_at IS NOT NULL AND rider_id IS NOT NULL;

CREATE TABLE offers (
    id text PRIMARY KEY CHECK (id ~ '^off_[0-9A-Z]{26}$'),
    city_id text NOT NULL REFERENCES cities (id),
    rider_id text NOT NULL REFERENCES riders (id),
    status text NOT NULL CHECK (status IN ('open', 'accepted', 'declined', 'expired', 'withdrawn')),
    is_by_hand boolean NOT NULL, -- an operator assigned it: accepted as it was made
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    answered_at timestamptz,
    because text, -- why declined or withdrawn
    stops jsonb NOT NULL,
    pickup_eta_at timestamptz,
    distance_m integer NOT NULL CHECK (distance_m >= 0),
    pay_minor bigint NOT NULL CHECK (pay_minor >= 0),
    currency text NOT NULL,
    CHECK ((status = 'open') = (answered_at IS NULL))
);
CREATE UNIQUE INDEX offers_one_open ON offers (rider_id) WHERE status = 'open';
CREATE INDEX offers_rider ON offers (rider_id, id DESC);

CREATE TABLE offer_deliveries (
    offer_id text NOT NULL REFERENCES offers (id),
    place integer NOT NULL, -- in the order of the drop-offs
    delivery_id text NOT NULL REFERENCES deliveries (id),
    order_id text NOT NULL,
    ladder_round integer NOT NULL,
    assignment_no integer, -- set when this offer won the delivery
    released_at timestamptz, -- unassigned again
    released_because text,
    PRIMARY KEY (offer_id, delivery_id)
);
-- Exactly one winner, whatever the code does.
CREATE UNIQUE INDEX offer_deliveries_one_winner ON offer_deliveries (delivery_id)
WHERE assignment_no IS NOT NULL AND released_at IS NULL;
CREATE UNIQUE INDEX offer_deliveries_assignment ON offer_deliveries (delivery_id, assignment_no)
WHERE assignment_no IS NOT NULL;
CREATE INDEX offer_deliveries_delivery ON offer_deliveries (delivery_id);

-- Every status report of a phone (or, by hand, of an operator) with its first answer; a repeat gets the same one.
CREATE TABLE delivery_reports (
    reporter_id text NOT NULL,
    report_id text NOT NULL,
    delivery_id text NOT NULL REFERENCES deliveries (id),
    move text NOT NULL,
    fingerprint text NOT NULL,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('applied', 'unapplied', 'refused')),
    why text, -- not applied because …
    facts jsonb NOT NULL, -- what it said, but never the code
    PRIMARY KEY (reporter_id, report_id)
);
CREATE INDEX delivery_reports_delivery ON delivery_reports (delivery_id);

-- Why dispatch did what it did: one row per delivery and decision, written when the answer changes.
CREATE TABLE dispatch_decisions (
    id text PRIMARY KEY CHECK (id ~ '^dec_[0-9A-Z]{26}$'),
    city_id text NOT NULL REFERENCES cities (id),
    delivery_id text NOT NULL REFERENCES deliveries (id),
    decided_at timestamptz NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('offered', 'waits', 'nobody')),
    offer_id text REFERENCES offers (id),
    rider_id text REFERENCES riders (id),
    why text NOT NULL,
    ladder_round integer NOT NULL,
    riders_seen integer NOT NULL,
    candidates jsonb NOT NULL, -- the best ten
    rule_version text NOT NULL
);
CREATE INDEX dispatch_decisions_delivery ON dispatch_decisions (delivery_id, id DESC);
