"""Who may call what: the one table, as the contract of behaviour grants it. A route that is not in it fails the test.

A role's cell says whose objects it reaches: its `OWN`, or `ANY`; without a cell there are none. An operator reaches
every object with one of the scopes named.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from litestar import Litestar
from litestar.routes import HTTPRoute
from tests.contracts.worlds import EVENING, World, an_order

from accounts.model import Scope as S

Body = Callable[[World], Any]
OWN: Final = "own"
ANY: Final = "any"
ROLES: Final = ("customer", "merchant", "manager", "rider", "platform", "follower")
NO_SCOPE: Final = "none"
EVERY: Final = frozenset({NO_SCOPE, *S})  # an operator, whatever their scopes
ADMINISTRATION: Final = frozenset({S.ADMINISTRATION})
DISPATCH: Final = frozenset({S.DISPATCH})
INTAKE: Final = frozenset({S.INTAKE})
CARERS: Final = frozenset({S.INTAKE, S.DISPATCH, S.SUPPORT})
LINKS_PHONES: Final = frozenset({S.ADMINISTRATION, S.DISPATCH})
CALLS: Final = frozenset({S.DISPATCH, S.SUPPORT})
HANDLERS: Final = frozenset({S.INTAKE, S.DISPATCH, S.SUPPORT, S.QUALITY})  # whoever handles orders sees whose they are


@dataclass(frozen=True)
class Row:
    """One route: which roles reach whose objects, with which scopes an operator does, and a body that fits."""

    customer: str | None = None
    merchant: str | None = None
    rider: str | None = None
    platform: str | None = None
    manager: str | None = None  # of a store: besides what all its staff may
    follower: str | None = None  # who opened a share link
    operator: frozenset[str] = frozenset()
    is_public: bool = False
    body: Body | None = None
    query: str = ""
    answers: frozenset[int] = frozenset({200, 404})  # what a public route may say to nobody in particular

    def reach(self, role: str) -> str | None:
        """Return whose objects this role reaches."""
        found: str | None = getattr(self, role)
        return found or (self.merchant if role == "manager" else None)


def _says(**said: Any) -> Body:
    return lambda _: said


def _reports(**said: Any) -> Body:
    return lambda world: {"report_id": f"{world.name} {sorted(said)}", "occurred_at": EVENING} | said


def _public(body: Body | None = None, answer: int | None = None) -> Row:
    return Row(is_public=True, body=body, answers=frozenset({answer} if answer else {200, 404}))


def _everybody(query: str = "") -> Row:
    return Row(customer=ANY, merchant=ANY, rider=ANY, platform=ANY, operator=EVERY, query=query)


def _ticket(body: Body | None = None) -> Row:
    return Row(merchant=OWN, operator=DISPATCH, body=body)


def _carries(body: Body) -> Row:
    return Row(rider=OWN, operator=CALLS, body=body)


def _administers(body: Body) -> Row:
    return Row(operator=ADMINISTRATION, body=body)


def _desk(scopes: frozenset[str], body: Body | None = None, query: str = "") -> Row:
    return Row(operator=scopes, body=body, query=query)


def _tracks(query: str = "") -> Row:
    return Row(customer=OWN, follower=OWN, merchant=OWN, platform=OWN, operator=HANDLERS, query=query)


_RIDERS_OWN: Final = Row(rider=OWN)
_SEES: Final = Row(customer=OWN, merchant=OWN, rider=OWN, platform=OWN, operator=HANDLERS)
_SHARES: Final = Row(customer=OWN, operator=HANDLERS, body=_says())
_CANCELS: Final = frozenset({S.INTAKE, S.SUPPORT})
_POINT: Final = {"lat": -23.55, "lon": -46.63}


def _city(world: World) -> Any:
    place = {"country": "BR", "currency": "BRL", "time_zone": "America/Bahia", "centre": _POINT}
    return {"name": f"another {world.name}"} | place


def _zone(world: World) -> Any:
    return {"city_id": world.ids["city_id"], "name": "another", "polygon": [_POINT, _POINT, _POINT]}


def _ring(world: World) -> Any:
    return {key: value for key, value in _zone(world).items() if key != "city_id"}


def _store(world: World) -> Any:
    place = {"city_id": world.ids["city_id"], "address": "Rua 1", "point": _POINT, "phone": "+5511300011"}
    return {"merchant_id": world.ids["merchant_id"], "name": "another"} | place


def _menu(_: World) -> Any:
    return {"items": [{"external_ref": "pastel", "name": "Pastel", "price_minor": 900}]}


def _tablet(world: World) -> Any:
    staff = {"role": "merchant", "subject_id": f"per_{1:026}", "store_ids": [world.ids["store_id"]]}
    return staff | {"label": "by the oven"}


def _rider(world: World) -> Any:
    return {"city_id": world.ids["city_id"], "name": "Caio", "phone": "+5511955554444", "vehicle": "foot"}


# fmt: off
TABLE: Final[dict[str, Row]] = {
    "GET /":                                              _public(),
    "GET /assets/{build}/{path}":                         _public(),
    "GET /desk":                                          _public(),
    "GET /health/live":                                   _public(),
    "GET /health/ready":                                  _public(),
    "GET /manifest.webmanifest":                          _public(),
    "GET /metrics":                                       _public(),
    "GET /operations":                                    _public(),
    "GET /pair":                                          _public(),
    "GET /rider":                                         _public(),
    "GET /schema":                                        _public(),
    "GET /schema/openapi.json":                           _public(),
    "GET /schema/{path}":                                 _public(),
    "GET /service-worker.js":                             _public(),
    "GET /store":                                         _public(),
    "GET /t/{token}":                                     _public(),
    "GET /v1/cities":                                     _everybody(),
    "POST /v1/cities":                                    _administers(_city),
    "GET /v1/clock":                                      _everybody(),
    "PUT /v1/clock":                                      _administers(_says()),
    "GET /v1/clock/heads":                                _desk(ADMINISTRATION),
    "GET /v1/deliveries/{delivery_id}":                   Row(rider=OWN, merchant=OWN, operator=HANDLERS),
    "POST /v1/deliveries/{delivery_id}/arrive-at-dropoff":_carries(_reports(reason="a")),
    "POST /v1/deliveries/{delivery_id}/arrive-at-pickup": _carries(_reports(reason="b")),
    "POST /v1/deliveries/{delivery_id}/assign":
        _desk(DISPATCH, lambda world: {"rider_id": world.ids["rider_id"], "reason": "near"}),
    "POST /v1/deliveries/{delivery_id}/check-items":      _carries(_reports(reason="c", problems=[])),
    "POST /v1/deliveries/{delivery_id}/confirm-return":   Row(merchant=OWN, operator=CALLS),
    "GET /v1/deliveries/{delivery_id}/decisions":         Row(rider=OWN, operator=DISPATCH),
    "POST /v1/deliveries/{delivery_id}/deliver":          _carries(_reports(reason="d", code="nope")),
    "POST /v1/deliveries/{delivery_id}/fail":             _carries(_reports(reason="accident", note="e")),
    "POST /v1/deliveries/{delivery_id}/incidents":
        Row(rider=OWN, body=_reports(kind="traffic", note="h")),
    "POST /v1/deliveries/{delivery_id}/pick-up":          _carries(_reports(reason="f")),
    "POST /v1/deliveries/{delivery_id}/turn-back":        _carries(_reports(reason="customer_absent", note="g")),
    "POST /v1/deliveries/{delivery_id}/unassign":         _desk(DISPATCH, _says(reason="ill")),
    "GET /v1/devices":                                    Row(manager=OWN, operator=ADMINISTRATION),
    "DELETE /v1/devices/{device_id}":                     Row(manager=OWN, operator=ADMINISTRATION),
    "GET /v1/escalations":                                _desk(CALLS),
    "POST /v1/escalations/{escalation_id}/resolve":
        _desk(CALLS, _says(reached="Nena", reason="asleep", outcome="window_extended", minutes=2)),
    "GET /v1/incidents":                                  _desk(CALLS),
    "GET /v1/incidents/{incident_id}":                    _desk(CALLS),
    "POST /v1/incidents/{incident_id}/resolve":           _desk(CALLS, _says(plan="wait", note="ten minutes")),
    "GET /v1/me":                                         _everybody(),
    "GET /v1/map":                                        _public(),
    "GET /v1/map/more-streets":                           _public(),
    "GET /v1/map/streets":                                _public(),
    "GET /v1/merchants":                                  _desk(EVERY),
    "PATCH /v1/merchants/{merchant_id}":                  _administers(_says(name="as it should be")),
    "POST /v1/merchants":                                 _administers(_says(name="another")),
    "POST /v1/offers/{offer_id}/accept":                  _RIDERS_OWN,
    "POST /v1/offers/{offer_id}/decline":                 Row(rider=OWN, body=_says(reason="tired")),
    "GET /v1/operations/deadlines":                       _desk(HANDLERS, query="city_id={city_id}"),
    "WS /v1/operations/feed":                             _desk(HANDLERS, query="city_id={city_id}"),
    "GET /v1/operations/orders":                          _desk(HANDLERS, query="city_id={city_id}"),
    "DELETE /v1/operations/orders/{order_id}/owner":      _desk(CARERS),
    "POST /v1/operations/orders/{order_id}/owner":        _desk(CARERS, _says(note="i")),
    "GET /v1/operations/riders":                          _desk(CALLS, query="city_id={city_id}"),
    "GET /v1/operations/riders/off":                      _desk(CALLS, query="city_id={city_id}"),
    "GET /v1/operations/stuck":                           _desk(HANDLERS, query="city_id={city_id}"),
    "GET /v1/orders":                                     _SEES,
    "POST /v1/orders":
        Row(customer=OWN, platform=OWN, operator=frozenset({S.INTAKE}), body=an_order),
    "GET /v1/orders/held":                                _desk(INTAKE, query="city_id={city_id}"),
    "POST /v1/orders/quote":
        Row(customer=OWN, platform=OWN, operator=INTAKE, body=an_order),
    "GET /v1/orders/{order_id}":                          _SEES,
    "GET /v1/orders/{order_id}/cancellation":             Row(customer=OWN, platform=OWN, operator=_CANCELS),
    "POST /v1/orders/{order_id}/cancellation":
        Row(customer=OWN, platform=OWN, operator=_CANCELS, body=_says(version="of yesterday", reason="rain")),
    "POST /v1/orders/{order_id}/confirmation":            _desk(INTAKE, _says(is_right=True)),
    "GET /v1/orders/{order_id}/events":                   _desk(HANDLERS),
    "GET /v1/orders/{order_id}/feed":                     _tracks("wait_s=0"),
    "WS /v1/orders/{order_id}/feed":                      _tracks(),
    "GET /v1/orders/{order_id}/feed/events":              _tracks("lasts_s=0"),
    "POST /v1/orders/{order_id}/review":
        _desk(frozenset({S.INTAKE}), _says(is_placed=False, reason="no")),
    "POST /v1/orders/{order_id}/share-links":             _SHARES,
    "GET /v1/orders/{order_id}/tracking":                 _tracks(),
    "POST /v1/pairings":                                  Row(manager=OWN, operator=ADMINISTRATION, body=_tablet),
    "POST /v1/pairings/claim":
        _public(_says(code="K7M4-QX2P", device_name="a phone", keep="cookie"), answer=404),
    "GET /v1/p":                                          _public(answer=400),
    "POST /v1/p":                                         _public(_says(device_id="of yesterday"), answer=404),
    "GET /v1/p/{token}":                                  _public(answer=404),
    "POST /v1/p/{token}":                                 _public(_says(location=_POINT), answer=404),
    "GET /v1/p/{token}/{app}":                            _public(answer=404),
    "POST /v1/p/{token}/{app}":                           _public(_says(location=_POINT), answer=404),
    "GET /v1/rider/deliveries":                           _RIDERS_OWN,
    "WS /v1/rider/feed":                                  _RIDERS_OWN,
    "GET /v1/rider/offers":                               _RIDERS_OWN,
    "POST /v1/rider/positions":
        Row(rider=OWN, body=lambda _: {"device_at": EVENING, "accuracy_m": 5} | _POINT),
    "GET /v1/rider/shift":                                _RIDERS_OWN,
    "POST /v1/rider/shift/break":                         _RIDERS_OWN,
    "POST /v1/rider/shift/end":                           _RIDERS_OWN,
    "POST /v1/rider/shift/resume":                        _RIDERS_OWN,
    "POST /v1/rider/shift/start":                         Row(rider=OWN, body=_says()),
    "GET /v1/riders":
        _desk(frozenset({S.DISPATCH, S.ADMINISTRATION}), query="city_id={city_id}"),
    "POST /v1/riders":                                    _administers(_rider),
    "PATCH /v1/riders/{rider_id}":                        _administers(_says(capacity=4)),
    "GET /v1/riders/nearest":                             _desk(CALLS, query="lat=-23.55&lon=-46.63"),
    "GET /v1/riders/{rider_id}/phones":                   _desk(LINKS_PHONES),
    "POST /v1/riders/{rider_id}/phones":                  _desk(LINKS_PHONES, _says(label="a phone")),
    "DELETE /v1/riders/{rider_id}/phones/{phone_id}":     _desk(LINKS_PHONES),
    "GET /v1/riders/{rider_id}/trail":                    _desk(CALLS),
    "POST /v1/riders/{rider_id}/trust":                   _desk(DISPATCH, _says(reason="tests our app")),
    "GET /v1/riders/{rider_id}/truth":                    _desk(CALLS),
    "GET /v1/rules":                                      _desk(EVERY),
    "GET /v1/rules/{name}":                               _desk(EVERY),
    "PUT /v1/rules/{name}":
        _desk(frozenset({S.RULES, S.ADMINISTRATION}), _says(value={}, reason="as it was")),
    "POST /v1/sessions/end":                              _public(_says(role="rider")),
    "POST /v1/sessions/refresh":                          _public(_says(role="rider"), answer=401),
    "POST /v1/share-links/open":                          _public(_says(token="of yesterday"), answer=404),
    "DELETE /v1/share-links/{share_id}":                  Row(customer=OWN, operator=HANDLERS),
    "POST /v1/stores":                                    _administers(_store),
    "GET /v1/stores":                                     _everybody("city_id={city_id}"),
    "GET /v1/stores/{store_id}":                          _everybody(),
    "PATCH /v1/stores/{store_id}":                        Row(merchant=OWN, operator=ADMINISTRATION, body=_says()),
    "WS /v1/stores/{store_id}/feed":                      Row(merchant=OWN, operator=DISPATCH),
    "PATCH /v1/stores/{store_id}/items/{item_id}":        Row(merchant=OWN, operator=ADMINISTRATION, body=_says()),
    "GET /v1/stores/{store_id}/menu":                     _everybody(),
    "PUT /v1/stores/{store_id}/menu":                     _administers(_menu),
    "GET /v1/stores/{store_id}/tickets":                  Row(merchant=OWN, operator=DISPATCH),
    "GET /v1/streets/search":                             Row(merchant=ANY, operator=EVERY, query="q=rua+augusta"),
    "GET /v1/tickets/{ticket_id}":                        _ticket(),
    "POST /v1/tickets/{ticket_id}/accept":                _ticket(_says(prep_minutes=1)),
    "POST /v1/tickets/{ticket_id}/cancellation-answer":   _ticket(_says(agree=True)),
    "POST /v1/tickets/{ticket_id}/extend":                _ticket(_says(minutes=5, reason="oven")),
    "POST /v1/tickets/{ticket_id}/items-answer":          _ticket(_says(resolution="fixed")),
    "POST /v1/tickets/{ticket_id}/ready":                 _ticket(),
    "POST /v1/tickets/{ticket_id}/reject":                _ticket(_says(reason="other")),
    "POST /v1/tickets/{ticket_id}/start":                 _ticket(),
    "POST /v1/tokens":
        _administers(lambda world: {"role": "rider", "subject_id": world.ids["rider_id"]}),
    "POST /v1/zones":                                     _administers(_zone),
    "PUT /v1/zones/{zone_id}":                            _administers(_ring),
    "GET /v1/zones":                                      _everybody("city_id={city_id}"),
}
# fmt: on

# One socket for all feeds, whose commands say who is calling: what each channel grants is its feed's row.
CHANNELS_ROUTE: Final = "WS /v1/connection/websocket"
CHANNELS: Final = {
    "order_id": "WS /v1/orders/{order_id}/feed",
    "store_id": "WS /v1/stores/{store_id}/feed",
    "rider_id": "WS /v1/rider/feed",
    "city_id": "WS /v1/operations/feed",
}


def routes_of(app: Litestar) -> Iterator[str]:
    """Return every route of the application as the table names it."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            yield from (f"{method} {route.path_format}" for method in route.methods if method != "OPTIONS")
        elif (name := f"WS {route.path_format}") != CHANNELS_ROUTE:
            yield name


def names_an_object(route: str) -> bool:
    """Tell whether the path names an object, which must not be seen to exist."""
    return "{" in route


def path_of(route: str, ids: dict[str, str], row: Row) -> str:
    """Return the path of a route for these objects."""
    template = route.partition(" ")[2]
    query = f"?{row.query.format(**ids)}" if row.query else ""
    return (
        template.format(
            **(ids | {"name": "acceptance", "path": "swagger", "build": "any", "token": "any", "app": "osmand"})
        )
        + query
    )
