"""Stops from outside: SIGTERM, SIGHUP and Ctrl-C end a run in order, so that it puts away what it has on disk."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType

__all__ = ["GRACE", "watch_signals"]

GRACE = 10.0
"""Seconds in which a further signal does not interrupt the cleaning up; after them it ends the program at once."""


class _Stopper:
    """Turns the first signal into an exception and leaves the cleaning up after it alone."""

    def __init__(self) -> None:
        self._began: float | None = None

    @property
    def stopped(self) -> bool:
        """Whether a signal has come."""
        return self._began is not None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Stop the run: Ctrl-C as KeyboardInterrupt, the others as an exit with 128 + the signal's number."""
        if self._began is None:
            self._began = time.monotonic()
            if number == signal.SIGINT:
                raise KeyboardInterrupt
            raise SystemExit(128 + number)
        if time.monotonic() - self._began > GRACE:
            os._exit(128 + number)


@contextlib.contextmanager
def watch_signals() -> Iterator[None]:
    """Handle the signals that stop a run inside a ``with`` statement; one ignored from the start stays ignored.

    After a stop the handlers stay, since Python still cleans up at its end.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    stopper = _Stopper()
    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
    if hasattr(signal, "SIGHUP"):
        usual[signal.SIGHUP] = signal.SIG_DFL
    taken = {
        number: handler for number, handler in usual.items() if signal.getsignal(number) is handler
    }
    for number in taken:
        signal.signal(number, stopper)
    yield
    if not stopper.stopped:
        for number, handler in taken.items():
            signal.signal(number, handler)
