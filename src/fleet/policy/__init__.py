"""Decisions: facts in, event, verdict or refusal out."""
