"""Tables of concentration: value and risk by segment, loan, factor and name."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from npl_sim.analysis.contributions import by_part
from npl_sim.core.language import gettext as _
from npl_sim.reports.table import Table, table_of
from npl_sim.valuation.breakdown import ATTRIBUTES

if TYPE_CHECKING:
    from npl_sim.analysis.committee import BidBook


PACKAGE_EFFECT = "package effect"
"""Name of the bid for the package beyond the sum of its loans."""


MOST_LOANS = 10
"""Loans in the table of those with the largest part of the bid."""


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def _part_row(name: str, r: Any, whole: pd.Series) -> tuple[Any, ...]:
    bid, lost = r["bid_cents"] / 100.0, r["mean"] - r["shortfall"]
    shares = _ratio(r["mean"], r["gbv"]), _ratio(r["mean"], whole["mean"])
    of_loss = _ratio(lost, whole["mean"] - whole["shortfall"])
    values = (r["gbv"], r["mean"], *shares, r["sd"], lost, of_loss)
    return name, int(r["loans"]), *values, bid, _ratio(bid, r["gbv"])


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
            none = math.nan
            values = (0, 0.0, 0.0, none, 0.0, 0.0, 0.0, none, effect / 100.0, none)
            rows.append((PACKAGE_EFFECT, *values))
            whole = whole + pd.Series({"bid_cents": effect}).reindex(whole.index, fill_value=0.0)
        rows.append(_part_row("package", whole, whole))
        tables.append(_part_table(by, rows))
    return tables


def _part_table(by: str, rows: list[tuple[Any, ...]]) -> Table:
    return table_of(
        _("By {by}").format(by=by),
        f"{by} [24] | loans [count] | GBV [money] | price [money] | price, % of GBV [share] | "
        "share of price [share] | part of std deviation [money] | lost in the tail [money] | "
        "share of tail loss [share] | bid [money] | bid, % of GBV [share]",
        rows,
        note=_(
            "Contributions sum to those of the package. Lost in the tail: mean of the "
            "part less its mean in the worst scenarios of the package."
        ),
        total=True,
    )


def loan_table(book: BidBook) -> Table:
    """Return every loan with its value, risk and share of the bid."""
    frame = book.parts.loans
    frame = frame.assign(bid=frame["bid_cents"] / 100.0)
    texts = frame[["loan_id", "borrower_id", "product", "segment", "region", "stage"]].astype(str)
    values = frame[["gbv", "mean", "sd", "shortfall", "bid", "bid_se"]].itertuples(False, None)
    others = frame[["p_any", "months_to_cash", "diversified"]].itertuples(False, None)
    rows = [
        (*names, *row, _ratio(row[4], row[0]), *more)
        for names, row, more in zip(texts.itertuples(False, None), values, others, strict=True)
    ]
    return table_of(
        _("Loans and their part of the bid"),
        "loan [16] | borrower [16] | product [14] | segment [14] | region [12] | "
        "stage [12] | GBV [cents] | mean price [cents] | "
        "part of std deviation [cents] | part of shortfall [cents] | bid [cents] | "
        "std error of bid [cents] | bid, % of GBV [fine 14] | "
        "P(any receipt) [share 14] | months to cash [decimal 14] | "
        "diversified away [share]",
        rows,
        note=_(
            "A loan's bid is in proportion to its value at the buyer's return; its "
            "standard error is that of simulation. "
        )
        + _effect_note(book)
        + _(
            "Part of shortfall: mean value of the loan in the worst scenarios of the "
            "package. Diversified away: part of the loan's own standard deviation that "
            "the package removes."
        ),
    )


def _effect_note(book: BidBook) -> str:
    """Return how the bids for loans sum to the bid for the package."""
    effect = book.parts.package_effect / 100.0
    if not effect:
        return _("Bids are whole cents that sum to the package's bid. ")
    return _(
        "Bids are whole cents that sum to the package's bid less the "
        "{package_effect} of {effect:,.2f}. The {package_effect} is the bid beyond "
        "the sum of the loans; it is not shared among them. "
    ).format(package_effect=PACKAGE_EFFECT, effect=effect)


def largest_loans(book: BidBook) -> Table:
    """Return the loans with the largest share of the bid, of either sign."""
    frame = book.parts.loans
    order = frame["bid_cents"].abs().sort_values(ascending=False, kind="stable").index[:MOST_LOANS]
    bid = book.bid.price.value
    rows = []
    for r in frame.loc[order].itertuples(index=False):
        share = r.bid_cents / 100.0
        names = str(r.loan_id), str(r.segment), str(r.region), str(r.stage)
        values = r.gbv, r.mean, r.mean - r.shortfall, share
        rows.append((*names, *values, _ratio(share, r.gbv), _ratio(share, bid)))
    return table_of(
        _("The {rows} loans with the largest part of the bid").format(rows=len(rows))
        if len(rows) > 1
        else _("The loan"),
        "loan [18] | segment | region | stage | GBV [money] | price [money] | "
        "lost in the tail [money] | bid [money] | bid, % of GBV [share] | "
        "% of the bid [share]",
        rows,
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
    return table_of(
        _("What drives the spread and the tail"),
        "factor [46] | share of variance [share] | "
        "worst scenarios less mean [money 16] | share of it [share]",
        rows,
        note=_(
            "Shares of variance: Shapley values of the explained share (Lindeman, "
            "Merenda and Gold, 1980)."
        ),
        total=True,
    )


def concentration_table(book: BidBook) -> Table:
    """Return concentration measures by name."""
    numbers = ["effective_number_gbv", "effective_number_value", "top_gbv", "top_value"]
    frame = book.concentration
    frame = frame.assign(largest=frame["largest"].astype(str))[
        ["by", "names", *numbers, "largest"]
    ]
    rows = tuple(frame.itertuples(index=False, name=None))
    return table_of(
        "Concentration",
        "by [24] | names [count] | effective number, GBV [decimal 14] | "
        "effective number, value [decimal 14] | ten largest, % of GBV [share 14] | "
        "ten largest, % of value [share 14] | largest by value [20]",
        rows,
        note=_(
            "Effective number: number of equal names with the same concentration (1 "
            "over the Herfindahl-Hirschman index)."
        ),
    )
