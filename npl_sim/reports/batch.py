"""Many runs, one after the other: a failure costs its own run, and what was done is not done again.

Each run uses all threads, so runs do not compete; a tape that the next run shares is read once.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from npl_sim.errors import NplSimError, RunFolderError
from npl_sim.provenance import file_hash, text_hash, versions
from npl_sim.reports.batch_table import Row, frame_of, row_of_run, write_rows
from npl_sim.reports.formats import money_unit, percent
from npl_sim.reports.simulating import Clock, run_case, valued

if TYPE_CHECKING:
    from npl_sim.api import Case
    from npl_sim.engine.backends import Backend
    from npl_sim.reports.batch_display import BatchDisplay
    from npl_sim.reports.batch_plan import Entry
    from npl_sim.reports.folder import Run
    from npl_sim.tape.table import LoanTable

__all__ = ["check_batch_folder", "run_batch"]

WORK = ".work"
"""Folder of finished scenarios of runs that are under way, below the batch's."""

LONG = 100_000_000
"""Loan-paths from which a run keeps its finished scenarios as it goes."""


def check_batch_folder(folder: Path) -> None:
    """Refuse a folder whose results.csv is no batch's.

    Raises
    ------
    RunFolderError
        If a batch may not be written there.
    """
    table = folder / "results.csv"
    if folder.exists() and not folder.is_dir():
        raise RunFolderError(f"{folder}: is a file; expected a folder for the batch, or a name not in use")
    if table.exists():
        with table.open(encoding="utf-8-sig", errors="replace") as file:
            first = file.readline()
        if not first.startswith("study,file,overrides,"):
            raise RunFolderError(
                f"{table}: is not the table of a batch and is not touched; use another --out"
            )


class _Tapes:
    """The tape that was read last, for the next run may share it."""

    def __init__(self) -> None:
        self._key = ""
        self._table: LoanTable | None = None

    def lend(self, case: Case) -> None:
        """Give a case the tape that it would read."""
        hashes = _tape_hashes(case)
        key = f"{case.study.valuation_date} {case.study.tape.model_dump_json()} {hashes}"
        if key != self._key or self._table is None or hashes is None:
            # Let go of the old tape before the new one is read.
            self._table = None
            self._table, self._key = case.table, key
        case.table = self._table


def _tape_hashes(case: Case) -> dict[str, str] | None:
    """Return the hashes of the tape's files as they are now, by table; none if one cannot be read."""
    tape = case.study.tape
    files = {"loans": tape.loans, "collateral": tape.collateral, "guarantors": tape.guarantors}
    try:
        return {role: file_hash(path) for role, path in files.items() if path is not None}
    except OSError:
        return None


def _finished(folder: Path, case: Case, figures: bool) -> Run | None:
    """Return the run in a folder if it is whole, has what is asked, and is of the same study, tape and version."""
    from npl_sim.reports.folder import open_run
    from npl_sim.reports.store import study_hash

    try:
        run = open_run(folder)
    except RunFolderError:
        return None
    manifest = run.manifest
    tape = {source.get("role"): source.get("sha256") for source in manifest.get("tape", ())}
    same = (
        manifest.get("study_sha256") == study_hash(case.study)
        and tape == _tape_hashes(case)
        and manifest.get("versions", {}).get("npl_sim") == versions()["npl_sim"]
        and (not figures or (folder / "figures").is_dir())
    )
    return run if same else None


def _price(
    case: Case,
    folder: Path,
    figures: bool,
    tapes: _Tapes,
    display: BatchDisplay,
    backend: Backend | None,
) -> Run:
    from npl_sim.reports.folder import check_folder
    from npl_sim.reports.store import study_hash, write_run

    # The name is the batch's own: a run of an earlier study that stands there gives way.
    check_folder(folder, overwrite=True)
    clock = Clock()
    with clock.phase("read"):
        tapes.lend(case)
    size = case.plan()
    # By what is run: what an earlier version of the study left there does not stop this one.
    words = json.dumps([study_hash(case.study), _tape_hashes(case), versions()["npl_sim"]])
    work = folder.parent / WORK / folder.name / text_hash(words)[:16]
    # A short run is sooner done again than its scenarios are written.
    kept = work if size.loan_paths >= LONG else None
    result = valued(case, run_case(case, display, clock, display.say, backend, kept), clock)
    command = ["npl-sim", *sys.argv[1:]]
    run = write_run(folder, case.study, case.table, result, clock.seconds, True, figures, command)
    shutil.rmtree(work.parent, ignore_errors=True)
    with contextlib.suppress(OSError):
        work.parent.parent.rmdir()  # the last run's
    return run


def _one(
    entry: Entry,
    out: Path,
    load: Callable[[Entry], Case],
    figures: bool,
    tapes: _Tapes,
    display: BatchDisplay,
    backend: Backend | None,
) -> Row:
    """Return the row of one run, whatever comes of it."""
    name = entry.path.stem
    try:
        case = load(entry)
        name = case.study.name
        folder = out / entry.folder
        run, status = _finished(folder, case, figures), "skipped"
        if run is None:
            run, status = _price(case, folder, figures, tapes, display, backend), "done"
        return row_of_run(run, str(entry.path), entry.changes, status, case.study.currency, entry.folder)
    except NplSimError as error:
        message = str(error)
    except MemoryError:
        message = "out of memory; expected a lower simulation.memory_limit_gib or fewer scenarios"
    except Exception as error:
        message = f"internal error: {type(error).__name__}: {error}; please report it with the study"
    return Row(name, str(entry.path), entry.changes, "failed", message=message)


def _said(row: Row) -> str:
    """Return what came of a run, in a line."""
    if row.status == "failed":
        lines = row.message.splitlines()
        more = f" (and {len(lines) - 1} more lines)" if len(lines) > 1 else ""
        return f"failed: {lines[0]}{more}"
    unit = money_unit(max(abs(row.mean), row.gbv / 100.0), row.currency)
    when = "was done before" if row.status == "skipped" else f"done in {row.seconds:.1f} s"
    return f"{when}; price {unit.show(row.mean)} {unit.name} ({percent(row.of_gbv, 2)} of GBV), bid {unit.show(row.bid)}"


def run_batch(
    entries: Sequence[Entry],
    out: Path,
    load: Callable[[Entry], Case],
    figures: bool,
    display: BatchDisplay,
    backend: Backend | None = None,
) -> list[Row]:
    """Run a batch; its table is written anew after each run, so it holds what is done at any time.

    Parameters
    ----------
    entries
        The runs.
    out
        Folder for the table and the run folders.
    load
        Reads the study of a run with its overrides.
    figures
        Whether to draw.
    display
        Told of what happens.
    backend
        Who walks the tiles; none: threads of this process.

    Raises
    ------
    RunFolderError
        If the table cannot be written.
    """
    check_batch_folder(out)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunFolderError(f"{out}: cannot be made ({error.strerror})") from None
    tapes, rows = _Tapes(), []
    display.open(len(entries))
    try:
        for entry in entries:
            display.begin(entry.label)
            row = _one(entry, out, load, figures, tapes, display, backend)
            rows.append(row)
            display.end(entry.label, _said(row))
            write_rows(frame_of(rows, [e.point for e in entries[: len(rows)]]), out)
    finally:
        display.close()
    return rows
