"""Live feeds: numbered facts that are never lost, and positions where only the latest counts. No business words."""
