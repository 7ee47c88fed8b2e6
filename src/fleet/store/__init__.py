"""SQL and Redis in, model out; no decisions."""
