"""Stores, hours, menus, kitchen tickets: accepted, prepared and ready in time."""
