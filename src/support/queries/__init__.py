"""Reads: what the desk sees of everything."""
