"""Why a day cannot be played. Whoever runs it shows the text; it is never answered over HTTP."""


class DayUnreadable(Exception):
    """A file of the day is missing or does not hold what it must."""


class NeverQuiet(Exception):
    """The installation does not come to rest: a deadline or a fact stays unsettled."""


class Unexpected(Exception):
    """The API refused what the day could not do without, or answered in a form nobody promised."""
