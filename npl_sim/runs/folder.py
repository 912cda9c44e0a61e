"""Run folder: written as a whole or not at all, and read only when complete.

All files are written into a hidden folder beside the target (see `place`). The manifest comes last
and lists every file with its hash. Then one rename makes the folder appear.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from npl_sim.core.confinement import check_inside
from npl_sim.core.disk.whole_file import sync, sync_folder
from npl_sim.core.errors import InputFileError, RunFolderError
from npl_sim.core.input_file import MOST_JSON_BYTES, read_regular
from npl_sim.core.provenance import file_hash, versions
from npl_sim.runs.place import MANIFEST, RunPlace
from npl_sim.runs.recorded_paths import recorded_facts

if TYPE_CHECKING:
    from npl_sim.cashflows.protocol import Cash
    from npl_sim.cashflows.stored_cash import StoredCash

__all__ = [
    "PLAIN",
    "Run",
    "SaveOptions",
    "open_run",
    "read_json",
    "read_text",
    "store_cash",
    "write_folder",
    "write_json",
    "write_tables",
]


@dataclass(frozen=True)
class SaveOptions:
    """What a run folder contains beside the tables and the summary."""

    figures: bool = True
    """Whether to draw the figures."""
    cash: bool = True
    """Whether to store the cash of the package by scenario and month."""
    documents: bool = True
    """Whether a bid book includes the workbook and the HTML report."""
    full_cash: bool = False
    """Whether a contract's run includes the cash of every party by scenario and month."""
    command: Sequence[str] = ()
    """Command line that asked for the run; empty from Python."""


PLAIN = SaveOptions()


@dataclass(frozen=True)
class Run:
    """Finished run in its folder."""

    folder: Path
    """Path of the run folder."""
    manifest: dict[str, Any]
    """Study, hashes, seed, versions, timings and the list of files."""

    def table(self, name: str) -> pd.DataFrame:
        """Return one of its tables."""
        return pd.read_parquet(self.folder / "tables" / f"{name}.parquet")

    @property
    def summary(self) -> dict[str, Any]:
        """The summary.

        Raises
        ------
        RunFolderError
            If the file is not there or is damaged.
        """
        return read_json(self.folder / "summary.json", "the summary of a finished run")

    def cash(self) -> StoredCash:
        """Return the stored cash of the package (see `cashflows.stored_cash`).

        Raises
        ------
        RunFolderError
            If the run was saved without its cash.
        """
        from npl_sim.cashflows.stored_cash import CASH_FILE, read_cash

        path = self.folder / CASH_FILE
        if not path.is_file():
            raise RunFolderError(
                f"{path}: no such file; expected a run that was saved with its cash"
            )
        return read_cash(path)

    @property
    def undrawn(self) -> tuple[str, ...]:
        """Warnings on figures that could not be drawn."""
        return tuple(map(str, self.manifest.get("warnings", ())))

    def recorded(self) -> float:
        """Return the mean price that the run recorded. [package currency]

        Raises
        ------
        RunFolderError
            If the summary does not hold one.
        """
        path = self.folder / "summary.json"
        try:
            price = self.summary["price"]["mean"]["value"]
        except (KeyError, TypeError):
            raise RunFolderError(
                f"{path}: price.mean.value is missing; expected the price of a run"
            ) from None
        number = isinstance(price, int | float) and not isinstance(price, bool)
        if not (number and math.isfinite(price)):
            raise RunFolderError(
                f"{path}: price.mean.value is {str(price)[:40]!r}; expected an amount"
            )
        return float(price)


def store_cash(draft: Path, cash: Cash, options: SaveOptions) -> None:
    """Store the cash of a package by scenario and month in a run folder, where it is wanted."""
    if options.cash:
        from npl_sim.cashflows.stored_cash import CASH_FILE, write_cash

        write_cash(draft / CASH_FILE, cash)


def write_json(path: Path, content: Any) -> None:
    """Write plain data as JSON."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False, default=str)
    path.write_text(text + "\n", encoding="utf-8")


def read_text(path: Path, what: str) -> str:
    """Return the text of a file of a run folder.

    Parameters
    ----------
    path
        The file.
    what
        What it should be, for the message.

    Raises `RunFolderError` if it is no regular file, cannot be read, is too large or is not UTF-8.
    """
    try:
        return read_regular(path, MOST_JSON_BYTES, what).decode("utf-8")
    except UnicodeDecodeError as error:
        raise RunFolderError(
            f"{path}: byte {error.start + 1:,} is not UTF-8; expected {what}: the file is damaged"
        ) from None
    except InputFileError as error:
        raise RunFolderError(str(error)) from None


def read_json(path: Path, what: str) -> dict[str, Any]:
    """Return the entries of a JSON file of a run folder.

    Parameters
    ----------
    path
        The file.
    what
        What it should be, for the message.

    Raises `RunFolderError` if it cannot be read, or is not a JSON object.
    """
    text = read_text(path, what)
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise RunFolderError(
            f"{path}: is not JSON from {where} on; expected {what}: it is cut or damaged"
        ) from None
    except (RecursionError, ValueError):
        raise RunFolderError(
            f"{path}: is not readable JSON; expected {what}: it is damaged"
        ) from None
    if not isinstance(found, dict):
        raise RunFolderError(f"{path}: holds {str(found)[:40]!r}; expected {what}")
    return found


def write_tables(draft: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write tables as Parquet into the folder `tables` of a run."""
    (draft / "tables").mkdir()
    for name, frame in tables.items():
        frame.to_parquet(draft / "tables" / f"{name}.parquet", index=False)


def write_folder(
    place: RunPlace,
    fill: Callable[[Path], Sequence[str]],
    facts: Mapping[str, Any],
    timings: Mapping[str, float],
) -> Run:
    """Write a run folder and release its name.

    Parameters
    ----------
    place
        Place of the folder.
    fill
        Writes all files but the manifest into a folder, figures last. Returns a warning for each
        figure that could not be drawn.
    facts
        Entries of the manifest beside the time of the end, versions and files.
    timings
        Seconds by phase. Only the manifest holds them: all other files are the same bytes for the
        same inputs.

    Raises
    ------
    RunFolderError
        If it cannot be written, or the name was taken meanwhile. The message then names the folder
        that keeps the run.
    """
    try:
        draft = place.draft()
        warnings = list(fill(draft))
        recorded = recorded_facts(facts, place.folder.resolve())
        if warnings:
            recorded["warnings"] = warnings
        manifest = _manifest(draft, recorded, timings)
        write_json(draft / MANIFEST, manifest)
        for path in draft.rglob("*"):
            sync_folder(path) if path.is_dir() else sync(path)
        place.put(draft)
    except OSError as error:
        raise RunFolderError(
            f"{place.folder}: cannot be written ({error.strerror or error})"
        ) from None
    finally:
        place.release()
    return Run(place.folder, manifest)


def _manifest(
    draft: Path, facts: Mapping[str, Any], timings: Mapping[str, float]
) -> dict[str, Any]:
    files = {
        str(p.relative_to(draft)): {"bytes": p.stat().st_size, "sha256": file_hash(p)}
        for p in sorted(draft.rglob("*"))
        if p.is_file()
    }
    return {
        "format": 1,
        **facts,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "timings_seconds": {k: round(v, 3) for k, v in timings.items()},
        "versions": versions(),
        "files": files,
    }


def open_run(folder: str | Path) -> Run:
    """Open a run folder after a check that it is complete.

    Raises
    ------
    RunFolderError
        If it has no manifest, or a file is missing or changed.
    """
    folder = Path(folder)
    path = folder / MANIFEST
    check_inside(path)
    if not path.is_file():
        raise RunFolderError(f"{folder}: has no {MANIFEST}; expected the folder of a finished run")
    manifest = read_json(path, "the manifest of a finished run")
    try:
        hashes = {str(name): str(facts["sha256"]) for name, facts in manifest["files"].items()}
    except (AttributeError, KeyError, TypeError):
        raise RunFolderError(
            f"{path}: lists no files with hashes; expected the manifest of a finished run"
        ) from None
    for name, expected in hashes.items():
        file = folder / name
        check_inside(file)
        if not file.is_file():
            raise RunFolderError(f"{file}: is missing; the manifest lists it")
        if file_hash(file) != expected:
            raise RunFolderError(
                f"{file}: was changed since the run; its hash is not that of the manifest"
            )
    return Run(folder, manifest)
