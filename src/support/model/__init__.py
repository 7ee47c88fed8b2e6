"""What the desk knows, and what it is told."""
