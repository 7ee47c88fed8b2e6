"""What callers may send is said exactly."""

import msgspec
import pytest
from msgspec import inspect
from tests.apps import NOWHERE, an_app

BODIES = {
    f"{method} {route.path}": handler.parsed_fn_signature.parameters["data"].annotation
    for route in an_app(NOWHERE).routes
    for handler in getattr(route, "route_handlers", ())
    for method in sorted(handler.http_methods)
    if "data" in handler.parsed_fn_signature.parameters
}


def parts(info, path=""):
    """Yield every type inside a body with the way to it."""
    yield path, info
    match info:
        case inspect.StructType(fields=fields):
            for field in fields:
                yield from parts(field.type, f"{path}.{field.encode_name}")
        case inspect.ListType(item_type=item) | inspect.SetType(item_type=item) | inspect.FrozenSetType(item_type=item):
            yield from parts(item, f"{path}[]")
        case inspect.DictType(value_type=value):
            yield from parts(value, f"{path}{{}}")
        case inspect.UnionType(types=types):
            for one in types:
                yield from parts(one, path)
        case inspect.Metadata(type=inner):
            yield from parts(inner, path)


@pytest.mark.parametrize("route", BODIES)
def test_an_instant_that_is_sent_says_its_offset(route):
    """Because one without is another instant in every time zone, and does not compare with ours."""
    bare = [
        path for path, info in parts(inspect.type_info(BODIES[route]))
        if isinstance(info, inspect.DateTimeType) and info.tz is not True
    ]  # fmt: skip

    assert bare == []


@pytest.mark.parametrize("route", BODIES)
def test_a_misspelt_field_is_refused_and_not_ignored(route):
    kind = BODIES[route]

    assert not issubclass(kind, msgspec.Struct) or kind.__struct_config__.forbid_unknown_fields


def test_there_are_bodies_to_look_at():
    assert len(BODIES) > 20
