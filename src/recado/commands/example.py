from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import click
import httpx
import msgspec

from accounts.model import Caller, Scope
from accounts.tokens import Tokens
from kernel.actors import Role
from kernel.geo import Point, offset
from kernel.ids import PersonId, StoreId
from recado.commands.options import current_settings, data_option
from recado.errors import CommandRefused

CENTRE: Final = Point(lat=-23.5505, lon=-46.6333)  # Praça da Sé, São Paulo
ZONE_HALF_M: Final = 5_000
MENUS: Final = {
    "Cantina da Praça": [("moqueca", "Moqueca", 5_200), ("suco", "Suco de caju", 1_100)],
    "Pastelaria Aurora": [("pastel", "Pastel de queijo", 900), ("caldo", "Caldo de cana", 800)],
}


@click.command("example")
@data_option
def command(data: Path) -> None:
    """Open an example city with two stores and two riders, and print ids and tokens for the shell to take.

    Saying it again prints the same city.
    """
    settings = current_settings(data)
    tokens = Tokens(settings.token_secret)
    operator = Caller(role=Role.OPERATOR, id=_person(1), scopes=frozenset(Scope))
    base_url = f"http://{settings.host}:{settings.port}"
    try:
        with httpx.Client(base_url=base_url, headers={"Authorization": f"Bearer {tokens.issue(operator)}"}) as http:
            made = _open_city(http)
    except httpx.HTTPError as error:
        raise CommandRefused(f"{base_url} does not answer as it should ({error}): is `recado up` running?") from None
    staff = Caller(role=Role.MERCHANT, id=_person(2), store_ids=frozenset({StoreId(made["STORE"])}))
    customer = Caller(role=Role.CUSTOMER, id=f"cus_{1:026}")
    rider = Caller(role=Role.RIDER, id=made["RIDER"])
    named = {"OPERATOR": operator, "KITCHEN": staff, "CUSTOMER": customer, "RIDER": rider}
    for name, value in {"RECADO": base_url, **made}.items():
        click.echo(f"export {name}={value}")
    for name, caller in named.items():
        click.echo(f"export {name}_TOKEN={tokens.issue(caller)}")


def _open_city(http: httpx.Client) -> dict[str, str]:
    city = _post(
        http,
        "/v1/cities",
        {"name": "São Paulo", "country": "BR", "currency": "BRL", "time_zone": "America/Sao_Paulo", "centre": CENTRE},
    )
    _post(http, "/v1/zones", {"city_id": city["id"], "name": "Centro", "polygon": _square()})
    merchant = _post(http, "/v1/merchants", {"name": "Cooperativa Exemplo"})
    opened = [_open_store(http, city["id"], merchant["id"], number, name) for number, name in enumerate(MENUS)]
    riders = [
        _post(
            http,
            "/v1/riders",
            {"city_id": city["id"], "name": name, "phone": phone, "vehicle": "bicycle", "capacity": 2},
        )
        for name, phone in (("Beto", "+5511987654321"), ("Carla", "+5511987654322"))
    ]
    store_id, item_id = opened[0]
    return {"CITY": city["id"], "STORE": store_id, "ITEM": item_id, "RIDER": riders[0]["id"]}


def _open_store(http: httpx.Client, city_id: str, merchant_id: str, number: int, name: str) -> tuple[str, str]:
    wish = {
        "merchant_id": merchant_id,
        "city_id": city_id,
        "name": name,
        "phone": f"+55113333444{number}",
        "address": f"Rua Direita, {100 + number}",
        "point": offset(CENTRE, east_m=-300.0 + 600 * number, north_m=200),
    }
    store_id = str(_post(http, "/v1/stores", wish)["id"])
    items = [{"external_ref": ref, "name": title, "price_minor": price} for ref, title, price in MENUS[name]]
    answer = http.put(f"/v1/stores/{store_id}/menu", content=msgspec.json.encode({"items": items}))
    return store_id, str(answer.raise_for_status().json()["items"][0]["id"])


def _post(http: httpx.Client, path: str, wish: dict[str, Any]) -> dict[str, Any]:
    headers = {"Idempotency-Key": quote(f"example {path} {wish['name']}")}
    answer = http.post(path, content=msgspec.json.encode(wish), headers=headers)
    made: dict[str, Any] = answer.raise_for_status().json()
    return made


def _square() -> list[Point]:
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    return [offset(CENTRE, east_m=ZONE_HALF_M * east, north_m=ZONE_HALF_M * north) for east, north in corners]


def _person(number: int) -> PersonId:
    return PersonId(f"per_{number:026}")
