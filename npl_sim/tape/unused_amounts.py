"""Amount columns of a loan file that were not read, and the claim totals they would explain."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from npl_sim.core.language import gettext as _
from npl_sim.tables.columns import Column, Notation
from npl_sim.tables.findings import Finding
from npl_sim.tape.cells import read_parts
from npl_sim.tape.parsed import Parsed
from npl_sim.tape.units import header_statement

_CLAIM = re.compile(
    r"利息|罚息|复利|欠息|息$|费用|垫付|代垫|诉讼费|违约金|滞纳金|其他债权|interest|penalt|\bfees?\b|advance|costs? "
    r"(?:advanced|claimed)|"
    r"interessi|\bmora\b|spese|sanzion|zinsen|gebühr|kosten|intérêts|frais",
    re.IGNORECASE,
)
"""Headers of amounts that are usually part of the claim beside principal."""
_NOT_CLAIM = re.compile(
    r"率|rate|tasso|日|date|data|月|month|天|days|giorni|已(?:还|收|付)|paid|received|incassat",
    re.IGNORECASE,
)

_LIEN = re.compile(
    r"在先|优先(?:债权|受偿)|前顺位|先顺位|prior|senior|higher.?rank|preceding|ipotech. preced|privileg",
    re.IGNORECASE,
)
"""Headers of amounts that rank ahead of this creditor's claim."""

_MOST_UNUSED = 12
_MOST_ROWS = 20_000
"""Rows used to try combinations of columns."""
_MOST_SHARE = 0.5
"""Share of differing rows above which the mapping, not the rows, is in error."""

_PLAIN = Column("amount", "amount", "An amount.", "package currency", minimum=-1e15)


@dataclass(frozen=True)
class UnusedAmount:
    """A column of amounts of the loan file that no canonical column reads."""

    header: str
    """Its header."""
    values: np.ndarray
    """Its amounts, one per loan row, 0 where empty. [package currency]"""
    claimed: bool
    """Whether the header is customarily a part of the claim, such as 表外利息 or interessi di mora."""


def is_claim_header(header: str) -> bool:
    """Return whether amounts under a header are customarily a part of the claim."""
    return _CLAIM.search(header) is not None and _NOT_CLAIM.search(header) is None


def unused_liens(
    items: Parsed, used: set[int], notations: Sequence[Notation]
) -> tuple[UnusedAmount, ...]:
    """Return unread amounts of a collateral file; `claimed` marks headers of prior claims."""
    return tuple(
        replace(u, claimed=_LIEN.search(u.header) is not None)
        for u in unused_amounts(items, used, notations)
    )


def unused_amounts(
    loans: Parsed, used: set[int], notations: Sequence[Notation]
) -> tuple[UnusedAmount, ...]:
    """Return the columns of a file that hold amounts and are not read.

    Parameters
    ----------
    loans
        Rows as read.
    used
        Positions that are read.
    notations
        How each file of the table writes numbers, with the unit of its amounts.
    """
    found: list[UnusedAmount] = []
    for i, header in enumerate(loans.raw.headers):
        if i in used or not header or len(found) == _MOST_UNUSED:
            continue
        unit = header_statement(header).unit
        own = [replace(n, amount_unit=unit or n.amount_unit, currency="") for n in notations]
        cells = read_parts(_PLAIN, loans.raw.frame[i], loans.raw.part, own)
        values = cells.values.to_numpy(dtype=np.float64)
        written = ~cells.empty
        if not written.any() or np.isnan(values[written]).mean() > 0.1:
            continue
        amounts = np.nan_to_num(values)
        if not (amounts != 0.0).any():
            continue
        found.append(UnusedAmount(header, amounts, is_claim_header(header)))
    return tuple(found)


def _combinations(unused: tuple[UnusedAmount, ...]) -> Iterator[tuple[UnusedAmount, ...]]:
    for size in range(1, min(4, len(unused)) + 1):
        yield from itertools.combinations(unused, size)


def check_claim(
    loans: Parsed, frame: pd.DataFrame, unused: tuple[UnusedAmount, ...], unit: float
) -> list[Finding]:
    """Compare a stated gross book value with the sum of its parts, which is used.

    Rows that disagree draw a warning. If most rows differ, the mapping is wrong, not the rows.
    Then one error per file is returned. It names the unused columns whose sum explains the
    difference, if some do.

    Parameters
    ----------
    loans
        Loan rows as read, with `gbv` where it is stated.
    frame
        The same rows, completed; its `gbv` is the sum of the parts.
    unused
        Amounts that are not read.
    unit
        Unit of the stated amounts; parts rounded to its hundredth need not add up closer.
        [package currency]
    """
    if not {"gbv", "principal"} <= loans.given or "gbv" not in loans.places:
        return []
    stated = loans.frame["gbv"].to_numpy(dtype=np.float64)
    rest = stated - frame["gbv"].to_numpy(dtype=np.float64)
    known = ~np.isnan(rest)
    tolerance = 0.021 * max(unit, 1.0) + 1e-6 * np.abs(stated)
    with np.errstate(invalid="ignore"):
        apart = known & (np.abs(rest) > tolerance)
    if apart.sum() <= max(_MOST_SHARE * known.sum(), 1):
        expected = _("principal + accrued_interest + fees, which was used instead")
        loans.log.warn("gbv", apart, loans.text("gbv"), expected)
        return []
    at = np.flatnonzero(apart)[:_MOST_ROWS]
    explained = ""
    for group in _combinations(unused):
        added = np.sum([u.values[at] for u in group], axis=0)
        if np.mean(np.abs(rest[at] - added) <= tolerance[at]) > 0.9:
            names = ", ".join(repr(u.header) for u in group)
            explained = _(
                "; the difference is the sum of the unused {names}: give them to "
                "accrued_interest or fees in tape.columns, as a list where several add up"
            ).format(names=names)
            break
    rows = loans.log.rows[np.flatnonzero(apart)]
    values = tuple(f"{v:,.2f}" for v in stated[apart])
    expected = _(
        "the sum of its parts, which most rows disagree with (by {rest:,.2f} in all){explained}"
    ).format(rest=np.nansum(rest[apart]), explained=explained)
    header = loans.log.headers.get("gbv", "gbv")
    named = "gbv" if header == "gbv" else _("gbv ({header})").format(header=header)
    touched = float(np.nansum(frame["gbv"].to_numpy(dtype=np.float64)[apart]))
    found = Finding("error", loans.log.file, named, expected, 0, (), (), "gbv", touched)
    return loans.log.on_rows(found, rows, values)
