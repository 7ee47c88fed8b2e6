"""Postgres, Redis, events on their way, timers, problem documents. No business words."""
