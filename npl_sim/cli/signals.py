"""Signals that stop a run: SIGTERM, SIGHUP and Ctrl-C let it remove its temporary files."""

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
"""Time in which a further signal does not interrupt the cleanup. [seconds]"""


class _Stopper:
    """Handler that turns the first signal into an exception and protects the cleanup after it."""

    def __init__(self) -> None:
        self._began: float | None = None

    @property
    def stopped(self) -> bool:
        """Whether a signal was received."""
        return self._began is not None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Stop the run: Ctrl-C as KeyboardInterrupt, others as exit code 128 + number."""
        if self._began is None:
            self._began = time.monotonic()
            if number == signal.SIGINT:
                raise KeyboardInterrupt
            raise SystemExit(128 + number)
        if time.monotonic() - self._began > GRACE:
            os._exit(128 + number)


@contextlib.contextmanager
def watch_signals() -> Iterator[None]:
    """Handle the signals that stop a run inside a ``with`` statement.

    A signal that was ignored at the start stays ignored. After a stop the handlers stay, since
    Python still cleans up at its exit.
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
