"""One display for many runs: two bars in a terminal, plain lines where nobody watches."""

from __future__ import annotations

import sys
import time

from rich.console import Console
from rich.progress import Task
from rich.text import Text

from npl_sim.cli.console import LineProgress, Throughput, message_console
from npl_sim.runs.batch.run import BatchListener, SilentBatch

__all__ = ["BatchLines", "batch_display"]


class BatchLines(LineProgress):
    """A line for each run that ends, and one every few seconds of a long run."""

    def open(self, runs: int) -> None:
        """Note how many runs there are."""
        self._runs, self._number, self._opened = runs, 0, time.monotonic()

    def begin(self, label: str) -> None:
        """Count the run."""
        self._number += 1
        self._run = f"[{self._number}/{self._runs}] {label}"

    def start(self, total: int, label: str) -> None:
        """Begin a run's simulation."""
        super().start(total, f"{self._run}: {label}")

    def end(self, label: str, text: str) -> None:
        """Say what came of a run."""
        self.message(f"{self._run}: {text}")

    def message(self, line: str) -> None:
        """Say a line."""
        print(line, file=sys.stderr, flush=True)

    def close(self) -> None:
        """Say nothing: the table follows."""


class _Rate(Throughput):
    """Loan-paths a second of the run; the batch's bar counts runs and has none."""

    def render(self, task: Task) -> Text:
        """Return the column's text."""
        return super().render(task) if task.fields.get("paths", True) else Text("")


class _BatchBars:
    """A bar for the batch and one for the run at work, below the lines of the runs that ended."""

    def __init__(self, console: Console) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
        from rich.table import Column

        self._bars = Progress(
            TextColumn(
                "{task.description}", markup=False, table_column=Column(no_wrap=True, ratio=1)
            ),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[count]}", markup=False),
            _Rate(table_column=Column(no_wrap=True)),
            TextColumn("ETA"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            expand=True,
        )

    def open(self, runs: int) -> None:
        """Show the bars."""
        self._runs, self._number = runs, 0
        self._bars.start()
        self._all = self._bars.add_task("batch", total=float(runs), count=f"0/{runs}", paths=False)
        self._own = self._bars.add_task("", total=None, count="", visible=False)

    def begin(self, label: str) -> None:
        """Name the run."""
        self._number += 1
        self._label, self._stages = label, 0
        self._most = 0.0
        self._bars.reset(self._own, total=None, description=label, count="reading", visible=True)

    def start(self, total: int, label: str) -> None:
        """Begin a run's simulation; a run to a precision has several, and each has its own bar."""
        self._stages += 1
        name = self._label if self._stages == 1 else f"{self._label} ({self._stages})"
        self._bars.reset(self._own, total=total, description=name, count="")
        self._total, self._done = total, 0

    def advance(self, done: int) -> None:
        """Move both bars."""
        self._done += done
        share = self._done / max(self._total, 1)
        self._bars.update(self._own, completed=self._done, count=f"{100 * share:.0f} %")
        # The batch's bar waits until a further simulation of the run has passed the last one.
        self._most = max(self._most, share)
        self._bars.update(self._all, completed=self._number - 1 + self._most)

    def finish(self) -> None:
        """Say that the simulation is over."""
        self._bars.update(self._own, count="valuing")

    def end(self, label: str, text: str) -> None:
        """Say what came of a run, above the bars."""
        self.message(f"[{self._number}/{self._runs}] {label}: {text}")
        self._bars.update(self._all, completed=self._number, count=f"{self._number}/{self._runs}")

    def message(self, line: str) -> None:
        """Print a line above the bars."""
        self._bars.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def close(self) -> None:
        """Take the bars away."""
        self._bars.stop()


def batch_display(silent: bool = False) -> BatchListener:
    """Return the listener of a batch that suits the standard error."""
    if silent:
        return SilentBatch()
    console = message_console()
    return _BatchBars(console) if console.is_terminal else BatchLines()
