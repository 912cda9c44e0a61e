"""Choose the sheets that form the tables of a tape, where several hold the same or are hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from npl_sim.tape.proposal.matching import Found
from npl_sim.tape.proposal.model import Option, Question
from npl_sim.tape.proposal.seen import Seen, texts_at

_SAME = 0.5
"""Share of common ids from which two sheets hold the same records."""


@dataclass(frozen=True)
class Choice:
    """Sheets with their role, those that are read, and what was open."""

    sheets: tuple[Seen, ...]
    used: frozenset[int]
    """Positions of the sheets that are read."""
    questions: tuple[Question, ...]


def choose_sheets(sheets: Sequence[Seen], matches: Sequence[dict[str, Found] | None]) -> Choice:
    """Return the sheets that are read.

    Of sheets with the same ids the first visible one is read. A hidden sheet is left out where
    a visible one has its role. Each such case is a question.

    Parameters
    ----------
    sheets
        All sheets.
    matches
        Their matched columns; None where they hold no table.
    """
    used: set[int] = set()
    questions: list[Question] = []
    found = list(sheets)
    for role in ("loans", "collateral", "guarantors", "relationships"):
        own = [i for i, one in enumerate(sheets) if one.role == role]
        own.sort(key=lambda i: (sheets[i].hidden, i))
        kept: list[int] = []
        for i in own:
            ids = _ids(sheets[i], matches[i])
            same = next((k for k in kept if _common(ids, _ids(sheets[k], matches[k]))), None)
            hidden = sheets[i].hidden and bool(kept)
            if same is None and not hidden:
                kept.append(i)
                continue
            other = sheets[same if same is not None else kept[0]]
            questions.append(_question(role, sheets[i], other, same is not None, len(ids)))
            why = f"the ids of {other.label}" if same is not None else "a hidden sheet"
            found[i] = replace(sheets[i], reason=f"{sheets[i].reason}; not read: {why}")
        used |= set(kept)
    return Choice(tuple(found), frozenset(used), tuple(questions))


def _ids(one: Seen, match: dict[str, Found] | None) -> set[tuple[str, ...]]:
    """Return the keys of the records of a sheet."""
    names = ["collateral_id", "guarantor_id"] if one.role != "loans" else []
    keys = [n for n in (*names, "loan_id") if match and n in match]
    if not keys or match is None:
        return set()
    return {(str(text),) for text in texts_at(one.table, match[keys[0]].positions[0])}


def _common(ids: set[tuple[str, ...]], others: set[tuple[str, ...]]) -> bool:
    least = min(len(ids), len(others))
    return least > 0 and len(ids & others) >= _SAME * least


def _question(role: str, one: Seen, other: Seen, same: bool, count: int) -> Question:
    what = f"holds ids of {other.label}" if same else "is hidden"
    single = one.path == other.path and bool(one.sheet)
    prefix = {"loans": "", "collateral": "collateral_", "guarantors": "guarantor_"}.get(role)
    settings: dict[str, object] = {}
    if single and prefix is not None:
        name = f"{prefix}sheet"
        settings = {name: one.sheet} if same else {name: [other.sheet, one.sheet]}
        settings |= {f"{prefix}header_row": one.table.header_row} if same else {}
    elif prefix is not None:
        paths = [str(one.path)] if same else [str(other.path), str(one.path)]
        settings = {role: paths[0] if same else paths}
    text = (
        f"{one.label} {what} and has {count:,} records of {role}. "
        f"{'Which is right' if same else 'Is it part of the package'}?"
    )
    options = (
        Option("leave", f"Read {other.label} alone"),
        Option("read", f"Read {one.label}{'' if same else ' as well'}", settings),
    )
    return Question(f"sheet.{one.label}", text, options, "leave", one.label, count)
