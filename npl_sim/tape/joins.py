"""Join rows to loans by id: share of matching rows, and ids that differ only in spelling.

Nothing is repaired. Two ids are spellings of one if only these differ: case, width, invisible
characters, spaces, hyphens, a trailing ``.0`` and, for numbers, leading zeros.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from npl_sim.tables.findings import Finding, FindingLog
from npl_sim.tape.parsed import among

FEW = 0.8
"""Share of matching rows below which a join stops the run."""

_EXAMPLES = 5
_MOST_COMPARED = 20_000  # ids among which the nearest is searched by difflib
_MOST_ALONE = 20  # unmatched ids for which the nearest is searched

_HIDDEN = {"Cf", "Cc"}  # zero-width characters, direction marks, the byte order mark
_QUOTES = "'’‘`\"“”"


@dataclass(frozen=True)
class Join:
    """Rows of a table, or of the relationship file, that match the other table."""

    role: str
    """Table: collateral, guarantors, relationships."""
    rows: int
    """Rows of the table; those that name no id meet nothing. [rows]"""
    met: int
    """Those whose id is on the tape. [rows]"""

    @property
    def share(self) -> float:
        """Share of the rows that match; 1 without rows."""
        return self.met / self.rows if self.rows else 1.0


@dataclass(frozen=True)
class Missed:
    """Ids that match nothing."""

    what: str
    """What they should name: "a loan on the tape"."""
    ids: pd.Series
    """The ids."""
    known: pd.Series
    """Ids that they could name."""


def _parted(text: str) -> str:
    """Return an id without hidden characters and case, with each run of separators as ``-``."""
    plain = unicodedata.normalize("NFKC", text)
    plain = "".join(
        c for c in plain if unicodedata.category(c) not in _HIDDEN and c not in _QUOTES
    )
    marks = "".join(
        "-" if c.isspace() or c == "_" or unicodedata.category(c) == "Pd" else c for c in plain
    )
    return re.sub("-+", "-", re.sub(r"\.0+$", "", marks.strip("-"))).casefold()


def _key(text: str) -> str:
    """Return the common key of all spellings of an id."""
    bare = _parted(text).replace("-", "")
    return (bare.lstrip("0") or "0") if bare.isdecimal() else bare


def _keys(ids: pd.Series) -> pd.Series:
    """Return the key of each id; plain ids are handled as whole columns."""
    text = ids.astype("str")
    plain = text.str.fullmatch(r"[0-9A-Za-z _-]+").fillna(False).to_numpy(dtype=bool)
    keys = text.str.lower().str.replace(r"[ _-]+", "", regex=True)
    number = keys.str.fullmatch("[0-9]+").fillna(False).to_numpy(dtype=bool)
    if number.any():
        bare = keys[number].str.lstrip("0")
        keys[number] = bare.where(bare != "", "0")
    if not plain.all():
        keys[~plain] = [_key(t) for t in text[~plain].tolist()]
    return keys


def _alike(one: str, two: str) -> bool:
    """Return whether two ids with one key are spellings of each other: 1-11 and 11-1 are not."""
    first, second = _parted(one), _parted(two)
    return first == second or "-" not in first or "-" not in second


_STEPS: tuple[tuple[str, Callable[[str], str]], ...] = (
    (
        "invisible characters",
        lambda t: "".join(c for c in t if unicodedata.category(c) not in _HIDDEN),
    ),
    ("character width", lambda t: t if t.isascii() else unicodedata.normalize("NFKC", t)),
    ("letter case", str.casefold),
    ("spaces", lambda t: re.sub(r"\s+", "", t)),
    ("quotation marks", lambda t: t.translate({ord(c): None for c in _QUOTES})),
    (
        "hyphens or underscores",
        lambda t: "".join(c for c in t if c != "_" and unicodedata.category(c) != "Pd"),
    ),
    ("a trailing .0", lambda t: re.sub(r"\.0+$", "", t)),
    ("leading zeros", lambda t: t.lstrip("0") or "0"),
)


def _bare(text: str, without: str = "") -> str:
    for difference, step in _STEPS:
        if difference != without:
            text = step(text)
    return text


def _difference(one: str, two: str) -> str:
    """Describe how two spellings of one id differ."""
    needed = [
        difference for difference, _ in _STEPS if _bare(one, difference) != _bare(two, difference)
    ]
    return " and ".join(needed) or "their spelling"


def spellings(ids: Iterable[str], known: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return the known ids that each of `ids` may spell differently."""
    wanted = pd.Series(list(dict.fromkeys(ids)), dtype="str")
    if len(wanted) == 0:
        return {}
    there = pd.Series(list(dict.fromkeys(known)), dtype="str")
    keys = _keys(wanted)
    near = there[_keys(there).isin(set(keys)).to_numpy(dtype=bool)]
    by_key: dict[str, list[str]] = {}
    for text, key in zip(near.tolist(), _keys(near).tolist(), strict=True):
        if text:
            by_key.setdefault(key, []).append(text)
    found = {}
    for text, key in zip(wanted.tolist(), keys.tolist(), strict=True):
        spellings = tuple(t for t in by_key.get(key, ()) if _alike(text, t))
        if spellings:
            found[text] = spellings
    return found


def _pairs(spellings: Mapping[str, tuple[str, ...]], owner: str) -> str:
    shown = [
        f"{one!r}: {owner} {' and '.join(map(repr, two[:3]))}"
        for one, two in list(spellings.items())[:_EXAMPLES]
    ]
    return "; ".join(shown) + ("; ..." if len(spellings) > _EXAMPLES else "")


def nearest(text: str, known: Collection[str]) -> str:
    """Return a hint that names the nearest known id, or nothing."""
    if len(known) > _MOST_COMPARED:
        return ""
    near = difflib.get_close_matches(text, list(known), n=1, cutoff=0.5)
    return f"; the nearest id to {text!r} is {near[0]!r}" if near else ""


def check_join(
    log: FindingLog, column: str, ids: pd.Series, known: Collection[str], what: str
) -> tuple[np.ndarray, dict[str, tuple[str, ...]]]:
    """Report rows that name no known id; return them, and the known spellings of their ids.

    Parameters
    ----------
    log
        Findings of the file.
    column
        Column that holds the ids.
    ids
        Its ids; empty ones are not looked at.
    known
        Ids that it may name.
    what
        What such an id names: "a loan on the tape".
    """
    orphan = ~among(ids, known) & (ids != "").to_numpy(dtype=bool)
    alone = list(dict.fromkeys(ids[orphan].tolist()))
    similar = spellings(alone, known)
    groups: dict[str, dict[str, tuple[str, ...]]] = {}
    for one, two in similar.items():
        groups.setdefault(_difference(one, two[0]), {})[one] = two
    for by, pairs in groups.items():
        expected = f"the id of {what}; these differ by {by}: {_pairs(pairs, 'the tape has')}"
        log.error(column, orphan & among(ids, list(pairs)), ids, expected)
    rest = [one for one in alone if one not in similar]
    hint = nearest(rest[0], known) if 0 < len(rest) <= _MOST_ALONE else ""
    log.error(column, orphan & among(ids, rest), ids, f"the id of {what}{hint}")
    return orphan, similar


def join_finding(log: FindingLog, join: Join, header_row: int, missed: Missed) -> Finding | None:
    """Return the error of a join in which few rows match, or None.

    Parameters
    ----------
    log
        Findings of the file.
    join
        The join.
    header_row
        Row of the headers, which the error points at. [row]
    missed
        What does not meet.
    """
    if join.rows == 0 or join.share >= FEW:
        return None
    count = f"{join.met:,} of {join.rows:,} rows ({join.share:.1%})"
    named = missed.ids[missed.ids != ""]
    alone = list(dict.fromkeys(named.tolist()))
    similar = spellings(alone[:_EXAMPLES], missed.known)
    hints = (
        [f"{len(missed.ids) - len(named):,} rows name none"]
        if len(named) < len(missed.ids)
        else []
    )
    if similar:
        hints.append(_pairs(similar, "the tape has"))
    elif alone:
        near = (
            nearest(alone[0], missed.known) or f"; ids there are such as {missed.known.iloc[0]!r}"
        )
        hints.append(f"{', '.join(map(repr, alone[:_EXAMPLES]))} are not there{near}")
    hint = "; ".join(hints)
    expected = (
        f"{missed.what} in at least {FEW:.0%} of the rows ({hint}); loans would be valued "
        f"without what belongs to them"
    )
    name = f"{join.role}_join" if join.met and not similar else ""
    return Finding("error", log.file, "", expected, 1, (header_row,), (f"{count} meet",), name)


def check_spellings(log: FindingLog, column: str, ids: pd.Series, what: str) -> None:
    """Warn of ids in one file that differ only in spelling and count as different."""
    distinct = pd.Series(ids[ids != ""].unique(), dtype="str")
    keys = _keys(distinct)
    several = distinct[keys.duplicated(keep=False).to_numpy(dtype=bool)]
    groups: dict[str, dict[str, tuple[str, ...]]] = {}
    for _, group in several.groupby(keys[several.index], sort=False):
        first, *rest = group.tolist()
        same = tuple(t for t in rest if _alike(first, t))
        if same:
            by = " or ".join(dict.fromkeys(_difference(first, t) for t in same))
            groups.setdefault(by, {})[first] = same
    for by, pairs in groups.items():
        members = [t for one, two in pairs.items() for t in (one, *two)]
        expected = (
            f"one spelling of each {what}: ids that differ by {by} count as different: "
            f"{_pairs(pairs, 'beside')}"
        )
        log.warn(column, among(ids, members), ids, expected, confirm=f"{column}_spelling")
