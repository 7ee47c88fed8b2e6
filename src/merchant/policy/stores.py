from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from accounts.model import Caller, Scope
from kernel.actors import Role
from kernel.ids import StoreId
from merchant.model.stores import OpeningHours, OpenSpan, Store

MAX_PREP_MINUTES: Final = 120  # domain contract, merchant: accept carries 1 to 120 minutes


def works_at(caller: Caller, store_id: StoreId) -> bool:
    """Tell whether the caller is staff of this store."""
    return caller.role is Role.MERCHANT and store_id in caller.store_ids


def may_work_on_tickets(caller: Caller, store_id: StoreId) -> bool:
    """Tell whether the caller may see and answer this store's tickets: its staff, its till, the dispatch desk."""
    return works_at(caller, store_id) or caller.has(Scope.DISPATCH)


def may_change_store(caller: Caller, store_id: StoreId) -> bool:
    """Tell whether the caller may pause this store or change its menu: its staff, and administration."""
    return works_at(caller, store_id) or caller.has(Scope.ADMINISTRATION)


def may_change_particulars(caller: Caller) -> bool:
    """Tell whether the caller may say what a store is called, where it is and how it is rung up: administration."""
    return caller.has(Scope.ADMINISTRATION)


def may_see_phone(caller: Caller, store_id: StoreId) -> bool:
    """Tell whether the caller may ring this store up: its staff, and the desk."""
    return works_at(caller, store_id) or caller.role is Role.OPERATOR


def is_open(hours: OpeningHours, *, time_zone: str, at: datetime) -> bool:
    """Tell whether the hours say open at this instant, by the clock on the store's wall."""
    week = [hours.monday, hours.tuesday, hours.wednesday, hours.thursday, hours.friday, hours.saturday, hours.sunday]
    if not any(week):
        return True
    local = at.astimezone(ZoneInfo(time_zone))
    minute = local.hour * 60 + local.minute
    today, yesterday = week[local.weekday()], week[local.weekday() - 1]
    return any(_covers(span, minute) for span in today) or any(_reaches(span, minute) for span in yesterday)


def is_paused(store: Store, *, at: datetime) -> bool:
    """Tell whether the store takes no orders for now."""
    return store.paused_until is not None and at < store.paused_until


def prep_minutes(store: Store, *, at: datetime) -> int:
    """Return how long this store usually takes, with what busy mode adds at this instant."""
    extra = store.busy.extra_minutes if store.busy and at < store.busy.until else 0
    return min(store.default_prep_minutes + extra, MAX_PREP_MINUTES)


def _covers(span: OpenSpan, minute: int) -> bool:
    opens, closes = _minute(span.opens), _minute(span.closes)
    return opens <= minute < closes if opens < closes else minute >= opens


def _reaches(span: OpenSpan, minute: int) -> bool:
    opens, closes = _minute(span.opens), _minute(span.closes)
    return closes <= opens and minute < closes


def _minute(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)
