"""The command line run in this process, with all that it prints held."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
import tempfile
import threading
import time
import traceback
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from unittest import mock

ALARM = 120.0
"""Seconds, of the clock and of the processor, after which a case counts as hung."""


class Hang(BaseException):
    """A case takes too long; no `Exception`, so that the command does not catch it."""


class Stopped(BaseException):
    """The fuzzer itself is to stop."""


@dataclass(frozen=True)
class Done:
    """What came of one command.

    Attributes
    ----------
    code
        Exit code; none where the command did not end by itself.
    out, err
        What was printed.
    crash
        What went past the command line's own handling.
    seconds
        Time of the processor. [seconds]
    grown
        Growth of the highest memory. [bytes]
    """

    code: int | None
    out: str
    err: str
    crash: str = ""
    seconds: float = 0.0
    grown: int = 0


class _InThisProcess:
    """Does the runs of a batch in this process."""

    def __init__(self, options: Any) -> None:
        from npl_sim.runs.batch.price import Pricer

        self._pricer = Pricer(options)

    def __enter__(self) -> Any:
        return self._pricer

    def __exit__(self, *error: object) -> None:
        pass


@contextlib.contextmanager
def _printed_into(out: BinaryIO, err: BinaryIO) -> Iterator[None]:
    """Send what Python and compiled code print into files."""
    kept = (sys.stdout, sys.stderr, os.dup(1), os.dup(2))
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(ValueError, OSError):
            stream.flush()
    os.dup2(out.fileno(), 1)
    os.dup2(err.fileno(), 2)
    sys.stdout = open(1, "w", encoding="utf-8", errors="backslashreplace", closefd=False)
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(ValueError, OSError):
                stream.close()
        sys.stdout, sys.stderr = kept[0], kept[1]
        os.dup2(kept[2], 1)
        os.dup2(kept[3], 2)
        os.close(kept[2])
        os.close(kept[3])


@contextlib.contextmanager
def _alarmed(seconds: float) -> Iterator[None]:
    """Raise `Hang` in the main thread after a time of the processor, or six times that of the
    clock."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(number: int, frame: object) -> None:
        raise Hang

    kept = [(number, signal.signal(number, ring)) for number in (signal.SIGALRM, signal.SIGPROF)]
    signal.setitimer(signal.ITIMER_REAL, 6.0 * seconds)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        for number, handler in kept:
            signal.signal(number, handler)


@contextlib.contextmanager
def _settled(arguments: Sequence[str], folder: Path) -> Iterator[None]:
    """Enter a folder with a command line, and restore all that a command may change of this
    process."""
    kept = {
        n: signal.getsignal(n)
        for n in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE)
    }
    temporary = folder / ".tmp"
    temporary.mkdir(exist_ok=True)
    here = Path.cwd()
    os.chdir(folder)
    try:
        with (
            mock.patch.object(sys, "argv", ["npl-sim", *arguments]),
            mock.patch.object(tempfile, "tempdir", str(temporary)),
            mock.patch.dict(os.environ, {"TMPDIR": str(temporary)}),
            mock.patch("npl_sim.runs.batch.worker.Worker", _InThisProcess),
            warnings.catch_warnings(),
        ):
            # As a user meets them: printed, each time. pytest makes them errors.
            warnings.resetwarnings()
            warnings.simplefilter("always")
            warnings.filterwarnings("ignore", category=DeprecationWarning)
            warnings.filterwarnings("ignore", category=ResourceWarning)
            yield
    finally:
        os.chdir(here)
        for number, handler in kept.items():
            if threading.current_thread() is threading.main_thread() and handler is not None:
                signal.signal(number, handler)


def _called(arguments: Sequence[str]) -> tuple[int | None, str]:
    """Run the command line; return its exit code and what went past it."""
    from npl_sim.cli import main

    try:
        main()
    except SystemExit as end:
        return (end.code if isinstance(end.code, int) else 0 if end.code is None else None), ""
    except Hang:
        return None, "hang"
    except Stopped:
        raise
    except BaseException:
        return None, traceback.format_exc()
    return 0, ""


def _shown(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, *rest: Any
) -> None:
    """Print a warning as Python does where nothing collects it."""
    print(warnings.formatwarning(message, category, filename, lineno), file=sys.stderr)


def run(arguments: Sequence[str], folder: Path, alarm: float = ALARM) -> Done:
    """Run one command in a folder.

    Parameters
    ----------
    words
        Words of the command line after its name.
    folder
        Folder in which it is run; its temporary files are below it in `.tmp`.
    alarm
        Time of the processor after which it counts as hung. [seconds]
    """
    import npl_sim.runs.batch.worker  # noqa: F401  (so that it can be replaced)

    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        with _settled(arguments, folder), _printed_into(out, err), _alarmed(alarm):
            warnings.showwarning = _shown  # type: ignore[assignment]
            code, crash = _called(arguments)
        seconds = time.process_time() - began
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "backslashreplace"))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return Done(code, texts[0], texts[1], crash, seconds, grown * 1024)
