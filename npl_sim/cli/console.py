"""Console without control characters, and progress as a bar with ETA or as plain lines."""

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
from npl_sim.core.progress import Listener, Silent

__all__ = [
    "ConsoleProgress",
    "LineProgress",
    "PlainConsole",
    "Throughput",
    "console_listener",
    "message_console",
    "result_console",
]


class PlainConsole(Console):
    """Console that prints control characters of a text as escapes and keeps its own styles.

    Parameters
    ----------
    options
        Options of `rich.console.Console`; values are not highlighted unless asked for.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"highlight": False, **options})

    def print(self, *objects: Any, **options: Any) -> None:
        """Print text with control characters escaped, some of which Rich itself would drop."""
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
    """Bar with throughput and ETA on a console."""

    def __init__(self, console: Console) -> None:
        self._console = console
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
        """Remove the bar."""
        self._bar.stop()

    def message(self, line: str) -> None:
        """Print a line."""
        self._console.print(line, markup=False)


class LineProgress:
    """Line on the standard error every few seconds."""

    EVERY = 5.0

    def start(self, total: int, label: str) -> None:
        """Store the time of the start."""
        self._total, self._label, self._done = total, label, 0
        self._began = self._printed = time.monotonic()

    def advance(self, done: int) -> None:
        """Print a line if the last one is old enough."""
        self._done += done
        now = time.monotonic()
        if now - self._printed >= self.EVERY:
            self._printed = now
            spent = now - self._began
            left = spent * (self._total - self._done) / max(self._done, 1)
            share = 100 * self._done / self._total
            rate = _rate(self._done, spent)
            print(
                f"{self._label}: {share:.0f} %, {rate}, ETA {left:.0f} s",
                file=sys.stderr,
                flush=True,
            )

    def finish(self) -> None:
        """Print nothing: the summary follows."""

    def message(self, line: str) -> None:
        """Print a line."""
        message_console().print(line, markup=False)


def message_console() -> Console:
    """Return the console of progress and messages: the standard error."""
    return PlainConsole(stderr=True, soft_wrap=True)


def console_listener(silent: bool = False) -> Listener:
    """Return the listener that suits the standard error: a bar in a terminal, else lines."""
    if silent:
        return Silent()
    console = message_console()
    return ConsoleProgress(console) if console.is_terminal else LineProgress()


def result_console(columns: int) -> Console:
    """Return the console of results: the standard output.

    Parameters
    ----------
    columns
        Width where the output is a file or a pipe, which has none.
    """
    return PlainConsole(width=None if sys.stdout.isatty() else columns)
