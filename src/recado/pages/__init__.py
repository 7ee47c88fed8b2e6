"""The pages: server-rendered shells that speak the public API and the feeds like any client."""
