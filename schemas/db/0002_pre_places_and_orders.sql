-- Cities, zones and rules as data; the order with its own numbering; the payment ledger; cancellations.

CREATE TABLE cities (
    id text PRIMARY KEY CHECK (id ~ '^cty_[0-9A-Z]{26}$'),
    name text NOT NULL,
    country text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    time_zone text NOT NULL,
    lat double precision NOT NULL,
    lon double precision NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE zones (
    id text PRIMARY KEY CHECK (id ~ '^zon_[0-9A-Z]{26}$'),
    city_id text NOT NULL REFERENCES cities (id),
    name text NOT NULL,
    polygon jsonb NOT NULL, -- [{"lat": …, "lon": …}, …], a simple ring
    created_at timestamptz NOT NULL
);
CREATE INDEX zones_city ON zones (city_id);

-- A rule is a name and a value from a date on, for everybody, one city, or one store (the narrowest wins).
CREATE TABLE rules (
    version bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    scope_id text NOT NULL, -- '' for everybody, else a city's or store's id
    value jsonb NOT NULL,
    valid_from timestamptz NOT NULL,
    owner_id text NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    created_at timestamptz NOT NULL
);
CREATE INDEX rules_lookup ON rules (name, scope_id, valid_from DESC, version DESC);

CREATE SEQUENCE order_short_numbers MINVALUE 1 MAXVALUE 9999 CYCLE;

CREATE TABLE orders (
    id text PRIMARY KEY CHECK (id ~ '^ord_[0-9A-Z]{26}$'),
    short_number integer NOT NULL,
    seq bigint NOT NULL DEFAULT 0,
    epoch text NOT NULL,
    status text NOT NULL CHECK (status IN (
        'received', 'held_for_review', 'placed', 'accepted', 'preparing', 'ready', 'picked_up', 'delivered',
        'completed', 'rejected', 'expired', 'cancelled', 'returned')),
    city_id text NOT NULL REFERENCES cities (id),
    store_id text NOT NULL,
    customer_id text NOT NULL,
    platform_id text,
    external_id text,
    rider_id text,
    customer_name text NOT NULL,
    customer_phone text NOT NULL,
    dropoff_address text NOT NULL,
    dropoff_note text NOT NULL,
    dropoff_lat double precision NOT NULL,
    dropoff_lon double precision NOT NULL,
    dropoff_code text NOT NULL,
    lines jsonb NOT NULL,
    currency text NOT NULL,
    items_minor bigint NOT NULL CHECK (items_minor >= 0),
    delivery_fee_minor bigint NOT NULL CHECK (delivery_fee_minor >= 0),
    tip_minor bigint NOT NULL CHECK (tip_minor >= 0),
    total_minor bigint NOT NULL CHECK (total_minor = items_minor + delivery_fee_minor + tip_minor),
    payment_method text NOT NULL CHECK (payment_method IN ('cash', 'card', 'prepaid')),
    change_for_minor bigint CHECK (change_for_minor >= 0),
    problems jsonb NOT NULL DEFAULT '[]',
    prep_minutes integer,
    ready_by timestamptz,
    received_at timestamptz NOT NULL,
    placed_at timestamptz,
    accepted_at timestamptz,
    preparing_at timestamptz,
    ready_at timestamptz,
    picked_up_at timestamptz,
    delivered_at timestamptz,
    completed_at timestamptz,
    ended_at timestamptz,
    end_reason text,
    CHECK ((platform_id IS NULL) = (external_id IS NULL))
);
CREATE UNIQUE INDEX orders_external ON orders (platform_id, external_id) WHERE platform_id IS NOT NULL;
CREATE INDEX orders_customer ON orders (customer_id, id DESC);
CREATE INDEX orders_store ON orders (store_id, id DESC);
CREATE INDEX orders_open ON orders (city_id, id) WHERE ended_at IS NULL;

-- Every movement of money, asked for and answered. An entry's id is the provider's idempotency key.
CREATE TABLE payment_entries (
    id text PRIMARY KEY CHECK (id ~ '^led_[0-9A-Z]{26}$'),
    order_id text NOT NULL REFERENCES orders (id),
    kind text NOT NULL CHECK (kind IN ('authorise', 'capture', 'void', 'refund')),
    amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
    currency text NOT NULL,
    provider text NOT NULL CHECK (provider IN ('cash', 'card', 'prepaid')),
    status text NOT NULL CHECK (status IN ('requested', 'settled', 'refused')),
    reason text NOT NULL,
    token text, -- what the provider gave the customer's app for this one payment; emptied once used
    provider_ref text,
    requested_at timestamptz NOT NULL,
    settled_at timestamptz
);
CREATE INDEX payment_entries_order ON payment_entries (order_id, id);
-- A hold is placed once, taken once, or let go once.
CREATE UNIQUE INDEX payment_entries_once ON payment_entries (order_id, kind)
WHERE kind <> 'refund' AND status <> 'refused';

CREATE TABLE cancellations (
    id text PRIMARY KEY CHECK (id ~ '^cnl_[0-9A-Z]{26}$'),
    order_id text NOT NULL REFERENCES orders (id),
    status text NOT NULL CHECK (status IN ('asked', 'agreed', 'refused', 'lapsed', 'executed', 'moot')),
    quote_version text NOT NULL,
    reason text NOT NULL,
    asked_role text NOT NULL,
    asked_id text NOT NULL,
    asked_at timestamptz NOT NULL,
    answer_by timestamptz,
    answered_role text,
    answered_id text,
    answered_at timestamptz,
    fee_minor bigint NOT NULL,
    refund_minor bigint NOT NULL
);
CREATE UNIQUE INDEX cancellations_open ON cancellations (order_id) WHERE status = 'asked';
CREATE INDEX cancellations_order ON cancellations (order_id, id);
