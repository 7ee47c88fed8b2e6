"""The application for tests: to make one takes ten times as long as to start it, so each is made once."""

from functools import cache

from litestar import Litestar

from recado.app import create_app
from recado.settings import Settings


@cache
def an_app(settings: Settings) -> Litestar:
    """Return the application with these settings, to be started by one test at a time."""
    return create_app(settings)
