"""Reads: from the stores straight to an answer."""
