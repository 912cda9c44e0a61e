"""Places of the values of YAML files: file, line and column."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from npl_sim.core.errors import StudyError

Path_ = tuple[str | int, ...]


@dataclass
class Source:
    """Plain data with the place of every value."""

    places: dict[Path_, str] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)

    def place(self, where: Path_) -> str:
        for n in range(len(where), -1, -1):
            if where[:n] in self.places:
                return self.places[where[:n]]
        return str(self.files[0])

    def move(self, old: Path_, new: Path_) -> None:
        """Note the values below one path as the values below another path."""
        for where in [w for w in self.places if w[: len(old)] == old]:
            self.places[new + where[len(old) :]] = self.places[where]


@contextmanager
def reading(source: Source) -> Iterator[None]:
    """Add the files that were read to an error, so that their names can be masked."""
    try:
        yield
    except StudyError as error:
        raise StudyError(error.errors, [*error.files, *map(str, source.files)]) from None
