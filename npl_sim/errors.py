"""The errors that a user may see. Each says where, what came, and what was expected."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "BackendError",
    "CapacityError",
    "ChannelError",
    "ConservationError",
    "DealError",
    "NplSimError",
    "PlacedFaults",
    "RunFolderError",
    "StudyError",
    "TableError",
    "TapeError",
    "WorkFolderError",
]


class NplSimError(Exception):
    """Base of all errors whose message is meant for the user; the CLI prints it without a traceback."""


class StudyError(NplSimError):
    """A study cannot be used: one or more faults in its files.

    Parameters
    ----------
    faults
        One line per fault, each naming file, line, key, the value and what was expected.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(self.faults))


class PlacedFaults(ValueError):
    """What a check across the words of a model found; reading a file turns it into a line for each fault.

    Parameters
    ----------
    faults
        Path of keys to the value, and what came and was expected, for each fault.
    """

    def __init__(self, faults: Sequence[tuple[tuple[str | int, ...], str]]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{'.'.join(map(str, where))}: {text}" for where, text in self.faults))


class TableError(NplSimError):
    """A file of rows and columns cannot be read: the message names the file, what is wrong and what was expected."""


class TapeError(NplSimError):
    """A tape cannot be priced: unreadable, or faulty while the study says that faults stop the run."""


class DealError(NplSimError):
    """A deal cannot be run on these flows: the message says what came and what was expected."""


class ChannelError(NplSimError):
    """A channel contract cannot be run on these outcomes: the message says what came and what was expected."""


class CapacityError(NplSimError):
    """The run would need more memory than the study allows."""


class RunFolderError(NplSimError):
    """A run folder cannot be written or read."""


class WorkFolderError(NplSimError):
    """Finished scenarios cannot be written, or those in the folder belong to another run."""


class BackendError(NplSimError):
    """The workers that simulate cannot be reached, or do not fit this process."""


class ConservationError(RuntimeError):
    """Parts do not sum to their whole: a fault inside the program and not in the study."""
