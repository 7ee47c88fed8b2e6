"""A day of orders played by clients of the public API: riders, kitchens, customers. Imports `kernel` alone."""
