"""Everything a deployment decides, read from environment variables named like the fields, in capitals."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, get_args, get_type_hints

import msgspec
from msgspec import Meta

from recado.errors import SettingsRefused

_POSTGRES_URL: Final = r"^postgres(ql)?://"
_TILE_URL: Final = r"^$|^https?://[A-Za-z0-9.{}-]+(:\d+)?/[^\s;,'\"]*$"  # its origin goes into a header
_FEW_PROCESSES: Final = 64

Url = Annotated[str, Meta(pattern=_POSTGRES_URL, description="a PostgreSQL URL such as postgresql://user@host/recado")]
Processes = Annotated[
    int, Meta(ge=1, le=_FEW_PROCESSES, description=f"a number of processes from 1 to {_FEW_PROCESSES}")
]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What every process of a deployment is told. A field's description completes the sentence 'It must hold …'."""

    database_url: Url
    database_direct_url: Url  # LISTEN and advisory locks need a connection no pooler shares; DATABASE_URL by default
    redis_url: Annotated[
        str,
        Meta(
            pattern=r"^(rediss?(\+cluster)?|unix)://",
            description="a Redis or Valkey URL such as redis://host:6379/0, or redis+cluster://host:6379 of a cluster",
        ),
    ]
    token_secret: Annotated[str, Meta(min_length=32, description="32 or more random characters")]
    host: Annotated[str, Meta(min_length=1, description="an address to listen on")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535, description="a TCP port from 1 to 65535, or 0 for any free one")] = 8700
    api_processes: Processes = 1
    worker_processes: Processes = 1
    pool_size: Annotated[int, Meta(ge=2, le=200, description="2 to 200 database connections for each process")] = 10
    rider_positions_per_s: Annotated[
        int, Meta(ge=1, le=1_000_000, description="1 to 1000000 positions a second for each phone")
    ] = 100
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="debug, info, warning or error")
    ] = "info"
    tile_url: Annotated[
        str,
        Meta(
            pattern=_TILE_URL,
            description="the address of a tile server such as https://tiles.example/{z}/{x}/{y}.png, or nothing",
        ),
    ] = ""  # maps have our own streets below it, or alone
    tile_attribution: Annotated[
        str, Meta(max_length=200, description="whom the tile server wants named, in up to 200 letters, or nothing")
    ] = ""
    streets_file: Annotated[
        str, Meta(description="a file that `recado streets build` made, or nothing for central São Paulo")
    ] = ""

    @property
    def worker_pool_size(self) -> int:
        """Connections of one worker: at least enough for 16 deadlines, 8 streams, and the loops that look for more."""
        return max(self.pool_size, 32)


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings, or refuse with one line that names every wrong variable. An empty variable is not set."""
    given = {name: environ[name.upper()] for name in Settings.__struct_fields__ if environ.get(name.upper())}
    if "database_url" in given:
        given.setdefault("database_direct_url", given["database_url"])
    try:
        return msgspec.convert(given, Settings, strict=False)
    except msgspec.ValidationError:
        raise SettingsRefused("; ".join(_complaints(given))) from None


def as_environment(settings: Settings) -> dict[str, str]:
    """Return the variables that `read_settings` turns back into these settings."""
    return {name.upper(): str(value) for name, value in msgspec.structs.asdict(settings).items()}


def _complaints(given: Mapping[str, str]) -> list[str]:
    hints = get_type_hints(Settings, include_extras=True)
    required = {field.name for field in msgspec.structs.fields(Settings) if field.required}
    complaints = []
    for name, hint in hints.items():
        if name == "database_direct_url" and name not in given:
            continue  # DATABASE_URL, its default, is complained about already.
        fault = "is not set" if name not in given and name in required else None
        if name in given and not _fits(given[name], hint):
            fault = "is wrong"
        if fault:
            complaints.append(f"{name.upper()} {fault}: it must hold {_description(hint)}")
    return complaints


def _fits(value: str, hint: object) -> bool:
    try:
        msgspec.convert(value, hint, strict=False)
    except msgspec.ValidationError:
        return False
    return True


def _description(hint: object) -> str:
    return next(meta.description for meta in get_args(hint)[1:] if isinstance(meta, Meta) and meta.description)
