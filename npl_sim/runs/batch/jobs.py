"""Runs of a batch: every study with every combination of the values of a grid."""

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
    settings_text,
    short_keys,
    short_paths,
    shown,
)
from npl_sim.runs.recorded_paths import recorded_path

MOST_RUNS = 100_000


@dataclass(frozen=True)
class Entry:
    """One run of a batch."""

    path: Path
    """File of the study."""
    point: Mapping[str, Any]
    """Values of the grid, by dotted key."""
    overrides: Mapping[str, Any]
    """All overrides, those of the grid included."""
    mark: str
    """Identifier of the run within the folder of the batch."""
    folder: str
    """Name of its run folder below that of the batch."""
    label: str
    """Stem of the file, with folders where needed, and the values of the grid."""
    listed: str = ""
    """Name of the file under --mask or --relative-paths; empty for its path."""
    masked: bool = False
    """Whether names are masked."""

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
            "; ".join(settings_text(_shown(self.overrides) if self.masked else self.overrides))
        )


def _shown(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: masked_setting(value) for key, value in values.items()}


def make_entries(
    studies: Sequence[Path], grid: Mapping[str, Sequence[Any]], fixed: Mapping[str, Any], out: Path
) -> list[Entry]:
    """Return the runs of a batch.

    The folder of a run is named only by its study file and its place on the grid. So a later batch
    finds it again.

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
            texts = settings_text({short[key]: value for key, value in point.items()})
            mark = mark_of(path, point, out)
            # The order in which the grid was given does not count.
            folder = name_of(",".join([path.stem, *sorted(texts)]), mark)
            label = escaped(printable(" ".join([names[path], *texts])))
            entry = Entry(path, point, {**fixed, **point}, mark, folder, label)
            if Privacy.mask.get():
                entry = _masked(entry, studies.index(path) + 1, values)
            elif Privacy.relative.get():
                entry = replace(entry, listed=printable(recorded_path(path, out)))
            entries.append(entry)
    _check_folders(entries)
    return entries


def _masked(entry: Entry, position: int, values: Sequence[Any]) -> Entry:
    """Return a run whose names do not reveal its file: its position, and a hash of its content.

    The hash of a path could be found by hashing likely names; that of a whole study cannot.
    """
    try:
        content = file_hash(entry.path)
    except OSError:
        content = "unreadable"  # the run says so
    mark = text_hash(json.dumps([position, content, sorted(settings_text(entry.point))]))[
        : len(entry.mark)
    ]
    name = f"study {position}"
    texts = " ".join([name, *(shown(masked_setting(v)) for v in values)])
    return replace(
        entry, mark=mark, folder=name_of(name, mark), label=texts, listed=name, masked=True
    )


def _check_folders(entries: Sequence[Entry]) -> None:
    """Refuse runs that would share a folder."""
    taken: dict[str, Entry] = {}
    for entry in entries:
        other = taken.setdefault(entry.folder.casefold(), entry)
        if other is not entry:  # some one in 10 ** 12
            raise NplSimError(
                f"batch: {other.label} and {entry.label} would share the folder {entry.folder}; "
                "expected another name for one of the studies"
            )
