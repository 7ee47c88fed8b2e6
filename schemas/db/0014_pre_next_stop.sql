-- Whether a delivery's order was told that its drop-off is the rider's next; without being told so it is not.

ALTER TABLE deliveries ADD COLUMN is_next_stop boolean NOT NULL DEFAULT false;
