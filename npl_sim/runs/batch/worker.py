"""Worker process of a batch: what kills the process costs one run and not the batch.

One process prices all runs, so that compiled code and a shared tape stay in memory. A new one
takes its place if it dies. It ends with the process that started it, however that one ends.
"""

from __future__ import annotations

import contextlib
import multiprocessing as mp
import multiprocessing.connection
import multiprocessing.util
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from npl_sim.core.caller import command_line
from npl_sim.core.confinement import confined
from npl_sim.core.masking import Privacy
from npl_sim.engine.backends.safe_start import safe_start
from npl_sim.runs.batch.options import WorkerOptions
from npl_sim.runs.batch.table import Row

if TYPE_CHECKING:
    from npl_sim.core.progress import Listener
    from npl_sim.runs.batch.jobs import Entry

GRACE = 10.0
"""Time in which the process may end by itself and remove its temporary files. [seconds]"""

EVERY = 0.1
"""Time between two reports of progress. [seconds]"""

DONE = "done"
"""Last event of a run."""

_SENT_TO_ALL = (signal.SIGINT, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))
"""Signals that a terminal sends to every process in it."""


def _send(pipe: Connection, event: tuple[Any, ...]) -> None:
    """Send an event; without a listener nothing happens.

    The other process is gone then. An error here would replace the interrupt that ends this one.
    """
    with contextlib.suppress(OSError):
        pipe.send(event)


class _Events:
    """Listener that sends its events through a pipe."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe, self._done, self._sent = pipe, 0, 0.0

    def start(self, total: int, label: str) -> None:
        """Begin."""
        self._done = 0
        _send(self._pipe, ("start", total, label))

    def advance(self, done: int) -> None:
        """Count; small steps are sent together."""
        self._done += done
        now = time.monotonic()
        if now - self._sent >= EVERY:
            self._sent = now
            self._flush()

    def finish(self) -> None:
        """End."""
        self._flush()
        _send(self._pipe, ("finish",))

    def message(self, line: str) -> None:
        """Send a line."""
        _send(self._pipe, ("message", line))

    def _flush(self) -> None:
        if self._done:
            _send(self._pipe, ("advance", self._done))
            self._done = 0


class _Session:
    """State of the worker process."""

    def __init__(self, pipe: Connection, options: WorkerOptions) -> None:
        self._pipe, self._options = pipe, options
        self._resources = contextlib.ExitStack()
        self._pricer: Any = None
        self.busy = False

    def row(self, entry: Entry) -> Row:
        """Return the row of one run."""
        self.busy = True
        try:
            if self._pricer is None:
                from npl_sim.runs.batch.price import Pricer

                options = self._options
                self._resources.enter_context(Privacy.of(options.mask, options.relative))
                self._resources.enter_context(command_line(bool(options.command)))
                self._resources.enter_context(confined(options.within))
                backend = self._resources.enter_context(options.backend.open())
                self._pricer = Pricer(options, backend)
            return self._pricer.row(entry, _Events(self._pipe))
        finally:
            self.busy = False
            _send(self._pipe, (DONE,))

    def close(self) -> None:
        """Release the backend."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        self._resources.close()

    def stop(self, number: int, frame: object) -> None:
        """Interrupt the current run, or end the process if it has none."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise KeyboardInterrupt if self.busy else SystemExit(1)


_SESSION: _Session | None = None


def _start_session(pipe: Connection, options: WorkerOptions) -> None:
    """Prepare the worker process."""
    global _SESSION
    # The process that shows progress decides on Ctrl-C and on a closed terminal.
    for number in _SENT_TO_ALL:
        signal.signal(number, signal.SIG_IGN)
    _SESSION = _Session(pipe, options)
    signal.signal(signal.SIGTERM, _SESSION.stop)
    if options.prepare is not None:
        options.prepare()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    multiprocessing.util.Finalize(None, _SESSION.close, exitpriority=100)


def _price_entry(entry: Entry) -> Row:
    """Return the row of one run; end the process if it is interrupted."""
    assert _SESSION is not None  # noqa: S101
    try:
        return _SESSION.row(entry)
    except KeyboardInterrupt:
        _SESSION.close()
        os._exit(1)


def _end_with_parent() -> None:
    """End this process once the one that started it is gone."""
    parent = mp.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(GRACE)
        os._exit(1)


@contextlib.contextmanager
def _ignored_signals() -> Iterator[None]:
    """Let a process that is started inside ignore Ctrl-C and a closed terminal from its start."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _SENT_TO_ALL}
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler is not None:
                signal.signal(number, handler)


class Worker:
    """Process that prices runs; to be used in a ``with`` statement.

    Parameters
    ----------
    options
        Options of every run.
    """

    def __init__(self, options: WorkerOptions) -> None:
        self._options = options
        self._pool: ProcessPoolExecutor | None = None
        self._process: Any = None
        self._events: Connection | None = None
        self._stopped = False
        self._handler: Any = None

    def __enter__(self) -> Worker:
        is_main = threading.current_thread() is threading.main_thread()
        # A batch that was started in the background keeps ignoring Ctrl-C.
        if is_main and signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            self._handler = signal.signal(signal.SIGINT, self._stop)
        return self

    def __exit__(self, kind: object, *rest: object) -> None:
        self._end(at_once=kind is not None)
        if self._handler is not None:
            signal.signal(signal.SIGINT, self._handler)

    def _stop(self, number: int, frame: object) -> None:
        # Stored, since an exception in a finalizer or during an import may be lost.
        if not self._stopped:  # a second one would interrupt the cleanup
            self._stopped = True
            raise KeyboardInterrupt

    def row(self, entry: Entry, listener: Listener) -> Row:
        """Return the row of one run, whether or not it succeeds.

        Raises
        ------
        BackendError
            If the workers of another machine cannot be reached.
        """
        try:
            if self._pool is None:
                self._events, writer = mp.get_context("spawn").Pipe(duplex=False)
                # The pool starts other processes too: none may import from this folder.
                with _ignored_signals(), safe_start():
                    self._pool = ProcessPoolExecutor(
                        1, mp.get_context("spawn"), _start_session, (writer, self._options)
                    )
                    before = set(mp.active_children())
                    future = self._pool.submit(_price_entry, entry)
                (self._process,) = set(mp.active_children()) - before
                writer.close()
            else:
                future = self._pool.submit(_price_entry, entry)
            assert self._events is not None  # noqa: S101
            name = ""
            while name != DONE and not (future.done() and not self._events.poll()):
                if self._stopped:
                    raise KeyboardInterrupt
                if self._events.poll(EVERY):
                    name, *values = self._events.recv()
                    if name != DONE:
                        getattr(listener, name)(*values)
            return future.result()
        except (BrokenProcessPool, EOFError, OSError):
            return Row.failed(entry, self._death())

    def _death(self) -> str:
        """Return why the process died; the next run starts a new one."""
        self._process.join(GRACE)
        code = self._process.exitcode
        self._end(at_once=True)
        if code is not None and code < 0:
            return (
                f"the process was killed (signal {-code}); often too little memory: lower "
                "simulation.memory_limit_gib"
            )
        return (
            f"the process ended without a message (exit code {code}); please report it with the "
            "study"
        )

    def _end(self, at_once: bool) -> None:
        """Let the process end, or stop it."""
        if self._pool is None:
            return
        self._pool.shutdown(wait=False, cancel_futures=True)
        if at_once:
            self._process.terminate()
        self._process.join(GRACE)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._pool.shutdown(wait=True)
        self._pool = None
