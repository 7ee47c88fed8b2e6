"""Who belongs to a city and is not on shift. Apart from the board's tests, as it changes the world."""

from accounts.model import Scope


async def test_riders_off_shift_are_listed_apart(fresh_house):
    house, world = fresh_house, fresh_house.worlds["A"]
    operator, city_id = world.caller("operator", *Scope), world.ids["city_id"]
    wish = {"city_id": city_id, "name": "Iara", "phone": "+5511987650099", "vehicle": "bicycle"}
    iara = await house.must("POST", "/v1/riders", operator, wish)

    off = await house.must("GET", f"/v1/operations/riders/off?city_id={city_id}", operator)
    on = await house.must("GET", f"/v1/operations/riders?city_id={city_id}", operator)

    assert [(one["rider_id"], one["name"], one["position"]) for one in off["riders"]] == [(iara["id"], "Iara", None)]
    assert iara["id"] not in {one["rider_id"] for one in on["riders"]}
