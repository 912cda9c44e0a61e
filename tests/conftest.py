"""What holds for every test, however the suite was started.

A shell without job control starts background jobs with the interrupt ignored, and nohup with the hang-up
ignored. A program inherits what is ignored, so tests that stop one by a signal would wait in vain.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType

STOPS = ("SIGINT", "SIGHUP", "SIGTERM")


def ignore(number: int, frame: FrameType | None) -> None:
    """Do nothing: the suite goes on as if the signal were ignored."""


def hear_again() -> None:
    """Replace ignored signals by a handler that does nothing; programs that tests start then hear them again.

    A handler does not outlive the start of another program, while an ignored signal stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for name in STOPS:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, ignore)


hear_again()
