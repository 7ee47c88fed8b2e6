"""What the bench asks its own processes."""

import msgspec

from kernel.actors import Role


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Something to do or to tell."""


class AreYouReady(Question, frozen=True, kw_only=True, tag=True):
    """Answer once you are."""


class CountGaps(Question, frozen=True, kw_only=True, tag=True):
    """Tell how often facts had to be looked up that Redis did not bring."""


class Write(Question, frozen=True, kw_only=True, tag=True):
    """Write a frame so often to every open socket's transport, no further ahead of the watchers than `ahead`."""

    frame: bytes
    times: int
    ahead: int


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """One watcher to be: of which order, in which role, with whose token."""

    order: int  # its place in the bench's list
    order_id: str
    role: Role
    token: str
    is_inspected: bool = False  # reads every message in full


class Open(Question, frozen=True, kw_only=True, tag=True):
    """Connect these watchers, and answer once each has its snapshot."""

    port: int
    seats: list[Seat]


class Expect(Question, frozen=True, kw_only=True, tag=True):
    """Forget what was counted: something begins."""


class Tell(Question, frozen=True, kw_only=True, tag=True):
    """Tell what arrived since."""


class Leave(Question, frozen=True, kw_only=True, tag=True):
    """Close every socket."""


class Arrival(msgspec.Struct, frozen=True, array_like=True):
    """A position that a watcher got: of which order in the bench's list, when by the monotonic clock, and where."""

    order: int
    role: Role
    at_ns: int
    lat: float


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What arrived since `Expect`: numbered messages by order, the last number each of its watchers has, and faults."""

    events: int
    prepared: int
    content_bytes: int  # of the last numbered message of each watcher, together
    sockets: int
    last_seqs: dict[str, tuple[int, int]]  # by order id: the lowest and the highest
    arrivals: list[Arrival]
    inspected: int  # messages read in full
    faults: list[str]
