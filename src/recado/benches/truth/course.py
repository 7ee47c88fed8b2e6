"""What is made of positions, held against what is known to be true. Nothing is installed, nothing is timed."""

from typing import Final

from recado.benches.frame.figures import Result, at_least, at_most
from recado.benches.frame.plan import Outcome, Plan
from recado.benches.truth import arrivals, motion, suspicion
from recado.benches.truth.spoofs import SPOOFS
from recado.benches.truth.traces import Trace, load, split

# Constants of the policies were chosen on seeds below 30,000. These have never been looked at but by this bench;
# those from 500,000 on were, when one of them showed a fault.
REPORTED: Final = 2_000_000
SHIFTS, SHIFTS_QUICK = 600, 60
SPOOFS_EACH, SPOOFS_EACH_QUICK = 200, 25
MOTION_F1, ARRIVAL_F1, RECALL, FALSE_RATE = 0.92, 0.95, 0.95, 0.01
NO_TRACES: Final = (
    "No traces were given (--traces PATH of Amazon's GOAL archive): motion was not measured, and the honest were "
    "simulated riders only."
)


async def run(plan: Plan) -> Outcome:
    """Measure all of it; the traces only where they are."""
    traces = load(plan.traces) if plan.traces is not None else []
    fitted, held_out = split(traces)
    results = [_motion(fitted, held_out)] if held_out else []
    results += [*_arrivals(plan), *_spoofs(plan), *_honest(plan, held_out)]
    return Outcome(results=results, notes=notes(traces, held_out))


def _motion(fitted: list[Trace], held_out: list[Trace]) -> Result:
    threshold_mps = motion.fit_baseline(fitted)
    return Result(
        name="on foot, F1 held out",
        unit="beside a threshold",
        samples=[motion.score(held_out).f1],
        references=[motion.score_baseline(held_out, threshold_mps).f1],
        target=at_least(MOTION_F1, of="value"),
    )


def _arrivals(plan: Plan) -> list[Result]:
    seeds = range(REPORTED, REPORTED + (SHIFTS_QUICK if plan.is_quick else SHIFTS))
    told = sum((arrivals.score(seed) for seed in seeds), arrivals.Told())
    again = told.again / max(1, told.counts.hits)
    return [
        Result(name="arrival, F1", unit="visits", samples=[told.counts.f1], target=at_least(ARRIVAL_F1, of="value")),
        Result(name="told twice", unit="share of visits", samples=[again], target=at_most(0, of="value")),
    ]


def _spoofs(plan: Plan) -> list[Result]:
    count = SPOOFS_EACH_QUICK if plan.is_quick else SPOOFS_EACH
    shares: list[tuple[str, float]] = []
    for number, kind in enumerate(SPOOFS):
        begin = REPORTED + 100_000 * (number + 1)
        caught = [suspicion.is_caught(kind, seed) for seed in range(begin, begin + count)]
        shares.append((kind, sum(caught) / count))
    whole = sum(share for _, share in shares) / len(shares)
    each = [Result(name=kind, unit="share caught", samples=[share]) for kind, share in shares]
    return [
        Result(name="spoofs", unit="share caught", samples=[whole], target=at_least(RECALL, of="value")),
        *each,
    ]


def _honest(plan: Plan, held_out: list[Trace]) -> list[Result]:
    count = SHIFTS_QUICK if plan.is_quick else SHIFTS
    begin = REPORTED + 50_000
    simulated = [suspicion.is_honest_shift_flagged(seed) for seed in range(begin, begin + count)]
    real = [suspicion.is_trace_flagged(trace) for trace in held_out]
    everybody = [*simulated, *real]
    whole = sum(everybody) / len(everybody)
    parts = [("simulated shifts", simulated), *([("real traces, held out", real)] if real else [])]
    return [
        Result(name="honest", unit="share flagged", samples=[whole], target=at_most(FALSE_RATE, of="value")),
        *(Result(name=name, unit="share flagged", samples=[sum(of) / len(of)]) for name, of in parts),
    ]


def notes(traces: list[Trace], held_out: list[Trace]) -> list[str]:
    """Return what must be known to read the figures."""
    seeds = f"Seeds from {REPORTED:,} on; constants were chosen on seeds below 30,000."
    if not held_out:
        return [NO_TRACES, seeds]
    return [f"{len(held_out)} of {len(traces)} traces are held out. Traces: Amazon GOAL, CC-BY-4.0.", seeds]
