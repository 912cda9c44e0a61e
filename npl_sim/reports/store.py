"""The run folder: written whole or not at all, and read only when whole.

Everything is written into a hidden folder beside the target; the manifest comes last and lists every
file with its hash; then one rename makes the folder appear.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from npl_sim.errors import RunFolderError
from npl_sim.provenance import file_hash, text_hash, versions
from npl_sim.reports.account import account_values
from npl_sim.reports.policy_text import assumptions_text

if TYPE_CHECKING:
    from npl_sim.study import Study
    from npl_sim.tape.table import LoanTable
    from npl_sim.valuation.price import PriceDistribution

__all__ = ["Run", "check_folder", "open_run", "study_hash", "write_run"]

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes
    ----------
    folder
        Where it lies.
    manifest
        Study, hashes, seed, versions, timings and the list of files.
    """

    folder: Path
    manifest: dict[str, Any]

    def table(self, name: str) -> pd.DataFrame:
        """Return one of its tables."""
        return pd.read_parquet(self.folder / "tables" / f"{name}.parquet")

    @property
    def summary(self) -> dict[str, Any]:
        """The summary."""
        result: dict[str, Any] = json.loads((self.folder / "summary.json").read_text(encoding="utf-8"))
        return result


def _json(path: Path, content: Any) -> None:
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False, default=str)
    path.write_text(text + "\n", encoding="utf-8")


def _synced(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def check_folder(folder: Path, overwrite: bool = False) -> None:
    """Refuse a folder in which no run may be written; asked before the work as well as after it.

    Raises
    ------
    RunFolderError
        If it exists, and is not a run that may be overwritten.
    """
    if not folder.exists():
        return
    if not overwrite:
        raise RunFolderError(f"{folder}: exists already; use --force or another --out")
    if not folder.is_dir() or not ((folder / MANIFEST).is_file() or not any(folder.iterdir())):
        raise RunFolderError(f"{folder}: is not a run folder and is not touched; use another --out")


def write_run(
    folder: Path,
    study: Study,
    table: LoanTable,
    result: PriceDistribution,
    timings: dict[str, float],
    overwrite: bool = False,
    figures: bool = True,
    command: Sequence[str] = (),
) -> Run:
    """Write a run folder.

    Parameters
    ----------
    folder
        The folder to make.
    study, table, result
        What was assumed, what was priced, what came out.
    timings
        Seconds by phase; only the manifest holds them, so all else is the same bytes for the same inputs.
    overwrite
        Whether a run that stands there already gives way.
    figures
        Whether to draw.
    command
        Words of the command that asked for the run, if one did.

    Raises
    ------
    RunFolderError
        If the folder exists and may not be overwritten, or cannot be written.
    """
    check_folder(folder, overwrite)
    target = folder.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise RunFolderError(f"{folder}: cannot be written ({error.strerror})") from None
    try:
        _fill(draft, study, table, result, figures)
        manifest = _manifest(draft, study, table, result, timings, command)
        _json(draft / MANIFEST, manifest)
        for path in draft.rglob("*"):
            _synced(path)
        draft.chmod(0o755)
        _put(draft, target)
    except OSError as error:
        raise RunFolderError(f"{folder}: cannot be written ({error.strerror or error})") from None
    finally:
        if draft.exists():
            shutil.rmtree(draft, ignore_errors=True)
    return Run(folder, manifest)


def _put(draft: Path, target: Path) -> None:
    """Give a draft its name; a run that stood there goes only when the new one stands."""
    old = draft.with_name(f"{draft.name}-old")
    if target.exists():
        target.rename(old)
    try:
        draft.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise
    _synced(target.parent)
    shutil.rmtree(old, ignore_errors=True)


def _fill(draft: Path, study: Study, table: LoanTable, result: PriceDistribution, figures: bool) -> None:
    from npl_sim.reports.tables import summary, tables
    from npl_sim.tape.quarantine import write_quarantine

    (draft / "tables").mkdir()
    for name, frame in tables(result).items():
        frame.to_parquet(draft / "tables" / f"{name}.parquet", index=False)
    content = summary(result)
    content["reconciliation"] = account_values(table.reconciliation)
    _json(draft / "summary.json", content)
    (draft / "study.json").write_text(study.model_dump_json(indent=2) + "\n", encoding="utf-8")
    (draft / "assumptions.txt").write_text(assumptions_text(study), encoding="utf-8")
    findings = pd.DataFrame(
        [(f.severity, str(f.file), f.row, f.column, f.value, f.expected) for f in table.findings],
        columns=["severity", "file", "row", "column", "value", "expected"],
    )
    findings.to_csv(draft / "findings.csv", index=False, encoding="utf-8-sig")
    if len(table.quarantine):
        write_quarantine(table, draft / "quarantine.csv")
    if figures:
        from npl_sim.reports.plots import save_all

        (draft / "figures").mkdir()
        save_all(result, draft / "figures")


def study_hash(study: Study) -> str:
    """Return the SHA-256 of what a study says; where the tape lies and the number of threads do not count."""
    words = study.model_dump(mode="json")
    words["simulation"].pop("threads")
    if words["channel"] is None:
        words.pop("channel")  # as before there were channels
    for role in ("loans", "collateral", "guarantors"):
        path = getattr(study.tape, role)
        words["tape"][role] = None if path is None else path.name
    return text_hash(json.dumps(words, sort_keys=True))


def _manifest(
    draft: Path,
    study: Study,
    table: LoanTable,
    result: PriceDistribution,
    timings: dict[str, float],
    command: Sequence[str],
) -> dict[str, Any]:
    files = {
        str(p.relative_to(draft)): {"bytes": p.stat().st_size, "sha256": file_hash(p)}
        for p in sorted(draft.rglob("*"))
        if p.is_file()
    }
    return {
        "format": 1,
        "study": study.name,
        "study_sha256": study_hash(study),
        "command": list(command),
        "tape": [dataclasses.asdict(source) for source in table.sources],
        "seed": study.simulation.seed,
        "scenarios": result.scenarios,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "timings_seconds": {k: round(v, 3) for k, v in timings.items()},
        "versions": versions(),
        "files": files,
    }


def open_run(folder: str | Path) -> Run:
    """Open a run folder after checking that it is whole.

    Raises
    ------
    RunFolderError
        If it has no manifest, or a file is missing or changed.
    """
    folder = Path(folder)
    path = folder / MANIFEST
    if not path.is_file():
        raise RunFolderError(f"{folder}: has no {MANIFEST}; expected the folder of a finished run")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        hashes = {str(name): str(facts["sha256"]) for name, facts in manifest["files"].items()}
    except ValueError:
        raise RunFolderError(f"{path}: is not valid JSON; expected the manifest of a finished run") from None
    except OSError as error:
        raise RunFolderError(f"{path}: cannot be read ({error.strerror})") from None
    except (AttributeError, KeyError, TypeError):
        raise RunFolderError(
            f"{path}: lists no files with hashes; expected the manifest of a finished run"
        ) from None
    for name, expected in hashes.items():
        file = folder / name
        if not file.is_file():
            raise RunFolderError(f"{file}: is missing; the manifest lists it")
        if file_hash(file) != expected:
            raise RunFolderError(f"{file}: was changed since the run; its hash is not that of the manifest")
    return Run(folder, manifest)
