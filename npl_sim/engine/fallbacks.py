"""Warnings on loans and collateral items that only a default of the study covers."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.core.errors import escaped, shortened
from npl_sim.core.language import gettext as _
from npl_sim.engine.warning_text import Note, backed
from npl_sim.tape.names import kind_and_place, normal_name, terms_name

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["by_value", "default_indices", "default_policies", "default_terms"]

MOST_VALUES = 10
"""Values that a warning lists; further ones are counted."""

LONGEST_NAME = 40
"""Characters of a name of the tape in a warning."""

LIKE = 0.78
"""Similarity of two names (difflib) above which the known one is suggested."""


def by_value(values: pd.Series, known: Iterable[str]) -> str:
    """Return values by frequency, with the known name that each one resembles.

    Parameters
    ----------
    values
        Names on the tape that the study does not have.
    known
        Names in the study, spelled as on the tape.
    """
    counts = values.astype(str).value_counts()
    ranked = sorted(counts.items(), key=lambda pair: (-int(pair[1]), str(pair[0])))
    names = sorted(known)
    texts = []
    for value, count in ranked[:MOST_VALUES]:
        name = str(value)
        label = escaped(name[:LONGEST_NAME]) + ("..." if len(name) > LONGEST_NAME else "")
        near = difflib.get_close_matches(name[:200], names, n=1, cutoff=LIKE)
        hint = _(" (did you mean {near!r}?)").format(near=near[0]) if near else ""
        texts.append(f"{label or '(empty)'} {count:,}{hint}")
    if len(ranked) > MOST_VALUES:
        rest = sum(int(count) for _, count in ranked[MOST_VALUES:])
        texts.append(
            _("{ranked:,} other values {rest:,}").format(
                ranked=len(ranked) - MOST_VALUES, rest=rest
            )
        )
    return ", ".join(texts)


def _share(part: float, whole: float) -> str:
    return f" ({100.0 * part / whole:.1f} %)" if whole > 0.0 else ""


def _appraised(table: LoanTable, chosen: np.ndarray, currency: str) -> str:
    """Return the number of selected items and their appraised value with its share."""
    value = table.collateral["appraisal_value"].fillna(0.0).to_numpy(dtype=np.float64)
    part, whole = float(value[chosen].sum()), float(value.sum())
    return _("{sum:,} of {len:,} items, {part:,.2f} {currency} of appraised value{part2}").format(
        sum=int(chosen.sum()),
        len=len(value),
        part=part,
        currency=currency,
        part2=_share(part, whole),
    )


def default_terms(study: Study, table: LoanTable) -> Iterator[Note]:
    """Yield a warning on items of a kind without its own terms."""
    known = {kind_and_place(kind) for kind in study.collateral} - {"default"}
    if "default" not in study.collateral or len(table.collateral) == 0:
        return
    kinds = table.collateral["kind"].astype(str)
    places = zip(kinds, table.collateral["region"].astype(str), strict=True)
    named = [terms_name(known, *place) is not None for place in places]
    chosen = ~(np.array(named, dtype=bool) | (kinds == "default").to_numpy(dtype=bool))
    if known and chosen.any():
        yield Note(
            _(
                "collateral.default: prices {table}: {kinds}; expected an entry of "
                "collateral for each kind, or a tape.value_map that translates it"
            ).format(
                table=_appraised(table, chosen, study.currency),
                kinds=by_value(kinds[chosen], known),
            ),
            backed(table, chosen),
        )


def default_indices(study: Study, table: LoanTable) -> Iterator[Note]:
    """Yield warnings on items with a wildcard index, though the market names regions or kinds."""
    if len(table.collateral) == 0:
        return
    named = [
        (normal_name("region", i.region), normal_name("kind", i.kind))
        for i in study.market.indices
    ]
    regions = table.collateral["region"].astype(str)
    kinds = table.collateral["kind"].astype(str)
    pairs = pd.MultiIndex.from_arrays([regions, kinds]).unique()
    unnamed: dict[str, set[tuple[str, str]]] = {"region": set(), "kind": set()}
    for region, kind in pairs:
        options = ((region, kind), ("*", kind), (region, "*"), ("*", "*"))
        found = next((o for o in options if o in named), None)
        if found is None:
            continue  # refusals.py reports it
        if found[0] == "*" and any(r != "*" and k in (kind, "*") for r, k in named):
            unnamed["region"].add((region, kind))
        if found[1] == "*" and any(k != "*" and r in (region, "*") for r, k in named):
            unnamed["kind"].add((region, kind))
    for which, column in (("region", regions), ("kind", kinds)):
        chosen = np.array(
            [pair in unnamed[which] for pair in zip(regions, kinds, strict=True)], bool
        )
        if chosen.any():
            known = {r if which == "region" else k for r, k in named} - {"*"}
            yield Note(
                _(
                    "market.indices: {table}, follow an index of {which} '*', because no index "
                    "names their {which}: {column}; expected an index for each, or a "
                    "tape.value_map to {known}"
                ).format(
                    table=_appraised(table, chosen, study.currency),
                    which=which,
                    column=by_value(column[chosen], known),
                    known=", ".join(sorted(known)[:MOST_VALUES]),
                ),
                backed(table, chosen),
            )


def default_policies(study: Study, table: LoanTable, rows: np.ndarray) -> Iterator[Note]:
    """Yield warnings on loans whose product or segment no policy names, though some name others.

    Parameters
    ----------
    study, table
        The study and its loans.
    rows
        Row of the policy of each loan, shape (loans,).
    """
    loans = table.loans
    gbv = loans["gbv"].to_numpy(dtype=np.float64)
    for column in ("product", "segment"):
        named = [getattr(p.applies_to, f"{column}s") for p in study.policies]
        known = {normal_name(column, name) for names in named for name in names}
        unrestricted = np.array([not names for names in named])
        values = loans[column].astype(str)
        chosen = ~values.isin(known).to_numpy(dtype=bool) & unrestricted[rows]
        if column == "segment":  # a loan without a segment has its product's name
            chosen &= (values != loans["product"].astype(str)).to_numpy(dtype=bool)
        if not known or not chosen.any():
            continue
        takers = ", ".join(
            repr(shortened(study.policies[i].name)) for i in np.unique(rows[chosen])[:MOST_VALUES]
        )
        part = float(gbv[chosen].sum())
        yield Note(
            _(
                "policies: {sum:,} of {loans:,} loans, GBV {part:,.2f} {currency}{part2}, "
                "have a {column} that no policy names and fall to {takers}: {values}. "
                "Expected it in applies_to.{column}s of a policy"
            ).format(
                sum=int(chosen.sum()),
                loans=len(loans),
                part=part,
                currency=study.currency,
                part2=_share(part, float(gbv.sum())),
                column=column,
                takers=takers,
                values=by_value(values[chosen], known),
            ),
            part,
        )
