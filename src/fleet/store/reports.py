from datetime import datetime
from typing import Final

import msgspec

from fleet.model.reports import Filed, Report
from infra.db import Tx
from infra.sql import load
from kernel.ids import DeliveryId, ReportId

_sql: Final = load("fleet")


async def insert_report(
    tx: Tx, delivery_id: DeliveryId, report: Report, filed: Filed, *, reporter_id: str, now: datetime
) -> None:
    """Keep a report with its answer."""
    await tx.execute(
        _sql.insert_report, reporter_id, report.report_id, delivery_id, report.kind, filed.fingerprint,
        report.occurred_at, now, filed.outcome, filed.why,
    )  # fmt: skip


async def find_report(tx: Tx, reporter_id: str, report_id: ReportId) -> Filed | None:
    """Return how this report was answered first."""
    row = await tx.fetchrow(_sql.find_report, reporter_id, report_id)
    return msgspec.convert(dict(row), Filed) if row else None
