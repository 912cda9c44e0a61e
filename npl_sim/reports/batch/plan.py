"""What a batch runs: every study with every combination of a grid's values, each into a folder of its own."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from npl_sim.errors import NplSimError, escaped
from npl_sim.reports.batch.names import mark_of, name_of, printable, short_keys, short_paths, shown, words_of

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
    """

    path: Path
    point: Mapping[str, Any]
    overrides: Mapping[str, Any]
    mark: str
    folder: str
    label: str

    @property
    def file(self) -> str:
        """Name of the study's file, for a line of text."""
        return printable(str(self.path))

    @property
    def changes(self) -> str:
        """The overrides in one line, as they would be written."""
        return printable("; ".join(words_of(self.overrides)))


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
            raise NplSimError(f"batch: {key} is given by --grid and by --set; expected one of them")
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
            entries.append(Entry(path, point, {**fixed, **point}, mark, folder, label))
    taken: dict[str, Entry] = {}
    for entry in entries:
        other = taken.setdefault(entry.folder.casefold(), entry)
        if other is not entry:  # some one in 10 ** 12
            raise NplSimError(
                f"batch: {other.label} and {entry.label} would share the folder {entry.folder}; expected another name "
                "for one of the studies"
            )
    return entries
