"""Words everyone shares: ids, money, places on earth, time, errors, events. Pure; imports nothing of ours."""
