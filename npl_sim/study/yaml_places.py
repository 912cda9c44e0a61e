"""Places of the values of YAML files: file, line and column."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from npl_sim.core.errors import StudyError

Path_ = tuple[str | int, ...]

OVERRIDE = "override"
"""Place of a value that an override gives."""


@dataclass
class Source:
    """Plain data with the place of every value."""

    places: dict[Path_, str] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)
    bases: dict[str, str] = field(default_factory=dict)
    """Name of the base by name of its files."""

    def place(self, where: Path_) -> str:
        for n in range(len(where), -1, -1):
            if where[:n] in self.places:
                return self.places[where[:n]]
        return str(self.files[0]) if self.files else ""

    def move(self, old: Path_, new: Path_) -> None:
        """Note the values below one path as the values below another path."""
        for where in [w for w in self.places if w[: len(old)] == old]:
            self.places[new + where[len(old) :]] = self.places[where]

    def forget(self, where: Path_) -> None:
        """Remove the places of a value and of all below it."""
        for path in [w for w in self.places if w[: len(where)] == where]:
            del self.places[path]

    def adopt(self, other: Source, where: Path_) -> None:
        """Take the places of plain data that were read by themselves, as those below a path."""
        self.places.update({where + path: place for path, place in other.places.items()})
        self.files += [file for file in other.files if file not in self.files]
        self.bases |= other.bases

    def origin(self, where: Path_) -> str:
        """Return the layer that a value comes from: a base, a file with its line, `--set`.

        Returns
        -------
        str
            Empty if no layer states the value.
        """
        found = self.places.get(where, "")
        if found == OVERRIDE:
            return "--set"
        file, line = _file_and_line(found)
        return self.bases.get(file) or (f"{Path(file).name}:{line}" if line else found)


def _file_and_line(place: str) -> tuple[str, str]:
    """Return file and line of a place; the line is empty if it is none of a YAML file."""
    file, _, rest = place.rpartition(":")
    name, _, line = file.rpartition(":")
    return (name, line) if line.isdecimal() and rest.isdecimal() else (place, "")


@contextmanager
def reading(source: Source) -> Iterator[None]:
    """Add the files that were read to an error, so that their names can be masked."""
    try:
        yield
    except StudyError as error:
        raise StudyError(error.errors, [*error.files, *map(str, source.files)]) from None
