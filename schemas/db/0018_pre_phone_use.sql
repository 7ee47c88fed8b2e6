-- When a rider's own app last sent a position, so that the desk sees which links are in use.

ALTER TABLE phone_links ADD COLUMN last_sent_at timestamptz; -- wall time, to five minutes
