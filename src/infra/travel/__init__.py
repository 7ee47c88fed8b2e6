"""How long a way takes: a port with adapters. Room for a road graph, OSRM, Valhalla."""
