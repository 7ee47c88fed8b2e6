from pathlib import Path
from typing import Final

SHIPPED: Final = Path(__file__).with_name("sao_paulo_centre.streets")


def shipped() -> bytes:
    """Return the file of central São Paulo: © OpenStreetMap contributors, ODbL. `kernel.streets` reads it."""
    return SHIPPED.read_bytes()
