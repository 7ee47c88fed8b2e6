"""Where log lines go: standard output, one line each."""

import logging
import sys


def start_logging(level: str) -> None:
    """Send every logger's lines of this level and above to standard output."""
    logging.basicConfig(
        level=level.upper(), stream=sys.stdout, format="%(asctime)s %(levelname)s %(name)s %(message)s", force=True
    )
