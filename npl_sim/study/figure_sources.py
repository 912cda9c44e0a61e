"""Figures of a study with their origin: published, assumed with a reason, or without a source.

A figure is a number that a study states in its market, its collateral terms or its policies. The
first entry of `sources` that matches its key gives its origin. A published figure counts only
where the study states the value that the publication gives.
"""

from __future__ import annotations

import difflib
import fnmatch
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel

from npl_sim.core.issues import Issue, KeyPath, error_at, warning_at
from npl_sim.resources.published_facts import DIGITS, converted, published_facts

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.study.source_spec import FigureSource

SECTIONS = ("market", "collateral", "policies")
"""Sections whose figures move a price; law has sources of its own, terms are decisions."""

SELLER = ("seller",)
"""Section whose figures move the reservation price of the seller alone."""

QUESTIONS = ("stresses",)
"""Parts of these sections that ask what would happen, and state no belief."""

State = Literal["published", "differs", "assumption", "none"]
"""Kind of an origin.

- published: the value of a publication
- differs: another value than the publication gives
- assumption: an assumption with its reason
- none, where no entry of `sources` matches
"""


@dataclass(frozen=True)
class Figure:
    """A number that a study states."""

    path: KeyPath
    """Keys and positions that lead to it."""
    names: KeyPath
    """The same path with names in place of positions, where entries have names."""
    value: float
    """Its value."""

    @property
    def key(self) -> str:
        """Its dotted key, as overrides write it."""
        return ".".join(map(str, self.path))

    @property
    def name(self) -> str:
        """Its dotted key with names in place of positions."""
        return ".".join(map(str, self.names))

    def matches(self, pattern: str) -> bool:
        """Return whether a pattern of keys names the figure."""
        return fnmatch.fnmatchcase(self.key, pattern) or fnmatch.fnmatchcase(self.name, pattern)


@dataclass(frozen=True)
class SourcedFigure:
    """A figure with its origin."""

    figure: Figure
    """The figure."""
    state: State
    """Kind of its origin."""
    origin: str
    """Its origin in words; empty without an entry of `sources`."""
    facts: tuple[str, ...] = ()
    """Ids of the published figures."""
    published: float = math.nan
    """Value that they give; NaN without any."""

    @property
    def is_published(self) -> bool:
        """Whether a published figure stands behind the value."""
        return self.state == "published"


def figures(study: Study, sections: Sequence[str] = SECTIONS) -> Iterator[Figure]:
    """Yield every number that a study states in some sections."""
    for section in sections:
        if section in study.model_fields_set:
            yield from _below(getattr(study, section), (section,), (section,))


def _below(value: Any, path: KeyPath, names: KeyPath) -> Iterator[Figure]:
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            if name in value.model_fields_set and name not in QUESTIONS:
                yield from _below(getattr(value, name), (*path, name), (*names, name))
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield from _below(entry, (*path, str(key)), (*names, str(key)))
    elif isinstance(value, list | tuple):
        for i, entry in enumerate(value):
            yield from _below(entry, (*path, i), (*names, _name(entry, i)))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield Figure(path, names, float(value))


def _name(entry: Any, position: int) -> str | int:
    """Return the name of an entry of a list, or its position."""
    for attribute in ("name", "method"):
        name = getattr(entry, attribute, None)
        if isinstance(name, str) and name:
            return name.removeprefix("index:")
    return position


def sourced_figures(study: Study, sections: Sequence[str] = SECTIONS) -> tuple[SourcedFigure, ...]:
    """Return every figure of some sections of a study with its origin."""
    return tuple(_sourced(figure, study.sources) for figure in figures(study, sections))


def _sourced(figure: Figure, sources: tuple[FigureSource, ...]) -> SourcedFigure:
    entry = next((e for e in sources if any(figure.matches(p) for p in e.keys)), None)
    if entry is None:
        return SourcedFigure(figure, "none", "")
    if not entry.facts:
        return SourcedFigure(figure, "assumption", f"assumption: {entry.assumption}")
    facts = published_facts()
    found = tuple(facts[name] for name in entry.facts)
    value = converted(entry.conversion, found)
    text = "; ".join(dict.fromkeys(str(fact) for fact in found))
    how = "" if entry.conversion == "value" else f", {entry.conversion.replace('_', ' ')}"
    origin = f"{text} ({', '.join(entry.facts)}{how})"
    same = is_stated(figure.value, value)
    if not same:
        origin = (
            f"assumption: {figure.value:.6g}, not the published {value:.{DIGITS}g} of {origin}"
        )
    return SourcedFigure(figure, "published" if same else "differs", origin, entry.facts, value)


def with_figures(study: Study, values: Mapping[KeyPath, float]) -> Study:
    """Return a study with other values of some figures, which are not checked against bounds.

    Parameters
    ----------
    study
        The study.
    values
        New values by path (`Figure.path`).
    """
    found: Study = _replaced(study, (), values)
    return found


def _replaced(value: Any, path: KeyPath, values: Mapping[KeyPath, float]) -> Any:
    if path in values:
        return values[path]
    if not any(other[: len(path)] == path for other in values):
        return value
    if isinstance(value, BaseModel):
        parts = {name: getattr(value, name) for name in value.model_fields_set}
        new = {name: _replaced(part, (*path, name), values) for name, part in parts.items()}
        return value.model_copy(update={n: v for n, v in new.items() if v is not parts[n]})
    if isinstance(value, dict):
        return {key: _replaced(part, (*path, str(key)), values) for key, part in value.items()}
    return tuple(_replaced(part, (*path, i), values) for i, part in enumerate(value))


def is_stated(stated: float, published: float) -> bool:
    """Return whether a study states a published value, up to its last digit (`DIGITS`)."""
    if published == 0.0:
        return stated == 0.0
    last = 10.0 ** (math.floor(math.log10(abs(published))) - DIGITS + 1)
    return abs(stated - published) <= 0.5 * last * (1.0 + 1e-9)


def _entries(study: Study) -> Iterator[Issue]:
    """Refuse unknown facts and impossible conversions; warn of keys that name no figure."""
    if not study.sources:
        return
    sections = (*SECTIONS, *SELLER)
    stated, facts = tuple(figures(study, sections)), published_facts()
    for i, entry in enumerate(study.sources):
        for j, pattern in enumerate(entry.keys):
            if not any(figure.matches(pattern) for figure in stated):
                yield warning_at(
                    ("sources", i, "keys", j),
                    f"got {pattern!r}, which names no figure that the study states in "
                    f"{', '.join(sections)}",
                )
        unknown = [name for name in entry.facts if name not in facts]
        for name in unknown:
            near = difflib.get_close_matches(name, facts, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            yield error_at(
                ("sources", i, "facts", entry.facts.index(name)),
                f"got {name!r}; expected the id of a published figure (docs/sources.md){hint}",
            )
        if entry.facts and not unknown:
            try:
                converted(entry.conversion, tuple(facts[name] for name in entry.facts))
            except ValueError as error:
                yield error_at(("sources", i, "conversion"), str(error))


def _values(study: Study) -> Iterator[Issue]:
    """Warn of figures that differ from the publication that their source names."""
    facts = published_facts() if study.sources else {}
    if any(name not in facts for entry in study.sources for name in entry.facts):
        return
    try:
        found = [figure for figure in sourced_figures(study) if figure.state == "differs"]
    except ValueError:
        return  # an impossible conversion, reported by _entries
    for sourced in found:
        figure = sourced.figure
        yield warning_at(
            figure.path,
            f"is {figure.value:.6g}, but {', '.join(sourced.facts)} gives "
            f"{sourced.published:.{DIGITS}g}: the figure counts as without a source",
        )


SOURCES = (_entries, _values)
"""The checks, each a generator of issues."""
