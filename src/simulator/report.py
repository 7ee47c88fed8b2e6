"""The day's table and its invariants, for a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from simulator.figures import EtaError, Figures, Finding

SHOWN_FAULTS = 5


def print_report(console: Console, title: str, figures: Figures, findings: Sequence[Finding]) -> None:
    """Print what the day came to and what was checked."""
    table = Table(title=title, title_justify="left", show_header=False)
    for label, value in _lines(figures):
        table.add_row(label, value)
    console.print(table)
    checks = Table(title="Invariants", title_justify="left", show_header=False)
    for finding in findings:
        checks.add_row(
            "[green]holds[/]" if finding.holds else "[red]broken[/]", escape(finding.name), f"{finding.checked:,}"
        )
        for fault in finding.faults[:SHOWN_FAULTS]:
            checks.add_row("", f"[red]{escape(fault)}[/]", "")
        if len(finding.faults) > SHOWN_FAULTS:
            checks.add_row("", f"and {len(finding.faults) - SHOWN_FAULTS} more", "")
    console.print(checks)


def _lines(figures: Figures) -> list[tuple[str, str]]:
    lost = ", ".join(f"{count} {reason}" for reason, count in figures.not_delivered.items())
    share = 100 * figures.delivered / figures.orders if figures.orders else 0.0
    lines = [
        ("orders", f"{figures.orders:,}"),
        ("delivered", f"{figures.delivered:,} ({share:.2f} %)"),
        ("not delivered", lost or "none"),
        ("click to door, mean", _minutes(figures.click_to_door_mean_min)),
        ("click to door, p95", _minutes(figures.click_to_door_p95_min)),
        ("ready to pickup, mean", _minutes(figures.ready_to_pickup_mean_min)),
        ("promise kept", "-" if figures.promise_kept_share is None else f"{100 * figures.promise_kept_share:.1f} %"),
        ("ETA when placed", _eta(figures.eta_at_placing)),
        ("ETA when picked up", _eta(figures.eta_at_pickup)),
        ("picked up after the shift's planned end", f"{figures.picked_up_after_shift:,}"),
    ]
    if figures.deadlines_fired is not None:
        rate, unit = (figures.rate, "s of wall time") if figures.rate else (1.0, "s")
        p99_s, max_s = (figures.deadlines_late_p99_s or 0) / rate, (figures.deadlines_late_max_s or 0) / rate
        late = f"late by {p99_s:.3f} {unit} p99, {max_s:.3f} at most"
        lines.append(("deadlines that fired", f"{figures.deadlines_fired:,}, {late}"))
    lines += [
        ("requests", f"{figures.requests:,}"),
        ("pings", ", ".join(f"{count:,} {verdict}" for verdict, count in sorted(figures.pings.items())) or "none"),
        ("reports sent late, for want of network", f"{figures.reports_sent_late:,}"),
        ("refusals", ", ".join(f"{count} {code}" for code, count in sorted(figures.refusals.items())) or "none"),
        ("numbered messages received", f"{figures.messages:,}"),
        ("instants played", f"{figures.instants:,}"),
        ("wall time", f"{figures.wall_s:.1f} s"),
    ]
    if figures.cpu_s:
        each = ", ".join(f"{name} {seconds:.1f}" for name, seconds in figures.cpu_s.items())
        lines.append(("CPU seconds", f"{sum(figures.cpu_s.values()):.1f} ({each})"))
    return lines


def _eta(error: EtaError | None) -> str:
    if error is None:
        return "-"
    return f"off by {error.mae_min:.1f} min on average, 90 % within {error.p90_min:.1f}, {_lean(error.bias_min)}"


def _lean(bias_min: float) -> str:
    return f"riders {abs(bias_min):.1f} min {'later' if bias_min > 0 else 'earlier'} than said"


def _minutes(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} min"
