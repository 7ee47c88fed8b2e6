-- What a city's file names by keys of its own: which object each key became, and what the file said of it last.

-- An import changes what the file says differently from the last time, and nothing that people changed since.
CREATE TABLE import_keys (
    city_id text NOT NULL REFERENCES cities (id),
    kind text NOT NULL CHECK (kind IN (
        'city', 'zone', 'merchant', 'store', 'item', 'operator', 'staff', 'rider', 'rule')),
    key text NOT NULL, -- an item's is store/item, a store's rule's is store/rule
    object_id text NOT NULL, -- a rule has no id: its name stands here
    content jsonb NOT NULL,
    imported_at timestamptz NOT NULL, -- when the content was last different
    PRIMARY KEY (city_id, kind, key)
);
CREATE UNIQUE INDEX import_keys_city ON import_keys (key) WHERE kind = 'city';
