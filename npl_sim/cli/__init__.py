"""The command line: parses, calls, prints. No arithmetic.

One file for each command. Everything heavy is imported inside the commands, so that help appears at once.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
from types import FrameType
from typing import NoReturn

import typer

from npl_sim.cli.batch import batch
from npl_sim.cli.bid import bid
from npl_sim.cli.channel import channel
from npl_sim.cli.check import explain, validate
from npl_sim.cli.compare import compare
from npl_sim.cli.diff import diff
from npl_sim.cli.price import price
from npl_sim.cli.structure import structure
from npl_sim.cli.tools import schema, synth, version
from npl_sim.cli.tranche import tranche
from npl_sim.cli.usage import PlainUsage
from npl_sim.cli.words import REFUSED, STOPPED, UNWRITTEN, say
from npl_sim.errors import NplSimError, TapeError, quoted

__all__ = ["app", "main"]

app = typer.Typer(
    cls=PlainUsage,
    help="Price packages of non-performing loans by simulation.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="--debug, anywhere, shows where an internal error happened. Exit codes: 0 done, 2 input refused, 3 findings "
    "on the tape stopped the run, 4 some runs of a batch failed, 5 no verdict on a contract, 74 output not written.",
)

MOST_LINES = 50
"""Faults of a study that are printed; the rest are counted."""

for command in (
    price, bid, batch, tranche, structure, channel, compare, diff, validate, explain, synth, schema, version,
):  # fmt: skip
    app.command()(command)


def _terminated(number: int, frame: FrameType | None) -> NoReturn:
    """End like a stop by the keyboard, so that what a run has on disk for itself is removed."""
    sys.exit(128 + number)


_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}


def _of_system(error: OSError) -> None:
    """End with what the system refused, where that is the user's to mend: a full disk, a name too long."""
    if error.errno == errno.ENAMETOOLONG:
        say(f"npl-sim: {quoted(error.filename or '')}: name too long for this system; expected a shorter one")
        sys.exit(REFUSED)
    if error.errno in _FULL:
        where = f" {quoted(error.filename)}" if error.filename else ""
        say(f"npl-sim: cannot write the output{where}: {error.strerror}; expected room where it goes")
        # What is still held back would fail again when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(UNWRITTEN)


def main() -> NoReturn:
    """Run the command line; what is the user's to mend is said without a traceback."""
    is_main = threading.current_thread() is threading.main_thread()
    if is_main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _terminated)
    debug = "--debug" in sys.argv
    if debug:
        sys.argv.remove("--debug")
    try:
        app(standalone_mode=True, obj=debug)
    except TapeError as error:
        say(f"npl-sim: {error}")
        sys.exit(STOPPED)
    except NplSimError as error:
        lines = str(error).splitlines()
        more = [f"and {len(lines) - MOST_LINES:,} more"] if len(lines) > MOST_LINES else []
        say("\n".join(f"npl-sim: {line}" for line in lines[:MOST_LINES] + more))
        sys.exit(REFUSED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except KeyboardInterrupt:
        say("npl-sim: stopped")
        sys.exit(130)
    except Exception as error:
        if isinstance(error, OSError):
            _of_system(error)
        if debug:
            raise
        say(
            f"npl-sim: internal error: {type(error).__name__}: {error}\n"
            "Please report it with the study and the version; --debug shows where it happened."
        )
        sys.exit(70)
    sys.exit(0)
