"""What a batch runs: every study with every combination of a grid's values, each into a folder of its own."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from npl_sim.core.errors import NplSimError, escaped
from npl_sim.core.masking import Privacy, masked_setting
from npl_sim.core.provenance import file_hash, text_hash
from npl_sim.runs.batch.names import (
    mark_of,
    name_of,
    printable,
    short_keys,
    short_paths,
    shown,
    words_of,
)
from npl_sim.runs.recorded_paths import recorded_path

__all__ = ["Entry", "make_entries"]

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
    mark
        What tells the run from every other of the batch's folder.
    folder
        Name of its run folder below the batch's.
    label
        The file's stem, with folders where that does not tell files apart, and the values of the grid, for a line of text.
    listed
        What stands for the file's path where names are masked or paths relative; empty: the path.
    masked
        Whether names are masked.
    """

    path: Path
    point: Mapping[str, Any]
    overrides: Mapping[str, Any]
    mark: str
    folder: str
    label: str
    listed: str = ""
    masked: bool = False

    @property
    def file(self) -> str:
        """Name of the study's file, for a line of text."""
        return self.listed or printable(str(self.path))

    @property
    def shown_point(self) -> Mapping[str, Any]:
        """Values of the grid, as outputs may hold them."""
        return _shown(self.point) if self.masked else self.point

    @property
    def changes(self) -> str:
        """The overrides in one line, as they would be written."""
        return printable(
            "; ".join(words_of(_shown(self.overrides) if self.masked else self.overrides))
        )


def _shown(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: masked_setting(value) for key, value in values.items()}


def make_entries(
    studies: Sequence[Path], grid: Mapping[str, Sequence[Any]], fixed: Mapping[str, Any], out: Path
) -> list[Entry]:
    """Return the runs of a batch.

    The folder of a run is named by its study's file and its place on the grid and by nothing else, so it is
    found again whatever else is run with it.

    Parameters
    ----------
    studies
        Study files.
    grid
        Values by dotted key.
    fixed
        Overrides of every run.
    out
        The batch's folder.

    Raises
    ------
    NplSimError
        If a key is given twice, has no values or the same value twice, or the runs are too many.
    """
    for key, values in grid.items():
        if key in fixed:
            raise NplSimError(
                f"batch: {key} is given by --grid and by --set; expected one of them"
            )
        if not values or len({shown(v) for v in values}) < len(values):
            what = "no value" if not values else "a value twice"
            raise NplSimError(f"batch: --grid {key}: has {what}; expected {key}=VALUE,VALUE,...")
    size = len(studies)
    for values in grid.values():
        size *= len(values)
    if size > MOST_RUNS:
        raise NplSimError(f"batch: {size:,} runs; expected at most {MOST_RUNS:,}")
    short, names = short_keys(grid), short_paths(studies)
    entries = []
    for path in studies:
        for values in itertools.product(*grid.values()):
            point = dict(zip(grid, values, strict=True))
            words = words_of({short[key]: value for key, value in point.items()})
            mark = mark_of(path, point, out)
            # The order in which the grid was given does not count.
            folder = name_of(",".join([path.stem, *sorted(words)]), mark)
            label = escaped(printable(" ".join([names[path], *words])))
            entry = Entry(path, point, {**fixed, **point}, mark, folder, label)
            if Privacy.mask.get():
                entry = _masked(entry, studies.index(path) + 1, values)
            elif Privacy.relative.get():
                entry = replace(entry, listed=printable(recorded_path(path, out)))
            entries.append(entry)
    _check_folders(entries)
    return entries


def _masked(entry: Entry, position: int, values: Sequence[Any]) -> Entry:
    """Return a run whose names say nothing of its file: its position in the batch, and a hash of what the file holds.

    The hash of a path could be found by hashing names; that of a whole study cannot.
    """
    try:
        content = file_hash(entry.path)
    except OSError:
        content = "unreadable"  # the run says so
    mark = text_hash(json.dumps([position, content, sorted(words_of(entry.point))]))[
        : len(entry.mark)
    ]
    name = f"study {position}"
    words = " ".join([name, *(shown(masked_setting(v)) for v in values)])
    return replace(
        entry, mark=mark, folder=name_of(name, mark), label=words, listed=name, masked=True
    )


def _check_folders(entries: Sequence[Entry]) -> None:
    """Refuse runs that would share a folder."""
    taken: dict[str, Entry] = {}
    for entry in entries:
        other = taken.setdefault(entry.folder.casefold(), entry)
        if other is not entry:  # some one in 10 ** 12
            raise NplSimError(
                f"batch: {other.label} and {entry.label} would share the folder {entry.folder}; expected another name "
                "for one of the studies"
            )
