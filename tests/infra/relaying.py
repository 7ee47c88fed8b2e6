"""A relay's listeners in tests: an announcer and a consumer that remember."""

import asyncio
from collections import Counter, defaultdict

from infra.relay import Consumer

TYPES = ("test.noted", "test.noted_at_store")


class Watching:
    """An announcer that remembers; it refuses while `is_broken`."""

    def __init__(self):
        self.heard = []
        self.is_broken = False

    async def announce(self, numbered):
        if self.is_broken:
            raise ConnectionError("the feed store is away")
        self.heard += [(feed_id, seq) for feed_id, seq, _ in numbered]


class Reacting:
    """A consumer that writes down what it took, and raises for streams it is told to choke on."""

    def __init__(self, *, slow_s=0.0):
        self.took = []
        self.chokes_on = set()
        self.attempts = Counter()
        self.slow_s = slow_s

    async def __call__(self, tx, fact, act):
        self.attempts[fact.stream_id] += 1
        if fact.stream_id in self.chokes_on:
            raise ValueError(fact.stream_id)
        await asyncio.sleep(self.slow_s)
        self.took.append((fact.stream_id, fact.seq))

    def consumer(self, name="test"):
        return Consumer(name, dict.fromkeys(TYPES, self))

    def by_stream(self):
        found = defaultdict(list)
        for stream_id, seq in self.took:
            found[stream_id].append(seq)
        return dict(found)
