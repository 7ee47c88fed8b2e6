"""Cities, zones, time zones, and rules as data with owner and history."""
