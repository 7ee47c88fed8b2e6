"""What was promised and paid: the order's lifecycle and numbering, prices, the payment ledger, cancellation."""
