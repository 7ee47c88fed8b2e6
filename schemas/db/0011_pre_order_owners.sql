-- Which operator takes care of an order that is stuck.

CREATE TABLE order_owners (
    order_id text PRIMARY KEY REFERENCES orders (id),
    operator_id text NOT NULL,
    since_at timestamptz NOT NULL,
    note text NOT NULL
);
