"""What the user put over the study: edited cells of the workbook of inputs, and ``--set``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from npl_sim.analysis.key_assumptions import group_names
from npl_sim.core.issues import KeyPath
from npl_sim.core.language import gettext as _

MOST = 3
"""Most overrides on the decision page; the workbook has the rest."""

CELL = re.compile(r"\.xlsx\b.*?\brow \d+(?: \((?P<about>[^)]*)\))?")
"""Origin of an edited cell, with what its row states: owner, date, source."""

COMMAND = "--set"

ELSEWHERE = (
    ("simulation",),
    ("tape", "confirmed"),
    ("experts",),
    ("manual_cash",),
    ("overrides",),
)
"""Values that change no assumption, or that have their own sentence: how to compute, confirmed
readings, and entries by loan."""


def overrides_of(origins: Mapping[KeyPath, str], confirmed: tuple[str, ...]) -> tuple[str, ...]:
    """Return each override with its origin, and each reading of the tape that is confirmed.

    Parameters
    ----------
    origins
        Layer that each value comes from, by its path (`Heading.origins`).
    confirmed
        Readings that the study confirms (`tape.confirmed`).
    """
    found = [f"{'.'.join(map(str, path))} ({origin})" for path, origin in _edited(origins)]
    found += [_("{reading} (confirmed)").format(reading=name) for name in confirmed]
    more = len(found) - MOST
    if more > 0:
        found = [*found[:MOST], _("and {count} more").format(count=more)]
    return tuple(found)


def owners_of(origins: Mapping[KeyPath, str]) -> dict[str, str]:
    """Return owner, date and source of each input that was edited, by its name."""
    owners: dict[str, str] = {}
    for path, origin in _edited(origins):
        cell = CELL.search(origin)
        about = cell["about"] if cell else None
        for name in group_names(".".join(map(str, path))) if about else ():
            owners.setdefault(name, str(about))
    return owners


def _edited(origins: Mapping[KeyPath, str]) -> Iterator[tuple[KeyPath, str]]:
    """Yield the values, and no groups of them, that a cell or the command line states."""
    groups = {path[:length] for path in origins for length in range(len(path))}
    for path, origin in origins.items():
        shown = not any(path[: len(other)] == other for other in ELSEWHERE)
        is_value = path not in groups and shown
        if is_value and (origin == COMMAND or CELL.search(origin)):
            yield path, origin
