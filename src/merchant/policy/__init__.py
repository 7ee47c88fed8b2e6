"""Decisions of the kitchen: facts in, answer or refusal out."""
