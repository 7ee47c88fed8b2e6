-- What is cooked and by when: merchants, stores, menus with stock, kitchen tickets, calls for help about them.

CREATE TABLE merchants (
    id text PRIMARY KEY CHECK (id ~ '^mer_[0-9A-Z]{26}$'),
    name text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE stores (
    id text PRIMARY KEY CHECK (id ~ '^sto_[0-9A-Z]{26}$'),
    merchant_id text NOT NULL REFERENCES merchants (id),
    city_id text NOT NULL REFERENCES cities (id),
    name text NOT NULL,
    phone text NOT NULL,
    address text NOT NULL,
    lat double precision NOT NULL,
    lon double precision NOT NULL,
    time_zone text NOT NULL, -- the city's when the store was set up
    opening_hours jsonb NOT NULL, -- {"monday": [{"opens": "11:00", "closes": "23:30"}], …}; {} is always open
    default_prep_minutes integer NOT NULL CHECK (default_prep_minutes BETWEEN 1 AND 120),
    auto_accept boolean NOT NULL,
    busy_extra_minutes integer CHECK (busy_extra_minutes BETWEEN 1 AND 90),
    busy_until timestamptz,
    paused_until timestamptz,
    created_at timestamptz NOT NULL,
    CHECK ((busy_extra_minutes IS NULL) = (busy_until IS NULL))
);
CREATE INDEX stores_merchant ON stores (merchant_id, id);
CREATE INDEX stores_city ON stores (city_id, id);

-- An item that goes off the menu keeps its row and its id: it may come back, and past orders name it.
CREATE TABLE menu_items (
    id text PRIMARY KEY CHECK (id ~ '^itm_[0-9A-Z]{26}$'),
    store_id text NOT NULL REFERENCES stores (id),
    external_ref text NOT NULL,
    name text NOT NULL,
    price_minor bigint NOT NULL CHECK (price_minor >= 0),
    is_available boolean NOT NULL,
    stock_count integer CHECK (stock_count >= 0), -- null: not counted
    removed_at timestamptz,
    UNIQUE (store_id, external_ref)
);

CREATE TABLE tickets (
    id text PRIMARY KEY CHECK (id ~ '^tkt_[0-9A-Z]{26}$'),
    order_id text NOT NULL UNIQUE REFERENCES orders (id),
    store_id text NOT NULL REFERENCES stores (id),
    short_number integer NOT NULL,
    status text NOT NULL CHECK (status IN (
        'offered', 'accepted', 'preparing', 'ready', 'handed_over', 'rejected', 'expired', 'withdrawn')),
    lines jsonb NOT NULL,
    rule_version bigint NOT NULL, -- of the acceptance rules that set the window; 0: the default in code
    offered_at timestamptz NOT NULL,
    accept_by timestamptz NOT NULL,
    is_window_extended boolean NOT NULL DEFAULT false,
    reminders_sent integer NOT NULL DEFAULT 0,
    prep_minutes integer CHECK (prep_minutes BETWEEN 1 AND 120),
    ready_by timestamptz,
    extended_minutes integer NOT NULL DEFAULT 0 CHECK (extended_minutes BETWEEN 0 AND 30),
    accepted_at timestamptz,
    preparing_at timestamptz,
    ready_at timestamptz,
    rider_arrived_at timestamptz, -- a rider waits at the counter
    ended_at timestamptz,
    end_reason text,
    cancellation_answer_by timestamptz,
    items_disputed jsonb NOT NULL DEFAULT '[]',
    items_disputed_seq bigint NOT NULL DEFAULT 0, -- the order's number of the rider's last complaint
    items_answered_seq bigint NOT NULL DEFAULT 0, -- and up to which number it was answered
    CHECK ((status IN ('handed_over', 'rejected', 'expired', 'withdrawn')) = (ended_at IS NOT NULL)),
    CHECK (status NOT IN ('accepted', 'preparing', 'ready', 'handed_over') OR ready_by IS NOT NULL)
);
CREATE INDEX tickets_store ON tickets (store_id, id);
CREATE INDEX tickets_open ON tickets (store_id, id) WHERE ended_at IS NULL;

-- The first answer to each request of a tablet; whoever repeats the request gets it again.
CREATE TABLE ticket_answers (
    ticket_id text NOT NULL REFERENCES tickets (id),
    answer text NOT NULL,
    fingerprint text NOT NULL,
    body text NOT NULL,
    answered_at timestamptz NOT NULL,
    PRIMARY KEY (ticket_id, answer, fingerprint)
);

CREATE TABLE escalations (
    id text PRIMARY KEY CHECK (id ~ '^esc_[0-9A-Z]{26}$'),
    kind text NOT NULL CHECK (kind IN ('not_accepted', 'not_ready')),
    status text NOT NULL CHECK (status IN ('open', 'resolved', 'moot')),
    ticket_id text NOT NULL REFERENCES tickets (id),
    order_id text NOT NULL REFERENCES orders (id),
    store_id text NOT NULL REFERENCES stores (id),
    opened_at timestamptz NOT NULL,
    closed_at timestamptz,
    closed_because text, -- of one that settled itself
    closed_by_id text,
    help jsonb, -- whom the desk reached, why it happened, what was done
    CHECK ((status = 'open') = (closed_at IS NULL)),
    CHECK ((status = 'resolved') = (help IS NOT NULL))
);
CREATE UNIQUE INDEX escalations_one_open ON escalations (ticket_id, kind) WHERE status = 'open';
CREATE INDEX escalations_open ON escalations (id) WHERE status = 'open';
