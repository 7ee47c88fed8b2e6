-- Who comes for the food, as a kitchen may know them: {"rider_id", "first_name", "vehicle", "pickup_eta_at"}.

ALTER TABLE tickets ADD COLUMN rider jsonb;
