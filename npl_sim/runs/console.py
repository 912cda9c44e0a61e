"""Console without control characters; progress in a terminal: a bar with ETA, or plain lines where nobody watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.segment import Segment
from rich.text import Text

from npl_sim.core.errors import escaped

__all__ = ["ConsoleProgress", "LineProgress", "PlainConsole", "Throughput", "progress_for"]


class PlainConsole(Console):
    """A console that writes out control characters of what it is given; its own styles stay.

    Parameters
    ----------
    options
        Options of `rich.console.Console`; values are not highlighted unless asked for.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"highlight": False, **options})

    def print(self, *objects: Any, **options: Any) -> None:
        """Print; Rich itself would drop some control characters of a text without a word."""
        super().print(
            *(escaped(x, keep="\n") if isinstance(x, str) else x for x in objects), **options
        )

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Return the segments of a renderable, their text without control characters."""
        for segment in super().render(renderable, options):
            yield (
                segment
                if segment.control
                else Segment(escaped(segment.text, keep="\n"), segment.style)
            )


def _rate(done: float, seconds: float) -> str:
    return f"{done / max(seconds, 1e-9) / 1e6:.2f} M loan-paths/s"


class Throughput(ProgressColumn):
    """Loan-paths a second."""

    def render(self, task: Task) -> Text:
        """Return the column's text."""
        return Text(_rate(task.completed, task.elapsed or 0.0), style="cyan")


class ConsoleProgress:
    """A bar on the standard error stream."""

    def __init__(self, console: Console) -> None:
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            Throughput(),
            TextColumn("ETA"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )

    def start(self, total: int, label: str) -> None:
        """Show the bar."""
        self._bar.start()
        self._task = self._bar.add_task(label, total=total)

    def advance(self, done: int) -> None:
        """Move the bar."""
        self._bar.advance(self._task, done)

    def finish(self) -> None:
        """Take the bar away."""
        self._bar.stop()


class LineProgress:
    """A line on the standard error stream every few seconds."""

    EVERY = 5.0

    def start(self, total: int, label: str) -> None:
        """Note the time."""
        self._total, self._label, self._done = total, label, 0
        self._began = self._said = time.monotonic()

    def advance(self, done: int) -> None:
        """Say a line if it is time."""
        self._done += done
        now = time.monotonic()
        if now - self._said >= self.EVERY:
            self._said = now
            spent = now - self._began
            left = spent * (self._total - self._done) / max(self._done, 1)
            print(
                f"{self._label}: {100 * self._done / self._total:.0f} %, {_rate(self._done, spent)}, ETA {left:.0f} s",
                file=sys.stderr,
                flush=True,
            )

    def finish(self) -> None:
        """Say nothing: the summary follows."""


def progress_for(console: Console) -> ConsoleProgress | LineProgress:
    """Return what suits the stream behind `console`."""
    return ConsoleProgress(console) if console.is_terminal else LineProgress()
