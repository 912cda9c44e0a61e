"""Run the jobs of a batch one after the other; each uses all threads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from npl_sim.core.errors import RunFolderError
from npl_sim.core.progress import Listener, Silent
from npl_sim.runs.batch.files import check_batch_folder, earlier_rows, locked, write_rows
from npl_sim.runs.batch.row_text import row_text
from npl_sim.runs.batch.table import Row, frame_of

if TYPE_CHECKING:
    from npl_sim.runs.batch.jobs import Entry


class BatchListener(Listener, Protocol):
    """Receives the start and the end of each run, and the progress of the current one."""

    def open(self, runs: int) -> None:
        """Begin a batch."""

    def begin(self, label: str) -> None:
        """Begin a run."""

    def end(self, label: str, text: str) -> None:
        """End a run, whether or not it succeeded."""

    def close(self) -> None:
        """End the batch, whether or not it succeeded."""


class SilentBatch(Silent):
    """Listener of a batch that shows nothing."""

    def open(self, runs: int) -> None:
        """Begin a batch."""

    def begin(self, label: str) -> None:
        """Begin a run."""

    def end(self, label: str, text: str) -> None:
        """End a run."""

    def close(self) -> None:
        """End the batch."""


class Runner(Protocol):
    """Prices the runs of a batch."""

    def row(self, entry: Entry, listener: Listener) -> Row:
        """Return the row of one run, whether or not it succeeds."""


@dataclass(frozen=True)
class BatchResult:
    """Rows of a batch, one for each run."""

    rows: list[Row]
    """One row for each run."""
    error: str
    """Why the table could not be written at the end; empty if it was."""

    def count(self, status: str) -> int:
        """Return the number of runs with a status: done, skipped or failed."""
        return sum(row.status == status for row in self.rows)


def run_batch(
    entries: Sequence[Entry], out: Path, runner: Runner, listener: BatchListener
) -> BatchResult:
    """Run a batch; its table is written again after each run, so it always holds what is done.

    Parameters
    ----------
    entries
        The runs.
    out
        Folder for the table and the run folders.
    runner
        Prices each run.
    listener
        Receives progress and messages.

    Raises
    ------
    RunFolderError
        If the folder is no batch's, cannot be written, or is in use by another batch.
    """
    check_batch_folder(out)
    rows: list[Row] = []
    fault = ""
    with locked(out):
        earlier = earlier_rows(out)
        listener.open(len(entries))
        try:
            for entry in entries:
                listener.begin(entry.label)
                row = runner.row(entry, listener).printable()
                rows.append(row)
                listener.end(entry.label, row_text(row))
                table = frame_of(rows, [e.shown_point for e in entries[: len(rows)]], earlier)
                try:
                    write_rows(table, out)
                    fault = ""
                except RunFolderError as error:
                    # A full disk does not stop the runs: the next row tries again.
                    if not fault:
                        listener.message(f"{error}; it is tried again after the next run")
                    fault = str(error)
        finally:
            listener.close()
    return BatchResult(rows, fault)
