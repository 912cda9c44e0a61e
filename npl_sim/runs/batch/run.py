"""Many runs, one after the other: a failure costs its own run, and what was done is not done again.

Each run uses all threads, so runs do not compete.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from npl_sim.core.errors import RunFolderError
from npl_sim.runs.batch.files import check_batch_folder, earlier_rows, locked, write_rows
from npl_sim.runs.batch.table import Row, frame_of
from npl_sim.runs.batch.text import said

if TYPE_CHECKING:
    from npl_sim.runs.batch.display import BatchDisplay
    from npl_sim.runs.batch.jobs import Entry
    from npl_sim.runs.batch.price import Telling

__all__ = ["Done", "Runner", "run_batch"]


class Runner(Protocol):
    """Does runs."""

    def row(self, entry: Entry, display: Telling) -> Row:
        """Return the row of one run, whatever comes of it."""


@dataclass(frozen=True)
class Done:
    """What came of a batch.

    Attributes
    ----------
    rows
        One for each run.
    fault
        Why the table could not be written in the end; empty where it was.
    """

    rows: list[Row]
    fault: str


def run_batch(entries: Sequence[Entry], out: Path, runner: Runner, display: BatchDisplay) -> Done:
    """Run a batch; its table is written anew after each run, so it holds what is done at any time.

    Parameters
    ----------
    entries
        The runs.
    out
        Folder for the table and the run folders.
    runner
        Who does the runs.
    display
        Told of what happens.

    Raises
    ------
    RunFolderError
        If the folder is no batch's, cannot be written, or is in use by another batch.
    """
    check_batch_folder(out)
    rows: list[Row] = []
    fault = ""
    with locked(out):
        before = earlier_rows(out)
        display.open(len(entries))
        try:
            for entry in entries:
                display.begin(entry.label)
                row = runner.row(entry, display).printable()
                rows.append(row)
                display.end(entry.label, said(row))
                table = frame_of(rows, [e.shown_point for e in entries[: len(rows)]], before)
                try:
                    write_rows(table, out)
                    fault = ""
                except RunFolderError as error:
                    # A full disk costs no run that is under way: the next row tries again.
                    if not fault:
                        display.say(f"{error}; it is tried again after the next run")
                    fault = str(error)
        finally:
            display.close()
    return Done(rows, fault)
