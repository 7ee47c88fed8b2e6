"""One commented file makes a city: read and checked whole, then written in one transaction."""
