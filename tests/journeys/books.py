"""What must hold in the database at the end of every journey, and what everybody saw of it."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from tests.journeys.town import Town

from infra.db import Database
from recado.audit import audit
from simulator.feeds import Feed, Json
from simulator.play import Seen

FEED: Final = """
SELECT number, type, actor_role, cause, occurred_at, recorded_at, payload FROM (
    SELECT seq AS number, id FROM events WHERE stream_id = $1
    UNION ALL SELECT seq, event_id FROM feed_entries WHERE feed_id = $1
) AS entry JOIN events USING (id) ORDER BY number
"""
ADDED: Final = frozenset({"occurred_at", "recorded_at", "stage", "cause", "actor_role"})
# A round held by whoever was killed: it is taken over later, and any other round looks as well.
A_ROUND: Final = re.compile(r"dispatch\.round of \S+ is pending after 0 ")
HIDDEN: Final = {"type": "hidden"}


async def faults_in_the_books(town: Town) -> list[str]:
    """Return what breaks an invariant of the tables, and where somebody saw other than what stands in their feed."""
    async with town.database.read() as tx:
        now = (await town.installation.read()).now
        findings = await audit(tx, now=now, seen={feed.id: _seen(feed) for feed in town.watchers.feeds})
    return [
        *(f"{finding.name}: {fault}" for finding in findings for fault in finding.faults if not A_ROUND.match(fault)),
        *await _repeated_effects(town.database),
        *[fault for feed in town.watchers.feeds for fault in await faults_of_feed(town.database, feed)],
    ]


async def faults_of_feed(database: Database, feed: Feed) -> list[str]:
    """Compare a feed with the events behind it, message by message; who must not know all is told less, never other."""
    async with database.read() as tx:
        rows = await tx.fetch(FEED, feed.id)
    seen, stands = [message.seq for message in feed.messages], [row["number"] for row in rows]
    if seen != stands or stands != list(range(1, len(rows) + 1)):
        return [*feed.faults, f"{feed.id}: saw {seen}, where {stands} stands"]
    is_whole = feed.id.startswith("rdr_")
    pairs = zip(feed.messages, rows, strict=True)
    unlike = [message for message, row in pairs if not _is_like(message.event, row, may_be_less=not is_whole)]
    return [*feed.faults, *(f"{feed.id}/{message.seq}: {message.event} did not happen" for message in unlike)]


def _is_like(shown: Json, row: Mapping[str, Any], *, may_be_less: bool) -> bool:
    if may_be_less and shown == HIDDEN:
        return True
    payload = json.loads(row["payload"]) | {"type": row["type"]}
    words = {name: value for name, value in shown.items() if name not in ADDED or name in payload}
    return words == ({name: payload.get(name) for name in words} if may_be_less else payload)


async def _repeated_effects(database: Database) -> list[str]:
    async with database.read() as tx:
        return [str(dict(row)) for row in await tx.fetch(REPEATED)]


REPEATED: Final = """
SELECT stream_id, type, said, count(*) AS times FROM (
    SELECT stream_id, type, coalesce(payload->>'offer_id', payload->>'n', payload->>'entry_id', '') AS said FROM events
    WHERE type IN ('order.received', 'order.placed', 'order.accepted', 'order.expired', 'order.cancelled',
        'order.ready', 'order.picked_up', 'order.delivered', 'order.completed', 'ticket.offered', 'ticket.reminded',
        'ticket.escalated', 'ticket.handed_over', 'ticket.withdrawn', 'offer.made', 'offer.accepted', 'offer.declined',
        'offer.expired', 'delivery.opened', 'delivery.cancelled', 'promise.made', 'payment.requested',
        'payment.settled')
) AS told GROUP BY 1, 2, 3 HAVING count(*) > 1
UNION ALL
SELECT subject_id, kind, due_at::text, count(*) FROM timers
WHERE status = 'fired' AND kind <> 'dispatch.round'  -- asked for whenever something changed, also twice in one instant
GROUP BY 1, 2, 3 HAVING count(*) > 1
"""


def _seen(feed: Feed) -> Seen:
    types = [(message.seq, str(message.event["type"])) for message in feed.messages]
    return Seen(after=feed.first_seq, messages=types)
