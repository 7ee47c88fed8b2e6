"""The application for tests: to make one takes ten times as long as to start it, so each is made once."""

from functools import cache
from typing import Final

import msgspec
from litestar import Litestar

from recado.app import create_app
from recado.settings import Settings

SECRET: Final = "not a secret, only as long as the longest of the algorithms wants it to be"


def settings_of(database_url: str, redis_url: str) -> Settings:
    """Return the settings of an application on these stores, whose tokens `SECRET` signs."""
    return Settings(
        database_url=database_url, database_direct_url=database_url, redis_url=redis_url, token_secret=SECRET
    )


NOWHERE: Final = settings_of("postgresql://nobody@127.0.0.1/nowhere", "redis://127.0.0.1/0")


def an_app(settings: Settings, *, whose: str = "a test's") -> Litestar:
    """Return the application with these settings, to be started by one at a time: what lives longer has its own."""
    app = _made(
        msgspec.structs.replace(
            settings,
            database_url=NOWHERE.database_url,
            database_direct_url=NOWHERE.database_direct_url,
            redis_url=NOWHERE.redis_url,
        ),
        whose,
    )
    app.state.settings = settings  # only a start looks where the stores are
    return app


@cache
def _made(settings: Settings, whose: str) -> Litestar:
    return create_app(settings)
