"""The desk's tests look at the two worlds of the contracts: orders in every state, through the API."""

from tests.contracts.conftest import fresh_house, house, modules_stores

__all__ = ["fresh_house", "house", "modules_stores"]
