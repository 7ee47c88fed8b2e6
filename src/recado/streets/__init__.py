"""The streets this house ships and serves: central São Paulo, or the file a deployment names."""

from recado.streets.shipped import shipped

__all__ = ["shipped"]
