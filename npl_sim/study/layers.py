"""Layers of a specification: a base, the file that stands on it, and further values.

Layers are merged from the lowest to the highest:

1. Mappings are merged key by key, unless both state another `kind`. Those of `Parts.replaced`
   replace the lower ones, as no base may fill them up.
2. Lists whose entries all have a `name` are merged by name; new entries follow the old ones. An
   entry with `remove: true` removes the entry of that name.
3. Lists of which the first entry that matches counts, such as `sources`, stand before the lower
   list.
4. Every other value replaces the lower one. An empty value (`null`) removes the key, so that its
   default applies.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from npl_sim.core.errors import StudyError, quoted
from npl_sim.study.messages import dotted
from npl_sim.study.yaml_places import Path_, Source


@dataclass
class Layer:
    """Plain data of one layer, with the place of every value."""

    data: dict[str, Any]
    """Plain data."""
    source: Source = field(default_factory=Source)
    """Places of the values; places that are not `file:line:column` are origins by themselves."""
    whole: Collection[Path_] = ()
    """Paths whose values replace the lower ones, mappings included."""
    joined: Collection[Path_] = ()
    """Paths of lists that stand before the lower ones."""


def merge(below: Layer, above: Layer) -> Layer:
    """Merge two layers in place, and return the lower one with the values of the upper one.

    Raises
    ------
    StudyError
        If an entry to be removed does not exist.
    """
    _Merge(below.source, above.source, above.whole, above.joined).mappings(
        below.data, above.data, (), ()
    )
    below.source.adopt(Source(files=above.source.files, bases=above.source.bases), ())
    return below


@dataclass
class _Merge:
    """Merge of an upper layer into a lower one; both sides of a value have a path."""

    source: Source
    """Places of the lower layer, which become those of the result."""
    upper: Source
    """Places of the upper layer."""
    whole: Collection[Path_]
    """Paths of the upper layer whose values replace the lower ones."""
    joined: Collection[Path_]
    """Paths of lists of the upper layer that stand before the lower ones."""

    def mappings(self, low: dict[str, Any], up: dict[str, Any], at: Path_, of: Path_) -> None:
        """Merge a mapping key by key."""
        for key, value in up.items():
            if value is None and key in low:
                del low[key]
                self.source.forget((*at, key))
            else:
                known = key in low
                low[key] = self._value(low.get(key), value, (*at, key), (*of, key), known)

    def _value(self, low: Any, up: Any, at: Path_, of: Path_, known: bool) -> Any:
        """Return the merged value."""
        if of in self.joined and isinstance(low, list) and isinstance(up, list):
            return self._before(low, up, at, of)
        if known and of not in self.whole:
            if isinstance(low, dict) and isinstance(up, dict) and _one_kind(low, up):
                self.source.places[at] = self.upper.place(of)
                self.mappings(low, up, at, of)
                return low
            if _named(low) and _named(up):
                return self._entries(low, up, at, of)
        if known:
            self.source.forget(at)
        self.source.places[at] = self.upper.place(of)
        return self._copied(up, at, of)

    def _before(self, low: list[Any], up: list[Any], at: Path_, of: Path_) -> list[Any]:
        """Return the upper list followed by the lower one."""
        lower = self.source.places
        self.source.places = {}
        for where, place in lower.items():
            if len(where) > len(at) and where[: len(at)] == at:
                where = (*at, int(where[len(at)]) + len(up), *where[len(at) + 1 :])
            self.source.places[where] = place
        return [*self._copied(up, at, of), *low]

    def _entries(self, low: list[Any], up: list[Any], at: Path_, of: Path_) -> list[Any]:
        """Return a list of named entries merged by name."""
        place = {entry["name"]: i for i, entry in enumerate(low)}
        removed = set()
        for j, entry in enumerate(up):
            i = place.get(entry["name"])
            if "remove" in entry:
                removed.add(self._removed(entry, i, (*of, j)))
            elif i is None:
                low.append(self._value(None, entry, (*at, len(low)), (*of, j), False))
            else:
                low[i] = self._value(low[i], entry, (*at, i), (*of, j), True)
        kept = [i for i in range(len(low)) if i not in removed]
        for new, old in enumerate(kept):
            if new != old:
                self.source.forget((*at, new))
                self.source.move((*at, old), (*at, new))
        for old in range(len(kept), len(low)):
            self.source.forget((*at, old))
        return [low[i] for i in kept]

    def _removed(self, entry: dict[str, Any], position: int | None, of: Path_) -> int:
        """Return the position of an entry that is to be removed."""
        place, name = self.upper.place(of), quoted(str(entry["name"]))
        if entry["remove"] is not True or len(entry) > 2:
            raise StudyError(
                [f"{place}: {dotted(of)}.remove: expected only name and remove: true to remove it"]
            )
        if position is None:
            raise StudyError(
                [
                    f"{place}: {dotted(of)}: removes {name}, which the base does not have; "
                    "expected the name of an entry of the base"
                ]
            )
        return position

    def _copied(self, value: Any, at: Path_, of: Path_) -> Any:
        """Return a copy of a new value, and note the places of what is below it."""
        if isinstance(value, dict):
            return {key: self._below(child, at, of, key) for key, child in value.items()}
        if isinstance(value, list):
            return [self._below(child, at, of, i) for i, child in enumerate(value)]
        return value

    def _below(self, value: Any, at: Path_, of: Path_, key: str | int) -> Any:
        """Return a copy of a value below a new one, and note its place."""
        found = self.upper.places.get((*of, key))
        if found is not None:
            self.source.places[(*at, key)] = found
        return self._copied(value, (*at, key), (*of, key))


def _one_kind(low: dict[str, Any], up: dict[str, Any]) -> bool:
    """Return whether two mappings may be merged: neither states another `kind`."""
    return up.get("kind", low.get("kind")) == low.get("kind", up.get("kind"))


def _named(value: Any) -> bool:
    """Return whether a value is a list of mappings that all have their own name."""
    if not isinstance(value, list) or not value:
        return False
    names = [entry.get("name") if isinstance(entry, dict) else None for entry in value]
    return all(isinstance(name, str) for name in names) and len(set(names)) == len(names)
