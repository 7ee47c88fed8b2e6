"""How far positions are to be believed, how riders move and where they arrived: the policies against the truth."""

from recado.benches.truth.course import run

__all__ = ["run"]
