-- Where a shift began serves dispatch until the first ping, and is forgotten with its end: also of those that ended before.

UPDATE shifts SET started_lat = NULL, started_lon = NULL WHERE status = 'ended' AND started_lat IS NOT NULL;
