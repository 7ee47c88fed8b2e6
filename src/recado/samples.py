"""One plausible value of any message type, for examples."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, cast

import msgspec
from msgspec import inspect

from kernel.ids import BODY_LENGTH, PREFIXES

NOON: Final = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
_PREFIX_OF: Final = {name.replace(" ", "_").rpartition("_")[2]: prefix for prefix, name in PREFIXES.items()}


def sample(kind: type[Any]) -> Any:
    """Return an instance of a Struct type with every field filled."""
    return msgspec.convert(_value(inspect.type_info(kind), ""), kind)


def _value(info: inspect.Type, name: str) -> Any:
    maker = next((make for kind, make in _MAKERS.items() if isinstance(info, kind)), None)
    if maker is None:
        raise TypeError(f"{name}: no sample for {info}")
    return maker(cast("Any", info), name)


def _struct(info: inspect.StructType, _: str) -> dict[str, Any]:
    fields = {field.encode_name: _value(field.type, field.name) for field in info.fields}
    return fields | ({info.tag_field: info.tag} if info.tag_field else {})


def _text(_: inspect.StrType, name: str) -> str:
    noun = name.removesuffix("s").removesuffix("_id")
    prefix = _PREFIX_OF.get(noun.rpartition("_")[2])
    if prefix and name.removesuffix("s").endswith("_id"):
        return f"{prefix}_{'1'.zfill(BODY_LENGTH)}"
    return "BRL" if name == "currency" else name


def _union(info: inspect.UnionType, name: str) -> Any:
    return _value(next(part for part in info.types if not isinstance(part, inspect.NoneType)), name)


_MAKERS: Final[Mapping[type[inspect.Type], Callable[[Any, str], Any]]] = {
    inspect.StructType: _struct,
    inspect.StrType: _text,
    inspect.BoolType: lambda _, __: True,
    inspect.IntType: lambda info, _: max(1, info.ge or 1),
    inspect.FloatType: lambda info, _: float(max(1, info.ge or 1)),
    inspect.DateTimeType: lambda _, __: NOON,
    inspect.ListType: lambda info, name: [_value(info.item_type, name)],
    inspect.VarTupleType: lambda info, name: [_value(info.item_type, name)],
    inspect.DictType: lambda info, name: {_value(info.key_type, name): _value(info.value_type, name)},
    inspect.LiteralType: lambda info, _: info.values[0],
    inspect.EnumType: lambda info, _: next(iter(info.cls)).value,
    inspect.UnionType: _union,
    inspect.Metadata: lambda info, name: _value(info.type, name),
    inspect.AnyType: lambda _, name: name,
}
