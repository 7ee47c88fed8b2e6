"""What is entered into which app: beside a new link, for whoever holds the phone."""

from typing import Final

import msgspec

from fleet.api.phones import gpslogger, osmand

PATH: Final = "/v1/p"
_BATCH: Final = 100  # positions at once: some 70 KB, which a bad network carries in one piece


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One field of an app's settings, as the app calls it, and what it gets."""

    field: str
    value: str


class AppSetup(msgspec.Struct, frozen=True, kw_only=True):
    """An app and its settings; `where` is the way to them."""

    app: str
    name: str
    where: str
    settings: list[Setting]


def address(origin: str, token: str) -> str:
    """Return the one address that a phone is paired with."""
    return f"{origin}{PATH}/{token}"


def setups(url: str, token: str) -> list[AppSetup]:
    """Return what each app is told, with the link's address and token in it."""
    common = url.removesuffix(f"/{token}")
    return [
        _setup("traccar", "Traccar Client", "Settings", ("Server URL", url), ("Device identifier", token)),
        _setup(
            "owntracks", "OwnTracks", "Preferences, Connection", ("Mode", "HTTP"), ("URL, or Host", f"{url}/owntracks"),
            ("Encryption key", ""),
        ),
        _setup("overland", "Overland", "Settings", ("Receiver endpoint", common), ("Access token", token)),
        _setup(
            "gpslogger", "GPSLogger", "Logging details, Log to custom URL",
            ("URL", f"{url}/gpslogger?{gpslogger.TEMPLATE}"), ("HTTP method", "GET"),
        ),
        _setup(
            "osmand", "OsmAnd", "Plugins, Trip recording, Online tracking",
            ("Web address", f"{url}/osmand?{osmand.TEMPLATE}"),
        ),
        _setup(
            "transistorsoft", "An app with Transistorsoft's background-geolocation", "its configuration", ("url", url),
            ("batchSync", "true"), ("maxBatchSize", str(_BATCH)),
        ),
    ]  # fmt: skip


def _setup(app: str, name: str, where: str, *settings: tuple[str, str]) -> AppSetup:
    return AppSetup(
        app=app, name=name, where=where, settings=[Setting(field=field, value=value) for field, value in settings]
    )
