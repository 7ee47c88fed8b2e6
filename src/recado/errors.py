class CommandRefused(Exception):
    """A command cannot go on; the text is the one line its user reads."""

    exit_code = 1


class SettingsRefused(CommandRefused):
    """A setting is missing or wrong; the text names the variable and what it must hold, never its value."""

    exit_code = 2


class DataDirectoryBusy(CommandRefused):
    """Another `recado up` runs on this data directory."""


class StoreUnavailable(CommandRefused):
    """A store could not be found or started; the text says what to do."""
