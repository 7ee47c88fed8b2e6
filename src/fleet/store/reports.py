from typing import Any, Final

import msgspec

from fleet.model.reports import Filed, Report
from infra.db import Tx
from infra.sql import load
from kernel.events import Act
from kernel.ids import DeliveryId, ReportId

_sql: Final = load("fleet")
_json: Final = msgspec.json.Encoder()


async def insert_report(
    tx: Tx, delivery_id: DeliveryId, report: Report, filed: Filed, *, facts: dict[str, Any], act: Act
) -> None:
    """Keep a report with its answer and everything it said but the code."""
    await tx.execute(
        _sql.insert_report, act.actor.id, report.report_id, delivery_id, report.kind, filed.fingerprint,
        report.occurred_at, act.now, filed.outcome, filed.why, _json.encode(facts).decode(),
    )  # fmt: skip


async def find_report(tx: Tx, reporter_id: str, report_id: ReportId) -> Filed | None:
    """Return how this report was answered first."""
    row = await tx.fetchrow(_sql.find_report, reporter_id, report_id)
    return msgspec.convert(dict(row), Filed) if row else None
