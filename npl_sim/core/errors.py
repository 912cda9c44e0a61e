"""Errors with a message for the user, and quotation of values in messages."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from typing import Any, TypeVar

from npl_sim.core.issues import Issue
from npl_sim.core.language import gettext

T = TypeVar("T")

LONGEST_VALUE = 80
"""Most characters of a value in a message. [characters]"""

LONGEST_LINE = 3_000
"""Most characters of one line of a message. [characters]"""

LONGEST_WORD = 500
"""Most characters of one word of a message, such as a path. [characters]"""

INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories of invisible characters: controls, direction marks, line separators."""


def counted(number: int, noun: str) -> str:
    """Return a number with its noun in singular or plural: 1 loan, 2,400 loans."""
    # A language may need a measure word, so the phrase is translated and not the noun.
    phrase = f"{{number}} {noun}s"
    shown = gettext(phrase)
    if shown != phrase:
        return shown.format(number=f"{number:,}")
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def escaped(text: str, keep: str = "") -> str:
    r"""Return text with every control or invisible character as an escape, such as \x1b.

    Parameters
    ----------
    text
        Text that may come from a file or the command line.
    keep
        Characters to leave as they are, such as a line break.
    """
    if text.isprintable() or ("".join(text.split("\n")).isprintable() and "\n" in keep):
        return text
    return "".join(
        c
        if c in keep or unicodedata.category(c) not in INVISIBLE
        else c.encode("unicode_escape", "surrogatepass").decode()
        for c in text
    )


def quoted(value: Any, longest: int = LONGEST_VALUE) -> str:
    """Quote a value for a message: shortened, without control characters, text in quotes.

    Parameters
    ----------
    value
        What a file or the command line holds.
    longest
        Most characters. [characters]
    """
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list | tuple):
        kind = "mapping" if isinstance(value, dict) else "list"
        return f"a {kind}" if value else f"an empty {kind}"
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, str):
        return shortened(escaped(repr(value)), longest)
    # Cut before escaping: a cell may hold a million characters.
    return shortened(
        escaped(json.dumps(value[: longest + 1], ensure_ascii=False)), longest, len(value)
    )


def shortened(text: str, longest: int = LONGEST_VALUE, length: int = 0) -> str:
    """Return text of at most `longest` characters, with an ellipsis if it is cut.

    Parameters
    ----------
    text
        The text.
    longest
        Most characters. [characters]
    length
        Length of the original, if `text` was cut before. [characters]
    """
    return (
        text
        if len(text) <= longest and length <= longest
        else text[: longest - 3].rstrip("\\") + "..."
    )


def with_short_tokens(text: str) -> str:
    """Return text whose words are at most `LONGEST_WORD` characters long."""
    return re.sub(
        rf"\S{{{LONGEST_WORD + 1},}}", lambda found: shortened(found[0], LONGEST_WORD), text
    )


def _lines(text: str) -> str:
    """Return the lines of a message without control characters and of limited length."""
    lines = escaped(text, keep="\n").split("\n")
    return "\n".join(shortened(with_short_tokens(line), LONGEST_LINE) for line in lines)


class NplSimError(Exception):
    """Base of all errors with a message for the user; the CLI prints it without a traceback.

    The text of the message has no control characters, and its lines are limited in length.
    """

    def __str__(self) -> str:
        return _lines(super().__str__())


class StudyError(NplSimError):
    """A study cannot be used: its files have one or more errors.

    Parameters
    ----------
    errors
        One line per error, with file, line, key, value and what was expected.
    files
        Files that the lines may name.
    """

    def __init__(self, errors: Sequence[str], files: Sequence[str] = ()) -> None:
        self.files = tuple(files)
        self.errors = tuple(_lines(escaped(error)) for error in errors)
        super().__init__("\n".join(self.errors))


class PlacedErrors(ValueError):
    """Errors of a check across the fields of a model.

    Parameters
    ----------
    errors
        Errors, each with the path of its key.
    """

    def __init__(self, errors: Sequence[Issue]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(issue.text for issue in self.errors))


class InputFileError(NplSimError):
    """A file cannot be read: it is missing, not a regular file, unreadable or too large.

    Parameters
    ----------
    message
        Line with the file, what is wrong and what was expected.
    missing
        Whether there is no such file.
    """

    def __init__(self, message: str, missing: bool = False) -> None:
        self.missing = missing
        super().__init__(message)


class TableError(NplSimError):
    """A table cannot be read; the message states file, error and what was expected."""


class TapeError(NplSimError):
    """A tape cannot be priced: it is unreadable, or has errors that stop the run."""


class DealError(NplSimError):
    """A deal cannot be run on this cash."""


class ChannelError(NplSimError):
    """A channel contract cannot be run on these outcomes."""


class ConfinementError(NplSimError):
    """A file lies outside the folder in which files may be read."""


class CapacityError(NplSimError):
    """The run would exceed a limit of the study, or the space on disk."""


class RunFolderError(NplSimError):
    """A run folder cannot be written or read."""


class WorkFolderError(NplSimError):
    """Finished scenarios cannot be written, or the folder holds scenarios of another run."""


class BackendError(NplSimError):
    """The workers cannot be reached, or are not compatible with this process."""


class ConservationError(RuntimeError):
    """Parts do not sum to their whole: a bug of the program, not an error of the study."""


class ProgramError(RuntimeError):
    """An internal guarantee is violated: a bug of the program, not an error of the study."""


def known(value: T | None, what: str) -> T:
    """Return a value that earlier checks guarantee not to be None.

    Parameters
    ----------
    value
        The value.
    what
        Its name for the message.

    Raises
    ------
    ProgramError
        If it is None; unlike an assertion, the check also runs under ``python -O``.
    """
    if value is None:
        raise ProgramError(f"{what} is missing; expected a value by earlier checks")
    return value


def of_kind(value: object, kind: type[T], what: str) -> T:
    """Return a value that earlier checks guarantee to be of a type.

    Raises
    ------
    ProgramError
        If it is of another type.
    """
    if not isinstance(value, kind):
        raise ProgramError(
            f"{what} is of type {type(value).__name__}; expected {kind.__name__} by earlier checks"
        )
    return value
