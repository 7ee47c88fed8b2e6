"""Was a rider at a stop, from when to when? By the phone's clock, whatever order its positions come in.

Of a stop the state keeps only spans of time inside and outside its fence. A position from the past falls into its
place among them, so a late batch tells what a prompt one would have, once.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from fleet.model.positions import Position
from fleet.model.truth import Fence, Visit
from kernel.geo import flat_distance_m

# Chosen on tuning seeds of the simulated tracks; docs/benchmarks.md.
ENTER_M: Final = 45.0
EXIT_M: Final = 80.0
CREDIT_M: Final = 20.0  # of its own accuracy a position may use as much as this to be inside
DWELL_MS: Final = 40_000  # longer than most lights in front of the door
LEFT_MS: Final = 90_000  # outside for less than this is an echo, or the corner shop
SPANS: Final = 24  # remembered of a stop: some visits and every time of passing by


class Span(msgspec.Struct, frozen=True, array_like=True):
    """A time surely inside, or surely outside: between its ends nothing said otherwise."""

    from_ms: int
    to_ms: int
    is_inside: bool


class Told(msgspec.Struct, frozen=True, array_like=True):
    """A visit that was told, with the ends it was told with last."""

    entered_at_ms: int
    left_at_ms: int | None


class FenceState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of one stop."""

    spans: tuple[Span, ...] = ()
    told: tuple[Told, ...] = ()


class ArrivalState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The stops ahead, by their fences' keys."""

    stops: Mapping[str, FenceState] = {}


def watch(state: ArrivalState, fences: Sequence[Fence]) -> ArrivalState:
    """Forget the stops that are no longer ahead."""
    return ArrivalState(stops={fence.key: state.stops.get(fence.key, FenceState()) for fence in fences})


def step(state: ArrivalState, position: Position, fences: Sequence[Fence]) -> tuple[ArrivalState, tuple[Visit, ...]]:
    """Take one position, of whatever age; returns the visits that are new, or of which more is known now."""
    stops, visits = dict(state.stops), list[Visit]()
    for fence in fences:
        is_inside = _is_inside(fence, position) if position.measured_at_ms >= fence.since_ms else None
        if is_inside is None:
            continue
        before = stops.get(fence.key, FenceState())
        spans = _with(before.spans, position.device_at_ms, is_inside=is_inside)
        if spans != before.spans:
            stops[fence.key], news = _tell(fence, FenceState(spans=spans, told=before.told))
            visits += news
    return ArrivalState(stops=stops), tuple(visits)


def _is_inside(fence: Fence, position: Position) -> bool | None:
    """Tell whether this place is surely inside or surely outside; None between, or where its accuracy says neither."""
    away_m = flat_distance_m(fence.place, position.place)
    if away_m <= ENTER_M + min(position.accuracy_m, CREDIT_M):
        return True
    return False if away_m - position.accuracy_m > EXIT_M else None


def _with(spans: tuple[Span, ...], at_ms: int, *, is_inside: bool) -> tuple[Span, ...]:
    """Return the spans with one more instant: it joins its neighbours, or cuts what it contradicts in two."""
    pieces: list[Span] = []
    for span in spans:
        if span.from_ms < at_ms < span.to_ms and span.is_inside is not is_inside:
            pieces += [Span(span.from_ms, at_ms - 1, span.is_inside), Span(at_ms + 1, span.to_ms, span.is_inside)]
        else:
            pieces.append(span)
    if not any(span.from_ms <= at_ms <= span.to_ms for span in pieces):
        pieces.append(Span(at_ms, at_ms, is_inside))
    joined: list[Span] = []
    for span in sorted(pieces, key=lambda piece: piece.from_ms):
        if joined and joined[-1].is_inside is span.is_inside:
            joined[-1] = Span(joined[-1].from_ms, span.to_ms, span.is_inside)
        else:
            joined.append(span)
    return tuple(joined[-SPANS:])


def _tell(fence: Fence, known: FenceState) -> tuple[FenceState, list[Visit]]:
    told, visits = list(known.told), list[Visit]()
    for entered_at_ms, last_ms, left_at_ms in _stays(known.spans):
        left_ms = last_ms if left_at_ms is None else left_at_ms
        index = next((at for at, one in enumerate(told) if _overlap(one, entered_at_ms, left_ms)), None)
        is_new = index is None
        if is_new and last_ms - entered_at_ms < DWELL_MS:
            continue
        visit = Told(entered_at_ms if index is None else told[index].entered_at_ms, left_at_ms)
        if index is None:
            told.append(visit)
        elif told[index] == visit:
            continue
        else:
            told[index] = visit
        visits.append(_visit(fence, visit, is_new=is_new))
    return FenceState(spans=known.spans, told=tuple(told)), visits


def _stays(spans: Sequence[Span]) -> list[tuple[int, int, int | None]]:
    """Return each stay's first and last instant inside, and when it was over; a short time outside ends none."""
    stays: list[tuple[int, int, int | None]] = []
    for index, span in enumerate(spans):
        if not span.is_inside:
            if stays and stays[-1][2] is None and _is_over(spans, index):
                stays[-1] = (*stays[-1][:2], spans[index - 1].to_ms)
        elif stays and stays[-1][2] is None:
            stays[-1] = (stays[-1][0], span.to_ms, None)
        else:
            stays.append((span.from_ms, span.to_ms, None))
    return stays


def _is_over(spans: Sequence[Span], index: int) -> bool:
    """Tell whether the time outside at this index ends a stay: one place alone between two inside is an echo."""
    if index + 1 < len(spans) and spans[index].from_ms == spans[index].to_ms:
        return False
    until_ms = spans[index + 1].from_ms if index + 1 < len(spans) else spans[index].to_ms
    return until_ms - spans[index - 1].to_ms >= LEFT_MS


def _overlap(told: Told, entered_at_ms: int, left_ms: int) -> bool:
    return told.entered_at_ms <= left_ms and (told.left_at_ms is None or entered_at_ms <= told.left_at_ms)


def _visit(fence: Fence, visit: Told, *, is_new: bool) -> Visit:
    return Visit(
        delivery_id=fence.delivery_id,
        stop=fence.stop,
        entered_at_ms=visit.entered_at_ms,
        left_at_ms=visit.left_at_ms,
        is_new=is_new,
    )
