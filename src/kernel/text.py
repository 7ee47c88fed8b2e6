"""Words from outside. PostgreSQL stores any character but NUL, so no text we take may hold one."""

from typing import Annotated, Final

import msgspec

NO_NUL: Final = r"^[^\x00]*$"

Text = Annotated[str, msgspec.Meta(pattern=NO_NUL)]  # how long it may be is said where it is used
GIVEN_ID: Final = msgspec.Meta(min_length=1, max_length=64, pattern=NO_NUL)  # of whatever shape: unknown is no fault
