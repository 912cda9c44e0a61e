"""Join collateral to loans by a relationship file, many to many."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from npl_sim.tape.joins import Join, Missed, check_join
from npl_sim.tape.links import Links
from npl_sim.tape.parsed import Parsed, among


class Joined(NamedTuple):
    """Collateral rows, one for each loan of an item."""

    items: Parsed
    """The rows; an item that no relationship names has one row, without a loan."""
    orphan: np.ndarray
    """Rows whose loan is not on the tape."""
    joins: tuple[Join, Join]
    """Joins of the relationship file and of the collateral file."""
    missed: Missed
    unnamed: Missed
    """What these do not meet."""


def join_items(
    items: Parsed, links: Links, loans: Parsed, frame: pd.DataFrame
) -> tuple[Joined, dict[str, str]]:
    """Return collateral rows, one for each loan that the relationship file gives to an item.

    Parameters
    ----------
    items
        Collateral rows without loans; their log takes findings.
    links
        The relationships.
    loans, frame
        Loan rows as read, and completed.

    Returns
    -------
    Joined, dict[str, str]
        The rows, and the loans that faulty relationship rows may mean, with the reason.
    """
    pairs, log = links.frame, links.log
    ids = items.frame["collateral_id"]
    duplicates = (ids.duplicated(keep=False) & (ids != "")).to_numpy(dtype=bool)
    expected = "an id that occurs in one row only, as the relationship file names items by it"
    items.log.error("collateral_id", duplicates, ids, expected)
    lost, spellings = check_join(
        log, "loan_id", pairs["loan_id"], frame["loan_id"], "a loan on the tape"
    )
    astray, _ = check_join(
        log, "collateral_id", pairs["collateral_id"], ids, "an item of the collateral file"
    )
    named = ((pairs["loan_id"] != "") & (pairs["collateral_id"] != "")).to_numpy(dtype=bool)
    met = named & ~lost & ~astray
    blamed: dict[str, str] = {}
    faulty = log.faulty()
    for i in np.flatnonzero(faulty):
        own = str(pairs["loan_id"].iloc[i])
        for loan in spellings.get(own, (own,)):
            file, row = log.place(log.rows[i])
            blamed.setdefault(loan, f"{file} row {row} is faulty")
    use = named & ~astray & ~pairs.duplicated(["loan_id", "collateral_id"]).to_numpy(dtype=bool)
    joined, alone = _expand(items, pairs[use])
    expected = (
        "an item that the relationship file gives to a loan: no row names it, and it counts "
        "nothing"
    )
    joined.log.warn(
        "collateral_id", alone, joined.text("collateral_id"), expected, confirm="item_without_loan"
    )
    orphan = ~alone & ~among(joined.frame["loan_id"], frame["loan_id"])
    expected = (
        "an item whose loans are all on the tape: the relationship file also gives it to others"
    )
    joined.log.error("collateral_id", orphan, joined.text("collateral_id"), expected)
    bare = ~among(frame["loan_id"], pairs["loan_id"]) & (frame["loan_id"] != "").to_numpy(
        dtype=bool
    )
    expected = (
        "a loan that the relationship file names: no row does, and it is valued without collateral"
    )
    loans.log.warn("loan_id", bare, loans.text("loan_id"), expected, confirm="loan_without_item")
    named = among(ids, pairs["collateral_id"][met].unique())
    joins = (
        Join("relationships", len(pairs), int(met.sum())),
        Join("collateral", len(ids), int(named.sum())),
    )
    apart = lost | (pairs["loan_id"] == "").to_numpy(dtype=bool)
    missed = Missed("a loan on the tape", pairs["loan_id"][apart], frame["loan_id"])
    if not apart.any():
        apart = astray | (pairs["collateral_id"] == "").to_numpy(dtype=bool)
        missed = Missed("an item of the collateral file", pairs["collateral_id"][apart], ids)
    unnamed = Missed("an item of the relationship file", ids[~named], pairs["collateral_id"])
    return Joined(joined, orphan, joins, missed, unnamed), blamed


def _expand(items: Parsed, pairs: pd.DataFrame) -> tuple[Parsed, np.ndarray]:
    """Return items, one row for each of their loans, and the rows without a loan."""
    left = pd.DataFrame(
        {"collateral_id": items.frame["collateral_id"], "at": np.arange(len(items.frame))}
    )
    rows = left.merge(pairs, on="collateral_id", how="left", sort=False).sort_values(
        "at", kind="stable"
    )
    at = rows["at"].to_numpy(dtype=np.int64)
    frame = items.frame.iloc[at].reset_index(drop=True)
    loan = rows["loan_id"].reset_index(drop=True)
    alone = loan.isna().to_numpy(dtype=bool)
    frame["loan_id"] = loan.fillna("").astype("str")
    cap = np.fmin(
        frame["secured_cap"].to_numpy(dtype=np.float64),
        rows["secured_cap"].to_numpy(dtype=np.float64),
    )
    frame["secured_cap"] = cap
    raw = replace(
        items.raw, frame=items.raw.frame.iloc[at].reset_index(drop=True), rows=items.raw.rows[at]
    )
    items.log.rows = raw.rows
    empty = {name: cells[at] for name, cells in items.empty.items()}
    return replace(items, raw=raw, frame=frame, empty=empty), alone
