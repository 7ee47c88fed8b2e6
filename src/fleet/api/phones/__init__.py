"""Stock apps as riders' phones: one module for each protocol, and one table of them."""
