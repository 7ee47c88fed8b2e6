"""What fleet knows. No I/O; nobody else imports it."""
