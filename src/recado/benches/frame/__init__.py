"""What every bench stands on: an installation of its own, cores, load, and how figures are told."""
