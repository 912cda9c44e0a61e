"""The process that does the runs of a batch: what kills it costs the run at work, and not the batch.

It is kept from run to run, so that compiled code and a borrowed tape are too; one that died is replaced. It
ends with the process that started it, however that one ends.
"""

from __future__ import annotations

import contextlib
import multiprocessing as mp
import multiprocessing.connection
import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npl_sim.core.confinement import confined
from npl_sim.core.errors import BackendError, NplSimError
from npl_sim.core.masking import Privacy
from npl_sim.core.streams import quiet_libraries
from npl_sim.engine.backends.safe_start import safe_start
from npl_sim.runs.backend_choice import BackendChoice
from npl_sim.runs.batch.table import Row

if TYPE_CHECKING:
    from npl_sim.runs.batch.jobs import Entry
    from npl_sim.runs.batch.price import Telling

__all__ = ["Asked", "Worker"]

GRACE = 10.0
"""Seconds that the process has to end by itself, and to put away what it wrote for the run at work."""

EVERY = 0.1
"""Seconds between two tellings of progress."""


_HEARD_BY_ALL = (signal.SIGINT, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))
"""Signals that a terminal sends to every process in it."""


@dataclass(frozen=True)
class Asked:
    """What the process is asked for with every run.

    Attributes
    ----------
    out, figures, command, debug
        As for `price.Pricer`.
    backend
        Who simulates.
    mask, relative, within
        What outputs leave out, and the folders in which files may be read.
    """

    out: Path
    figures: bool
    command: tuple[str, ...] = ()
    debug: bool = False
    backend: BackendChoice = field(default_factory=BackendChoice)
    mask: bool = False
    relative: bool = False
    within: tuple[Path, ...] = ()


class _Sender:
    """Tells the process that shows progress of it."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe, self._done, self._sent = pipe, 0, 0.0

    def start(self, total: int, label: str) -> None:
        """Begin."""
        self._done = 0
        self._pipe.send(("start", total, label))

    def advance(self, done: int) -> None:
        """Count; small steps are told together."""
        self._done += done
        now = time.monotonic()
        if now - self._sent >= EVERY:
            self._sent = now
            self._flush()

    def finish(self) -> None:
        """End."""
        self._flush()
        self._pipe.send(("finish",))

    def say(self, line: str) -> None:
        """Say a line."""
        self._pipe.send(("say", line))

    def _flush(self) -> None:
        if self._done:
            self._pipe.send(("advance", self._done))
            self._done = 0


def _stop(number: int, frame: object) -> None:
    """Leave the run at work as Ctrl-C would, once."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def _watch() -> None:
    """End this process when the one that started it is gone."""
    parent = mp.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(GRACE)
        os._exit(1)


def _serve(pipe: Connection, asked: Asked) -> None:
    """Do runs until there are no more."""
    # Ctrl-C and a closed terminal reach every process of it: the one that shows progress decides what follows.
    for number in _HEARD_BY_ALL:
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stop)
    quiet_libraries()
    threading.Thread(target=_watch, daemon=True).start()
    with contextlib.suppress(KeyboardInterrupt, EOFError, OSError):
        try:
            from npl_sim.runs.batch.price import Pricer

            with (
                Privacy.of(asked.mask, asked.relative),
                confined(asked.within),
                asked.backend.open() as backend,
            ):
                pricer = Pricer(asked.out, asked.figures, asked.command, backend, asked.debug)
                while True:
                    entry = pipe.recv()
                    pipe.send(("row", pricer.row(entry, _Sender(pipe))))
        except NplSimError as error:
            pipe.send(("refused", str(error)))
    # It ends by itself: a stop that comes now would only break into that, with a traceback.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """Let a process that is started inside be born deaf to Ctrl-C and to a closed terminal."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _HEARD_BY_ALL}
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler is not None:
                signal.signal(number, handler)


class Worker:
    """A process that does runs; to be used in a ``with`` statement.

    Parameters
    ----------
    asked
        What is asked for with every run.
    """

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self._process: Any = None
        self._pipe: Connection | None = None
        self._stopped = False
        self._before: Any = None

    def __enter__(self) -> Worker:
        is_main = threading.current_thread() is threading.main_thread()
        # A batch that was started in the background stays deaf to Ctrl-C.
        if is_main and signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            self._before = signal.signal(signal.SIGINT, self._stop)
        return self

    def __exit__(self, kind: object, *rest: object) -> None:
        self._end(at_once=kind is not None)
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _stop(self, number: int, frame: object) -> None:
        # Remembered: what is raised while an object is finalised or a module is loaded may be lost there.
        if not self._stopped:  # a second one would interrupt the cleaning up
            self._stopped = True
            raise KeyboardInterrupt

    def _open(self) -> Connection:
        """Return the way to the process, started if there is none."""
        if self._pipe is None or not self._process.is_alive():
            self._end(at_once=True)
            context = mp.get_context("spawn")
            self._pipe, theirs = context.Pipe()
            self._process = context.Process(
                target=_serve, args=(theirs, self.asked), name="npl-sim batch"
            )
            with _deaf(), safe_start():
                self._process.start()
            theirs.close()
        return self._pipe

    def row(self, entry: Entry, display: Telling) -> Row:
        """Return the row of one run, whatever comes of it.

        Raises
        ------
        BackendError
            If those who are to walk the tiles cannot be had.
        """
        try:
            pipe = self._open()
            pipe.send(entry)
        except OSError:
            return Row.failed(entry, self._death())
        while True:
            try:
                while not self._stopped and not pipe.poll(1.0):
                    pass
                if self._stopped:
                    raise KeyboardInterrupt
                what, *values = pipe.recv()
            except (EOFError, OSError):
                return Row.failed(entry, self._death())
            if what == "row":
                return values[0]
            if what == "refused":
                raise BackendError(*values)
            getattr(display, what)(*values)

    def _death(self) -> str:
        """Return in words how the process died."""
        self._process.join(GRACE)
        code = self._process.exitcode
        if code is not None and code < 0:
            return (
                f"the process was killed (signal {-code}); often too little memory: lower "
                "simulation.memory_limit_gib"
            )
        return (
            f"the process ended without a word (exit code {code}); please report it with the study"
        )

    def _end(self, at_once: bool) -> None:
        """Let the process end, or stop it."""
        if self._pipe is None:
            return
        self._pipe.close()
        if at_once:
            self._process.terminate()
        self._process.join(GRACE)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._pipe = None
