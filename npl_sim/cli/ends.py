"""Message and exit code of every error of the command line."""

from __future__ import annotations

import errno
import os
import sys
from typing import Any

from npl_sim.cli.messages import (
    INTERNAL,
    REFUSED,
    STOPPED,
    UNWRITTEN,
    masked_message,
    print_error,
)
from npl_sim.core.errors import (
    NplSimError,
    TapeError,
    escaped,
    quoted,
    shortened,
    with_short_tokens,
)

__all__ = ["MOST_LINES", "code_of", "unwritten"]

MOST_LINES = 50
"""Errors of a study that are printed; the rest are counted."""

_LONGEST_MESSAGE = 1_000
"""Length to which messages of the parser and of other packages are cut. [characters]"""

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
_OF_USER = {
    errno.ENAMETOOLONG: "name too long for this system; expected a shorter one",
    errno.EACCES: "permission denied; expected a file or folder that this user may use",
    errno.EPERM: "permission denied; expected a file or folder that this user may use",
    errno.EROFS: "read-only file system; expected a folder that can be written",
    errno.ELOOP: "symbolic links in a circle; expected a file or folder",
    errno.ENOTDIR: "part of the path is a file; expected folders",
    errno.EISDIR: "is a folder; expected a file",
    errno.ENOENT: "no such file or folder",
    errno.EMFILE: "too many open files; expected a higher limit (ulimit -n)",
    errno.ENFILE: "too many open files on this system",
    errno.EAGAIN: "cannot start another process or thread; expected a higher limit "
    "(ulimit -u) or fewer threads",
}


def _named(file: Any) -> str:
    """Return the name of a file for a message."""
    return masked_message(
        ValueError(quoted(os.fsdecode(file) if isinstance(file, bytes) else file))
    )


def unwritten(error: OSError, where: object = None) -> int:
    """Print that the output cannot be written; return the exit code."""
    if error.errno == errno.EBADF:
        print_error(
            "npl-sim: cannot write the output: the standard output is closed; expected it open"
        )
        return UNWRITTEN
    path = f" {_named(where)}" if where else ""
    print_error(
        f"npl-sim: cannot write the output{path}: {error.strerror}; expected free space on its "
        "disk"
    )
    return UNWRITTEN


def _of_system(error: OSError) -> int | None:
    """Print an error of the system that the user can resolve; return the exit code, or None."""
    if error.errno in _FULL:
        return unwritten(error, error.filename)
    text = _OF_USER.get(error.errno or 0)
    if text is None:
        return None
    print_error(f"npl-sim: {_named(error.filename or '')}: {text}")
    return REFUSED


def _of_parser(error: Any) -> int:
    """Print an error of the parser with long values cut; return the exit code."""
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show()
        return int(error.exit_code)
    context = getattr(error, "ctx", None)
    if context is not None:
        print_error(context.get_usage())
        print_error(f"Try '{context.command_path} --help' for help.")
        print_error("")
    text = with_short_tokens(escaped(error.format_message()))
    print_error(f"Error: {shortened(text, _LONGEST_MESSAGE)}")
    return int(error.exit_code)


def _of_package(error: NplSimError) -> int:
    """Print an error of this package; return the exit code."""
    if isinstance(error, TapeError):  # one list of findings, which caps itself
        print_error(f"npl-sim: {masked_message(error)}")
        return STOPPED
    lines = masked_message(error).splitlines()
    more = [f"and {len(lines) - MOST_LINES:,} more"] if len(lines) > MOST_LINES else []
    print_error("\n".join(f"npl-sim: {line}" for line in lines[:MOST_LINES] + more))
    return REFUSED


def code_of(error: Exception, debug: bool) -> int:
    """Print an error and return the exit code; under `debug` raise an internal error again.

    Parameters
    ----------
    error
        The error that ended the command.
    debug
        Whether to show where an internal error happened.
    """
    if isinstance(error, NplSimError):
        return _of_package(error)
    if hasattr(error, "format_message") and hasattr(error, "exit_code"):
        return _of_parser(error)
    if type(error).__name__ == "Abort":
        print_error("npl-sim: stopped: the standard input ended")
        return REFUSED
    if isinstance(error, OSError) and (code := _of_system(error)) is not None:
        return code
    if isinstance(error, UnicodeEncodeError) and "surrogates" in error.reason:
        print_error(
            f"npl-sim: {quoted(error.object)}: not valid text in UTF-8; expected names in UTF-8"
        )
        return REFUSED
    if isinstance(error, MemoryError):
        print_error(
            "npl-sim: out of memory; expected fewer scenarios or loans, or a lower "
            "simulation.memory_limit_gib"
        )
        return REFUSED
    if isinstance(error, RecursionError):
        print_error("npl-sim: nested too deep; expected input of fewer levels")
        return REFUSED
    if debug:
        raise error
    text = shortened(escaped(masked_message(error)), _LONGEST_MESSAGE)
    print(
        f"npl-sim: internal error: {type(error).__name__}: {text}\n"
        "Please report it with the study and the version; --debug shows where it happened.",
        file=sys.stderr,
    )
    return INTERNAL
