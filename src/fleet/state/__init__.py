"""One lifecycle, one table: deliveries, offers and shifts."""
