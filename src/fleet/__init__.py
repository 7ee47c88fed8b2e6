"""Who carries it: riders, shifts, positions, offers, deliveries, dispatch."""
