-- Of which refresh token it is known that the device got it: until then the one before goes on working, as the answer may
-- have got lost. Of devices that are paired already we take it that they did.

ALTER TABLE devices ADD COLUMN used_no integer NOT NULL DEFAULT 0;
UPDATE devices SET used_no = refresh_no;
