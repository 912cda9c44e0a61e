"""Tables of concentration: value and risk by segment, loan, factor and name."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from npl_sim.analysis.contributions import by_part
from npl_sim.reports.table import Column, Table, columns
from npl_sim.valuation.breakdown import ATTRIBUTES

if TYPE_CHECKING:
    from npl_sim.analysis.committee import BidBook


PACKAGE_EFFECT = "package effect"
"""Name of the bid for the package beyond the sum of its loans."""


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def _part_row(name: str, r: Any, whole: pd.Series) -> tuple[Any, ...]:
    bid = r["bid_cents"] / 100.0
    return (
        name,
        int(r["loans"]),
        r["gbv"],
        r["mean"],
        _ratio(r["mean"], r["gbv"]),
        _ratio(r["mean"], whole["mean"]),
        r["sd"],
        r["mean"] - r["shortfall"],
        _ratio(r["mean"] - r["shortfall"], whole["mean"] - whole["shortfall"]),
        bid,
        _ratio(bid, r["gbv"]),
    )


def part_tables(book: BidBook) -> list[Table]:
    """Return contributions by segment, then by other attributes with different parts."""
    loans, effect = book.parts.loans, book.parts.package_effect
    sums = ["loans", "gbv", "mean", "sd", "shortfall", "bid_cents"]
    tables, seen = [], set()
    for by in ATTRIBUTES:
        frame = book.by_segment if by == "segment" else by_part(loans, by)
        parts = frozenset(
            (str(n), round(g, 2)) for n, g in zip(frame[by], frame["gbv"], strict=True)
        )
        if parts in seen or (by != "segment" and len(frame) < 2):
            continue
        seen.add(parts)
        whole = frame[sums].sum()
        rows = [_part_row(str(r[by]), r, whole) for _, r in frame.iterrows()]
        if effect:
            rows.append(
                (
                    PACKAGE_EFFECT,
                    0,
                    0.0,
                    0.0,
                    math.nan,
                    0.0,
                    0.0,
                    0.0,
                    math.nan,
                    effect / 100.0,
                    math.nan,
                )
            )
            whole = whole + pd.Series({"bid_cents": effect}).reindex(whole.index, fill_value=0.0)
        rows.append(_part_row("package", whole, whole))
        tables.append(_part_table(by, rows))
    return tables


def _part_table(by: str, rows: list[tuple[Any, ...]]) -> Table:
    return Table(
        f"By {by}",
        (
            Column(by, width=24),
            Column("loans", "count"),
            Column("GBV", "money"),
            Column("price", "money"),
            Column("price, % of GBV", "share"),
            Column("share of price", "share"),
            Column("part of std deviation", "money"),
            Column("lost in the tail", "money"),
            Column("share of tail loss", "share"),
            Column("bid", "money"),
            Column("bid, % of GBV", "share"),
        ),
        tuple(rows),
        note="Contributions sum to those of the package. Lost in the tail: mean of the part less "
        "its mean in the worst scenarios of the package.",
        total=True,
    )


def loan_table(book: BidBook) -> Table:
    """Return every loan with its value, risk and share of the bid."""
    frame = book.parts.loans
    rows = []
    for r in frame.itertuples(index=False):
        bid = r.bid_cents / 100.0
        rows.append(
            (
                str(r.loan_id),
                str(r.borrower_id),
                str(r.product),
                str(r.segment),
                str(r.region),
                str(r.stage),
                r.gbv,
                r.mean,
                r.sd,
                r.shortfall,
                bid,
                r.bid_se,
                _ratio(bid, r.gbv),
                r.p_any,
                r.months_to_cash,
                r.diversified,
            )
        )
    return Table(
        "Loans and their part of the bid",
        columns(
            "loan [16] | borrower [16] | product [14] | segment [14] | region [12]",
            "stage [12] | GBV [cents] | mean price [cents]",
            "part of std deviation [cents] | part of shortfall [cents] | bid [cents]",
            "std error of bid [cents] | bid, % of GBV [fine 14]",
            "P(any receipt) [share 14] | months to cash [decimal 14]",
            "diversified away [share]",
        ),
        tuple(rows),
        note="A loan's bid is in proportion to its value at the buyer's return; its standard "
        "error is that of simulation. "
        + _effect_note(book)
        + "Part of shortfall: mean value of the loan in the worst scenarios of the package. "
        "Diversified away: part of the loan's own standard deviation that the package removes.",
    )


def _effect_note(book: BidBook) -> str:
    """Return how the bids for loans sum to the bid for the package."""
    effect = book.parts.package_effect / 100.0
    if not effect:
        return "Bids are whole cents that sum to the package's bid. "
    return (
        f"Bids are whole cents that sum to the package's bid less the {PACKAGE_EFFECT} of "
        f"{effect:,.2f}. The {PACKAGE_EFFECT} is the bid beyond the sum of the loans; it is not "
        "shared among them. "
    )


def largest_loans(book: BidBook, top: int = 10) -> Table:
    """Return the loans with the largest share of the bid, of either sign."""
    frame = book.parts.loans
    order = frame["bid_cents"].abs().sort_values(ascending=False, kind="stable").index[:top]
    bid = book.bid.price.value
    rows = []
    for r in frame.loc[order].itertuples(index=False):
        own = r.bid_cents / 100.0
        rows.append(
            (
                str(r.loan_id),
                str(r.segment),
                str(r.region),
                str(r.stage),
                r.gbv,
                r.mean,
                r.mean - r.shortfall,
                own,
                _ratio(own, r.gbv),
                _ratio(own, bid),
            )
        )
    return Table(
        f"The {len(rows)} loans with the largest part of the bid" if len(rows) > 1 else "The loan",
        columns(
            "loan [18] | segment | region | stage | GBV [money] | price [money]",
            "lost in the tail [money] | bid [money] | bid, % of GBV [share]",
            "% of the bid [share]",
        ),
        tuple(rows),
    )


def factor_table(book: BidBook) -> Table:
    """Return the attribution of spread and tail to systematic factors."""
    frame = book.factors
    gap = float(frame["tail"].sum())
    rows: list[tuple[Any, ...]] = [
        (r.factor, r.share_of_variance, r.tail, _ratio(r.tail, gap))
        for r in frame.itertuples(index=False)
    ]
    rows.append(("all", float(frame["share_of_variance"].sum()), gap, _ratio(gap, gap)))
    return Table(
        "What drives the spread and the tail",
        columns(
            "factor [46] | share of variance [share]",
            "worst scenarios less mean [money 16] | share of it [share]",
        ),
        tuple(rows),
        note="Shares of variance: Shapley values of the explained share (Lindeman, Merenda "
        "and Gold, 1980).",
        total=True,
    )


def concentration_table(book: BidBook) -> Table:
    """Return concentration measures by name."""
    rows = tuple(
        (
            r.by,
            r.names,
            r.effective_number_gbv,
            r.effective_number_value,
            r.top_gbv,
            r.top_value,
            str(r.largest),
        )
        for r in book.concentration.itertuples(index=False)
    )
    return Table(
        "Concentration",
        columns(
            "by [24] | names [count] | effective number, GBV [decimal 14]",
            "effective number, value [decimal 14] | ten largest, % of GBV [share 14]",
            "ten largest, % of value [share 14] | largest by value [20]",
        ),
        rows,
        note="Effective number: number of equal names with the same concentration (1 over the "
        "Herfindahl-Hirschman index).",
    )
