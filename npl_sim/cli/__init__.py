"""The command line: parses, calls, prints. No arithmetic.

One file for each command. Everything heavy is imported inside the commands, so that help appears at once.
"""

from __future__ import annotations

import contextvars
import errno
import os
import sys
from typing import Annotated, NoReturn

import typer

import npl_sim
from npl_sim.cli.batch import batch
from npl_sim.cli.bid import bid
from npl_sim.cli.channel import channel
from npl_sim.cli.check import explain, validate
from npl_sim.cli.compare import compare
from npl_sim.cli.diff import diff
from npl_sim.cli.ends import code_of, unwritten
from npl_sim.cli.options import FAILED, INTERRUPTED, NO_VERDICT, REFUSED, STOPPED, say
from npl_sim.cli.price import price
from npl_sim.cli.signals import watch_signals
from npl_sim.cli.structure import structure
from npl_sim.cli.tools import schema, synth, version
from npl_sim.cli.tranche import tranche
from npl_sim.core.errors import quoted
from npl_sim.core.streams import guarded_streams, quiet_libraries

__all__ = ["app", "main"]

app = typer.Typer(
    help="Price packages of non-performing loans by simulation.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="--debug, anywhere, shows where an internal error happened. Exit codes: 0 done, 2 input refused, 3 findings "
    "on the tape stopped the run, 4 some runs of a batch failed, 5 no verdict on a contract, 74 output not written, "
    "130 stopped by Ctrl-C, 128 + n stopped by signal n. A reader that leaves early, as head does, changes no code.",
)


def _print_version(asked: bool) -> None:
    """Print the version and end."""
    if asked:
        print(f"npl-sim {npl_sim.__version__}")
        raise typer.Exit(0)


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and end."
        ),
    ] = False,
) -> None:
    pass


for command in (
    price, bid, batch, tranche, structure, channel, compare, diff, validate, explain, synth, schema, version,
):  # fmt: skip
    app.command()(command)


def _run(debug: bool) -> int:
    """Run the command that the arguments name; return its exit code."""
    if sys.platform == "win32":
        say(
            "npl-sim: Windows is not supported; expected Linux or macOS, or the Windows Subsystem for Linux (WSL)"
        )
        return REFUSED
    os.environ["MPLBACKEND"] = "agg"  # figures go to files, whatever the user's own backend is
    threads = os.environ.get("NUMBA_NUM_THREADS", "1")
    if not (threads.strip().isdecimal() and int(threads) > 0):
        say(
            f"npl-sim: environment variable NUMBA_NUM_THREADS: got {quoted(threads)}; expected a whole number from 1"
        )
        return REFUSED
    for word in sys.argv[1:]:
        if not word.isascii() and any("\ud800" <= c <= "\udfff" for c in word):
            say(
                f"npl-sim: {quoted(word)}: not valid text in UTF-8; expected names and values in UTF-8"
            )
            return REFUSED
    try:
        code = app(standalone_mode=False, obj=debug)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:
        return code_of(error, debug)
    if code == INTERRUPTED:
        say("npl-sim: stopped")
    return code if isinstance(code, int) else 0


def main() -> NoReturn:
    """Run the command line; what is the user's to mend is said without a traceback."""
    quiet_libraries()
    debug = "--debug" in sys.argv
    if debug:
        sys.argv.remove("--debug")
    if "--version" in sys.argv[2:]:
        sys.argv[1:] = ["--version"]
    with watch_signals(), guarded_streams() as (output, _):
        # What options set for the time of a command does not outlast it, however it ends.
        code = contextvars.copy_context().run(_run, debug)
        output.flush()
        failure = output.failure
        if (
            failure is not None
            and failure.errno != errno.EPIPE
            and code in (0, REFUSED, STOPPED, FAILED, NO_VERDICT)
        ):
            code = unwritten(failure)
    sys.exit(code)
