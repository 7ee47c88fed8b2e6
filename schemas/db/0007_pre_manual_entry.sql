-- Orders an operator typed in wait until somebody has read them again; an order that is held says since when.

ALTER TABLE orders ADD COLUMN held_at timestamptz;

CREATE TABLE manual_entries (
    order_id text PRIMARY KEY REFERENCES orders (id),
    status text NOT NULL CHECK (status IN ('awaited', 'confirmed', 'refused', 'expired', 'moot')),
    typed_by_id text NOT NULL,
    typed_at timestamptz NOT NULL,
    is_another_needed boolean NOT NULL, -- whoever typed it may not confirm it
    confirm_by timestamptz NOT NULL, -- from then on it is shown as stuck
    expires_at timestamptz NOT NULL CHECK (expires_at >= confirm_by),
    rule_version bigint NOT NULL,
    answered_by_id text,
    answered_at timestamptz,
    reason text NOT NULL DEFAULT '',
    CHECK ((status = 'awaited') = (answered_at IS NULL))
);
