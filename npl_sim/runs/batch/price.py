"""Price one run of a batch; a tape that the next run shares is read once."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import shutil
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npl_sim.analysis.other_readings import judged
from npl_sim.core.errors import InputFileError, NplSimError, RunFolderError
from npl_sim.core.masking import masked_text, names_of_files
from npl_sim.core.provenance import file_hash, files_hash, text_hash
from npl_sim.runs.batch.names import printable, settings_text
from npl_sim.runs.batch.table import Row, row_of_run
from npl_sim.runs.folder import SaveOptions
from npl_sim.runs.recorded_paths import recorded_texts
from npl_sim.runs.simulation import Clock, simulate_cash
from npl_sim.study.masking import masked_error

if TYPE_CHECKING:
    from npl_sim.core.progress import Listener
    from npl_sim.engine.backends.threads import Backend
    from npl_sim.runs.batch.jobs import Entry
    from npl_sim.runs.batch.options import WorkerOptions
    from npl_sim.runs.folder import Run
    from npl_sim.runs.place import RunPlace
    from npl_sim.runs.study_session import StudySession
    from npl_sim.tape.table import LoanTable

WORK = ".work"
"""Folder of finished scenarios of runs that are under way, below the batch's."""

LONG = 100_000_000
"""Loan-paths from which a run keeps its finished scenarios as it goes."""


class _Tapes:
    """Tape that was read last, for a next run that shares it."""

    def __init__(self) -> None:
        self._key = ""
        self._table: LoanTable | None = None

    def lend(self, study: StudySession) -> None:
        """Give a case the tape that it would read."""
        hashes = _tape_hashes(study)
        # By all that it is read with: the currency comes from the study.
        key = f"{study.study.valuation_date} {study.tape_spec().model_dump_json()} {hashes}"
        if key != self._key or self._table is None or hashes is None:
            # Let go of the old tape before the new one is read.
            self._table = None
            self._table, self._key = study.read(), key
        # What another reading is worth depends on the whole study, not on the tape alone.
        study.table = judged(study.study, self._table)


def _tape_hashes(study: StudySession) -> dict[str, list[str]] | None:
    """Return the current hashes of the files of a tape, by table; None if one is unreadable."""
    files = study.tape_spec().files
    try:
        return {role: [file_hash(path) for path in paths] for role, paths in files.items()}
    except (OSError, InputFileError):
        return None


@functools.cache
def _program_hash() -> str:
    """Return a hash of libraries and program, which can change numbers of a run."""
    from npl_sim.engine.checkpoint.identity import version_hash

    root = Path(__file__).parents[2]
    files = sorted([*root.rglob("*.py"), *root.rglob("*.yaml")])
    return text_hash(f"{version_hash()}\n{files_hash(root, files)}")


def _record(folder: Path) -> dict[str, Any]:
    """Return the entry of a manifest on the batch that made the run; empty if none did."""
    from npl_sim.runs.folder import read_json

    try:
        found = read_json(folder / "manifest.json", "the manifest of a finished run")["batch"]
    except (RunFolderError, KeyError):
        return {}
    return found if isinstance(found, dict) else {}


def _check_run(folder: Path, entry: Entry) -> None:
    """Refuse a folder with a run that is not an earlier attempt of this one.

    Raises
    ------
    RunFolderError
        If it does.
    """
    if folder.exists() and any(folder.iterdir()) and _record(folder).get("mark") != entry.mark:
        raise RunFolderError(
            f"{folder}: holds a run that no batch made from {entry.file} at this place on the "
            "grid. It is not touched; move it away or use another --out"
        )


class Pricer:
    """Prices the runs of a batch, one after the other.

    Parameters
    ----------
    options
        Options of every run.
    backend
        Workers that simulate; defaults to the threads of this process.
    """

    def __init__(self, options: WorkerOptions, backend: Backend | None = None) -> None:
        command = tuple(map(printable, options.command))
        self.out, self.debug, self.backend = options.out, options.debug, backend
        self.saving = SaveOptions(options.figures, options.cash, command=command)
        self._tapes = _Tapes()

    def row(self, entry: Entry, listener: Listener) -> Row:
        """Return the row of one run, whether or not it succeeds."""
        from npl_sim.runs.study_session import load_study

        name = entry.listed if entry.masked else printable(entry.path.stem)
        try:
            study = load_study(entry.path, entry.overrides)
            name = entry.listed if entry.masked else study.study.name
            run, status = self._finished(study, entry), "skipped"
            if run is None:
                run, status = self._price(study, entry, listener), "done"
            row = row_of_run(
                run, entry.file, entry.changes, status, study.study.currency, entry.folder
            )
            return dataclasses.replace(row, study=name)
        except NplSimError as error:
            message = str(masked_error(error, entry.path) if entry.masked else error)
        except MemoryError:
            message = (
                "out of memory; expected a lower simulation.memory_limit_gib or fewer scenarios"
            )
        except Exception as error:
            text = str(error)
            if entry.masked:
                text = masked_text(text, names_of_files({"study": entry.path}))
            kind = type(error).__name__
            message = f"internal error: {kind}: {text}; please report it with the study"
            if self.debug:
                listener.message(traceback.format_exc())
        if not entry.masked:
            (message,) = recorded_texts([message], {"study": entry.path})
        return Row.failed(entry, message, name)

    def _finished(self, study: StudySession, entry: Entry) -> Run | None:
        """Return the earlier run in its folder, if it is complete and would be the same again."""
        from npl_sim.runs.folder import open_run
        from npl_sim.study.fingerprint import study_hash

        folder = self.out / entry.folder
        try:
            run = open_run(folder)
        except RunFolderError:
            return None
        tape: dict[str, list[str]] = {role: [] for role in study.study.tape.files}
        for source in run.manifest.get("tape", ()):
            tape.setdefault(source.get("role"), []).append(source.get("sha256"))
        record = _record(folder)
        same = (
            record.get("mark") == entry.mark
            and record.get("program") == _program_hash()
            and run.manifest.get("study_sha256") == study_hash(study.study)
            and tape == _tape_hashes(study)
            and (not self.saving.figures or (folder / "figures").is_dir())
        )
        return run if same else None

    def _price(self, study: StudySession, entry: Entry, listener: Listener) -> Run:
        from npl_sim.runs.place import RunPlace

        folder = self.out / entry.folder
        with RunPlace(folder, overwrite=True) as place:
            _check_run(folder, entry)
            return self._written(study, entry, listener, place)

    def _written(
        self, study: StudySession, entry: Entry, listener: Listener, place: RunPlace
    ) -> Run:
        """Simulate, value and write a run."""
        from npl_sim.engine.checkpoint.identity import version_hash
        from npl_sim.runs.price import heading_of, value_cash
        from npl_sim.runs.priced_run import write_run
        from npl_sim.study.fingerprint import study_hash

        clock = Clock()
        with clock.phase("read"):
            self._tapes.lend(study)
        size = study.plan(elsewhere=self.backend is not None)
        # By what is run: what an earlier study or version left there does not stop this one.
        tape = [[source.role, source.sha256] for source in study.table.sources]
        identity = json.dumps([study_hash(study.study), tape, version_hash()])
        work = self.out / WORK / entry.folder / text_hash(identity)[:16]
        # A short run is sooner done again than its scenarios are written.
        kept = work if size.loan_paths >= LONG else None
        cash = simulate_cash(study, listener, clock, self.backend, kept)
        result = value_cash(study, cash, clock)
        origin = {
            "file": entry.file,
            "grid": settings_text(entry.shown_point),
            "mark": entry.mark,
            "program": _program_hash(),
        }
        run = write_run(
            place,
            study.study,
            study.table,
            result,
            clock.seconds,
            self.saving,
            heading_of(study, result),
            origin,
        )
        for line in run.undrawn:
            listener.message(f"warning: {entry.label}: {line}")
        shutil.rmtree(work.parent, ignore_errors=True)
        with contextlib.suppress(OSError):
            work.parent.parent.rmdir()  # the last run's
        return run
