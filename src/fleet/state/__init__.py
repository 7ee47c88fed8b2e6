"""One lifecycle, one table: deliveries and offers."""
