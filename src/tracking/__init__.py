"""What the customer sees: the promise, the estimate and why it changed, progress, where the rider is."""
