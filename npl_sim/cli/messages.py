"""Exit codes and messages of the command line."""

from __future__ import annotations

import os
import sys

from npl_sim.core.errors import escaped

__all__ = [
    "FAILED",
    "INTERNAL",
    "INTERRUPTED",
    "NO_VERDICT",
    "REFUSED",
    "STOPPED",
    "UNWRITTEN",
    "masked_message",
    "print_error",
]

REFUSED, STOPPED, FAILED, NO_VERDICT, INTERNAL, UNWRITTEN, INTERRUPTED = 2, 3, 4, 5, 70, 74, 130
"""Exit codes.

The input was refused; findings on the tape stopped the run; some runs of a batch failed. A
contract has no verdict; an internal error; the output could not be written; Ctrl-C. Another signal
ends the program with 128 + its number: 143 for SIGTERM, 129 for SIGHUP.

A reader that leaves early (``| head -1``) is no error: the command continues and ends with its own
code.
"""


def masked_message(error: BaseException) -> str:
    """Return the message of an error; under `--mask` without names, ids and quoted values."""
    arguments = sys.argv[1:]
    if "--mask" not in arguments:
        return str(error)
    from npl_sim.core.masking import masked_text, names_of_files
    from npl_sim.study.masking import known_texts
    from npl_sim.tape.masked_findings import KNOWN

    names: dict[str, str] = {}
    for word in (part for a in arguments for part in (a, a.partition("=")[2])):
        if os.sep in word or os.path.exists(word):
            names |= names_of_files({"(file)": word})
    for file in getattr(error, "files", ()):
        names |= names_of_files({"(file)": file})
    return masked_text(str(error), names, known_texts() | KNOWN)


def print_error(text: str) -> None:
    """Print a message to the standard error."""
    print(escaped(text, keep="\n"), file=sys.stderr, flush=True)
