"""The composition root: settings, wiring, routes, workers, commands. The only package that knows all."""
