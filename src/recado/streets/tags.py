"""What OpenStreetMap's tags of a way mean to somebody who rides: its class, who may use it and in which direction."""

from collections.abc import Mapping
from typing import Final

import msgspec

from kernel.streets.model import Access, turned_round
from kernel.streets.model import StreetClass as C

Tags = Mapping[str, str]

_CLASSES: Final = {
    "motorway": C.MOTORWAY, "trunk": C.TRUNK, "primary": C.PRIMARY, "secondary": C.SECONDARY, "tertiary": C.TERTIARY,
    "unclassified": C.RESIDENTIAL, "residential": C.RESIDENTIAL, "road": C.RESIDENTIAL,
    "living_street": C.LIVING_STREET, "service": C.SERVICE, "busway": C.SERVICE, "pedestrian": C.PEDESTRIAN,
    "footway": C.PATH, "path": C.PATH, "track": C.PATH, "bridleway": C.PATH, "cycleway": C.CYCLEWAY, "steps": C.STEPS,
}  # fmt: skip
_BESIDE_A_STREET: Final = frozenset({"sidewalk", "crossing", "traffic_island"})  # one walks along the street itself
_FOR_MOTORS: Final = frozenset({C.MOTORWAY, C.TRUNK, C.PRIMARY, C.SECONDARY, C.TERTIARY, C.RESIDENTIAL,
                                C.LIVING_STREET, C.SERVICE})  # fmt: skip
_FOR_BICYCLES: Final = (_FOR_MOTORS | {C.CYCLEWAY}) - {C.MOTORWAY}
_FOR_FEET: Final = frozenset(C) - {C.MOTORWAY, C.TRUNK, C.CYCLEWAY}
_CLOSED: Final = frozenset({"no", "private", "agricultural", "forestry", "military", "emergency", "use_sidepath"})
_OPEN: Final = frozenset({"yes", "designated", "permissive", "destination", "delivery", "customers", "official"})
_WORDS_FOR: Final = {  # the more particular word has the last say
    Access.FOOT: ("access", "foot"),
    Access.BICYCLE: ("access", "vehicle", "bicycle"),
    Access.MOTOR: ("access", "vehicle", "motor_vehicle"),
}


class Meaning(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A way as the plan needs it; two ways of one meaning are one street."""

    street_class: C
    access: int  # along the way as it is drawn, and against it
    is_tunnel: bool
    name: str

    def turned_round(self) -> "Meaning":
        """Return it as told from the other end."""
        return msgspec.structs.replace(self, access=turned_round(self.access))


def meaning_of(tags: Tags) -> Meaning | None:
    """Return what a way means, or None for what is no street of ours."""
    street_class = _CLASSES.get(tags.get("highway", "").removesuffix("_link"))
    if street_class is None or tags.get("footway") in _BESIDE_A_STREET or tags.get("indoor") == "yes":
        return None
    return Meaning(
        street_class=street_class,
        access=_access(tags, street_class),
        is_tunnel=tags.get("tunnel") == "yes",
        name=" ".join(tags.get("name", "").split()),
    )


def _access(tags: Tags, street_class: C) -> int:
    access = 0
    if _is_open(tags, Access.FOOT, street_class in _FOR_FEET):
        access |= Access.FOOT | Access.FOOT_AGAINST
    along, against = _directions(tags, street_class)
    if _is_open(tags, Access.MOTOR, street_class in _FOR_MOTORS and tags["highway"] != "busway"):
        access |= (Access.MOTOR if along else 0) | (Access.MOTOR_AGAINST if against else 0)
    if _is_open(tags, Access.BICYCLE, street_class in _FOR_BICYCLES and tags["highway"] != "busway"):
        free = _bicycles_go_both_ways(tags)
        access |= (Access.BICYCLE if along or free else 0) | (Access.BICYCLE_AGAINST if against or free else 0)
    return access


def _is_open(tags: Tags, who: Access, usually: bool) -> bool:  # noqa: FBT001  what holds where no tag says more
    is_open = usually
    for word in _WORDS_FOR[who]:
        said = tags.get(word)
        if said in _CLOSED:
            is_open = False
        elif said in _OPEN and (usually or word != "access"):
            is_open = True
    return is_open


def _directions(tags: Tags, street_class: C) -> tuple[bool, bool]:
    said = tags.get("oneway")
    if said in {"-1", "reverse"}:
        return False, True
    is_roundabout = tags.get("junction") in {"roundabout", "circular"}
    is_oneway = said in {"yes", "true", "1"} or (said is None and (is_roundabout or street_class is C.MOTORWAY))
    return True, not is_oneway


def _bicycles_go_both_ways(tags: Tags) -> bool:
    sides = (tags.get(f"cycleway{side}", "") for side in ("", ":left", ":right", ":both"))
    against = any(tags.get(f"cycleway:{side}:oneway") in {"no", "-1"} for side in ("left", "right", "both"))
    return tags.get("oneway:bicycle") == "no" or against or any(side.startswith("opposite") for side in sides)
