"""What a batch runs: which study files, with which overrides, into which folders."""

from __future__ import annotations

import dataclasses
import glob
import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from npl_sim.errors import NplSimError
from npl_sim.provenance import text_hash

__all__ = ["Entry", "find_studies", "make_entries"]

ENDINGS = (".yaml", ".yml")
LONGEST_NAME = 100
"""Characters of a folder's name; beyond, a hash stands for the rest."""

MOST_RUNS = 100_000


@dataclass(frozen=True)
class Entry:
    """One run of a batch.

    Attributes
    ----------
    path
        The study's file.
    point
        Values of the grid at this run, by dotted key.
    overrides
        All overrides, those of the grid included.
    folder
        Name of its run folder below the batch's.
    label
        The file's stem and the values of the grid, for a line of text.
    """

    path: Path
    point: Mapping[str, Any]
    overrides: Mapping[str, Any]
    folder: str
    label: str

    @property
    def changes(self) -> str:
        """The overrides in one line, as they would be written."""
        return "; ".join(_words(self.overrides))


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    return "null" if value is None else str(value)


def _words(values: Mapping[str, Any]) -> list[str]:
    return [f"{key}={_shown(value)}" for key, value in values.items()]


def find_studies(sources: Iterable[str]) -> list[Path]:
    """Return the study files that folders, patterns and file names stand for, each once.

    A folder stands for the YAML files in it, in the order of their names, not for those further down.

    Raises
    ------
    NplSimError
        If a source stands for nothing.
    """
    found: dict[Path, Path] = {}
    for source in sources:
        path = Path(source)
        if path.is_dir():
            files = sorted(p for p in path.iterdir() if p.suffix.lower() in ENDINGS and p.is_file())
            what = "holds no .yaml file"
        elif path.exists():
            files, what = [path], ""
        else:
            files = sorted(p for p in map(Path, glob.glob(source, recursive=True)) if p.is_file())
            what = "matches no file" if glob.has_magic(source) else "does not exist"
        if not files:
            raise NplSimError(f"batch: {source}: {what}; expected a study, a folder of studies or a pattern")
        for file in files:
            found.setdefault(file.resolve(), file)
    return list(found.values())


def _safe(text: str) -> str:
    """Return text that may name a folder anywhere."""
    name = "".join(c if c.isalnum() or c in "-_.=," else "_" for c in text).strip(".") or "_"
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 9]}-{text_hash(text)[:8]}"


def _short(keys: Iterable[str]) -> dict[str, str]:
    """Return the last word of each key where that tells it from the others, else the whole key."""
    keys = list(keys)
    count = Counter(key.rsplit(".", 1)[-1] for key in keys)
    return {key: key if count[last] > 1 else last for key in keys for last in [key.rsplit(".", 1)[-1]]}


def make_entries(
    studies: Sequence[Path], grid: Mapping[str, Sequence[Any]], fixed: Mapping[str, Any]
) -> list[Entry]:
    """Return the runs of a batch: every study with every combination of the grid's values.

    The folder of a run is named by its study and its place on the grid and by nothing else, so it is
    found again when studies or values are added.

    Parameters
    ----------
    studies
        Study files.
    grid
        Values by dotted key.
    fixed
        Overrides of every run.

    Raises
    ------
    NplSimError
        If a key is given twice, has no values or the same value twice, or the runs are too many.
    """
    for key, values in grid.items():
        if key in fixed:
            raise NplSimError(f"batch: {key} is given by --grid and by --set; expected one of them")
        if not values or len({_shown(v) for v in values}) < len(values):
            what = "no value" if not values else "a value twice"
            raise NplSimError(f"batch: --grid {key}: has {what}; expected {key}=VALUE,VALUE,...")
    size = len(studies)
    for values in grid.values():
        size *= len(values)
    if size > MOST_RUNS:
        raise NplSimError(f"batch: {size:,} runs; expected at most {MOST_RUNS:,}")
    short = _short(grid)
    stems = Counter(_safe(path.stem).casefold() for path in studies)
    entries = []
    for path in studies:
        name = _safe(path.stem)
        if stems[name.casefold()] > 1:
            # Studies of the same name in different folders.
            name = f"{name}-{text_hash(str(path.parent))[:6]}"
        for values in itertools.product(*grid.values()):
            point = dict(zip(grid, values, strict=True))
            words = _words({short[key]: value for key, value in point.items()})
            folder = _safe(",".join([name, *words]))
            entries.append(Entry(path, point, {**fixed, **point}, folder, " ".join([path.stem, *words])))
    taken = Counter(entry.folder.casefold() for entry in entries)
    return [
        dataclasses.replace(e, folder=f"{e.folder}-{text_hash(e.changes)[:6]}")
        if taken[e.folder.casefold()] > 1
        else e
        for e in entries
    ]
