"""Command line of npl_sim: parse the arguments, call a use case, print the result.

Commands import what they need when they run, so that help appears at once.
"""

from __future__ import annotations

import atexit
import contextlib
import contextvars
import errno
import gc
import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

import npl_sim
from npl_sim.cli import deal as deals
from npl_sim.cli.batch import batch
from npl_sim.cli.channel import channel
from npl_sim.cli.ends import code_of, unwritten
from npl_sim.cli.groups import GroupedCommands, renamed
from npl_sim.cli.init import init, write_synthetic
from npl_sim.cli.learn import track
from npl_sim.cli.messages import (
    FAILED,
    INTERRUPTED,
    NO_VERDICT,
    REFUSED,
    STOPPED,
    print_error,
)
from npl_sim.cli.options import folder_name
from npl_sim.cli.sell import sell
from npl_sim.cli.signals import watch_signals
from npl_sim.cli.start import explain, validate
from npl_sim.cli.streams import guarded_streams, quiet_libraries
from npl_sim.cli.tools import doctor, schema
from npl_sim.cli.value import bid, compare, price
from npl_sim.core.caller import command_line
from npl_sim.core.errors import quoted

__all__ = ["app", "main", "program"]

app = typer.Typer(
    cls=GroupedCommands,
    help="Price packages of non-performing loans by simulation.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="--debug, anywhere, shows where an internal error happened. Exit codes: 0 done; "
    "2 input refused; 3 findings on the tape stopped the run. 4 some runs of a batch failed; "
    "5 no verdict on a contract; 70 internal error. 74 output not written; 130 stopped by Ctrl-C; "
    "128 + n stopped by signal n. A reader that leaves early, such as head, changes no code.",
)
deal = typer.Typer(
    help="Run a securitization, or size its notes.", no_args_is_help=True, rich_markup_mode=None
)
deal.command("run")(deals.run)
deal.command("size")(deals.size)
app.add_typer(deal, name="deal")
for command in (
    init,
    validate,
    explain,
    price,
    bid,
    sell,
    batch,
    compare,
    channel,
    track,
    schema,
    doctor,
):
    app.command()(command)


def _print_version(wanted: bool) -> None:
    """Print the version and end."""
    if wanted:
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


def _synth(
    folder: Annotated[Path, typer.Argument(parser=folder_name)],
    loans: Annotated[int, typer.Option(min=1, max=20_000_000)] = 2000,
    seed: Annotated[int, typer.Option(min=0)] = 1,
    valuation_date: str = "2026-06-30",
    force: Annotated[bool, typer.Option("--force")] = False,
) -> None:
    """Write a synthetic tape."""
    write_synthetic(folder, loans, seed, valuation_date, force)


# Old names, until version 0.6.
for old, new, function in (
    ("tranche", "deal run", deals.run),
    ("structure", "deal size", deals.size),
    ("diff", "compare", compare),
    ("synth", "init --synthetic N", _synth),
    ("version", "doctor", doctor),
):
    app.command(old, hidden=True)(renamed(function, old, new))


def _run(debug: bool) -> int:
    """Run the command that the arguments name; return its exit code."""
    if sys.platform == "win32":
        print_error(
            "npl-sim: Windows is not supported; expected Linux or macOS, or the Windows Subsystem "
            "for Linux (WSL)"
        )
        return REFUSED
    os.environ["MPLBACKEND"] = "agg"  # figures go to files, whatever the user's own backend is
    # Matrices are small: threads of the linear algebra would only wait, on cores that simulate.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    threads = os.environ.get("NUMBA_NUM_THREADS", "1")
    if not (threads.strip().isdecimal() and int(threads) > 0):
        print_error(
            f"npl-sim: environment variable NUMBA_NUM_THREADS: got {quoted(threads)}; expected a "
            "whole number from 1"
        )
        return REFUSED
    for word in sys.argv[1:]:
        if not word.isascii() and any("\ud800" <= c <= "\udfff" for c in word):
            print_error(
                f"npl-sim: {quoted(word)}: not valid text in UTF-8; expected names and values in "
                "UTF-8"
            )
            return REFUSED
    try:
        code = app(standalone_mode=False, obj=debug)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:
        return code_of(error, debug)
    if code == INTERRUPTED:
        print_error("npl-sim: stopped")
    return code if isinstance(code, int) else 0


def main() -> NoReturn:
    """Run the command line; print errors of the input without a traceback."""
    quiet_libraries()
    debug = "--debug" in sys.argv
    if debug:
        sys.argv.remove("--debug")
    if "--version" in sys.argv[2:]:
        sys.argv[1:] = ["--version"]
    with command_line(), watch_signals(), guarded_streams() as (output, _):
        # Settings of a command (--mask, --within) end with it, however it ends.
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


def program() -> NoReturn:
    """Run the command line as a program: without garbage collection, and with a fast exit.

    The memory of a command is freed by the end of its process. `os._exit` skips the teardown of
    the interpreter, which takes 0.4 s. Before it, the functions registered with `atexit` remove
    temporary files and join worker processes, and the streams are flushed.
    """
    gc.disable()
    code: object = 0
    try:
        main()
    except SystemExit as end:
        code = end.code
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(code if isinstance(code, int) else 0 if code is None else 1)
