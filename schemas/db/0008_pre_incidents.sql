-- What happened to riders on their way, and what the desk did about it.

CREATE TABLE incidents (
    id text PRIMARY KEY CHECK (id ~ '^inc_[0-9A-Z]{26}$'),
    city_id text NOT NULL REFERENCES cities (id),
    delivery_id text NOT NULL REFERENCES deliveries (id),
    order_id text NOT NULL REFERENCES orders (id),
    rider_id text NOT NULL REFERENCES riders (id),
    report_id text NOT NULL, -- the phone's own: a report sent twice opens one incident
    fingerprint text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('sos', 'accident', 'vehicle', 'traffic', 'weather', 'other')),
    is_urgent boolean NOT NULL,
    note text NOT NULL,
    lat double precision,
    lon double precision,
    delivery_status text NOT NULL, -- as it was when the report came in
    occurred_at timestamptz NOT NULL,
    reported_at timestamptz NOT NULL,
    status text NOT NULL CHECK (status IN ('open', 'resolved')),
    plan text CHECK (plan IN ('wait', 'other_route', 'hand_over', 'return', 'remake', 'none')),
    plan_note text,
    resolved_by_id text,
    resolved_at timestamptz,
    UNIQUE (rider_id, report_id),
    CHECK ((lat IS NULL) = (lon IS NULL)),
    CHECK ((status = 'resolved') = (resolved_at IS NOT NULL)),
    CHECK ((status = 'resolved') = (plan IS NOT NULL))
);
CREATE INDEX incidents_open ON incidents (id) WHERE status = 'open';
CREATE INDEX incidents_order ON incidents (order_id);
