"""How orders enter and are answered: own channel, manual entry, platforms, the completeness check."""
