"""Stops from outside: SIGTERM, SIGHUP and Ctrl-C end a run in order, so that it puts away what it has on disk."""

from __future__ import annotations

import os
import signal
import threading
import time
from types import FrameType

__all__ = ["GRACE", "watch_signals"]

GRACE = 10.0
"""Seconds in which a further signal does not interrupt the cleaning up; after them it ends the program at once."""


class _Stopper:
    """Turns the first signal into an exception and leaves the cleaning up after it alone."""

    def __init__(self) -> None:
        self._began: float | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Stop the run: Ctrl-C as KeyboardInterrupt, the others as an exit with 128 + the signal's number."""
        if self._began is None:
            self._began = time.monotonic()
            if number == signal.SIGINT:
                raise KeyboardInterrupt
            raise SystemExit(128 + number)
        if time.monotonic() - self._began > GRACE:
            os._exit(128 + number)


def watch_signals() -> None:
    """Handle the signals that stop a run; one that is ignored from the start (nohup, &) stays ignored."""
    if threading.current_thread() is not threading.main_thread():
        return
    stopper = _Stopper()
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, stopper)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, stopper)
