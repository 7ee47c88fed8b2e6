"""HTTP and sockets; no rules."""
