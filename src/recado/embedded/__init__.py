"""PostgreSQL and Valkey from wheels, as children of this process: no root, no Docker, nothing left behind."""

from recado.embedded.home import Home, Run, find_run
from recado.embedded.stores import Ports, Stores, running_stores, start_stores

__all__ = ["Home", "Ports", "Run", "Stores", "find_run", "running_stores", "start_stores"]
