"""The seller's side of a structured deal as rows of tables."""

from __future__ import annotations

from collections.abc import Iterator

from npl_sim.core.language import gettext as _
from npl_sim.reports.formats import Unit, percent
from npl_sim.securitization.sizing.seller import (
    QUALIFYING_DISCOUNT,
    QUALIFYING_SHARE,
    SellerResult,
)
from npl_sim.securitization.sizing.structuring import Structured
from npl_sim.stats.risk import Estimate


def kept_rows(seller: SellerResult, unit: Unit) -> Iterator[list[str]]:
    """Yield the notes that the seller sells and keeps, by tranche."""
    table = seller.notes
    columns = [
        unit.column(table[c]) for c in ("sold", "proceeds", "kept", "value_kept", "worst_kept")
    ]
    prices = [
        percent(p, 2) + (f" ± {percent(e, 2)}" if e > 0 else "")
        for p, e in zip(table["price"], table["price_se"], strict=True)
    ]
    for i, name in enumerate(table["tranche"]):
        sold, proceeds, kept, value, worst = (c[i] for c in columns)
        yield [name, sold, prices[i], proceeds, kept, value, worst]


def seller_closing_rows(result: Structured, s: SellerResult, unit: Unit) -> Iterator[list[str]]:
    """Yield the seller's cash at closing and its result of the day."""

    def row(
        name: str, estimate: Estimate | float, remark: str = "", sign: float = 1.0
    ) -> list[str]:
        value = estimate if isinstance(estimate, float | int) else estimate.value
        se = 0.0 if isinstance(estimate, float | int) else estimate.se
        return [name, unit.show(sign * value), unit.show(se) if se > 0.0 else "-", remark]

    yield row(_("notes sold"), s.proceeds)
    yield row(_("less closing costs"), s.closing_costs, sign=-1.0)
    yield row(_("less accounts filled at closing"), float(s.reserves), sign=-1.0)
    yield row(
        _("cash at closing"),
        s.cash,
        _("{cash} of the pool").format(cash=percent(s.cash.value / result.deal.pool_balance, 2)),
    )
    yield row(_("collections kept before closing"), s.interim)
    yield row(
        _("value of notes kept"),
        s.kept_value,
        _("worst: {kept_worst}").format(kept_worst=unit.show(s.kept_worst.value)),
    )
    yield row(_("less carrying amount after provisions"), s.net_carrying, sign=-1.0)
    yield row(_("result of the day"), s.day_one, _("only if the package leaves the books"))
    verdict = "qualifying" if s.qualifying else _("not qualifying")
    share = (
        result.deal.structure.seller.non_performing_share
        if result.deal.structure and result.deal.structure.seller
        else 1.0
    )
    yield [
        _("non-refundable discount"),
        percent(s.discount.value, 2),
        percent(s.discount.se, 2) if s.discount.se > 0.0 else "-",
        _(
            "{verdict}: needs {qualifying_discount} and {qualifying_share} "
            "non-performing, has {share}"
        ).format(
            verdict=verdict,
            qualifying_discount=percent(QUALIFYING_DISCOUNT, 0),
            qualifying_share=percent(QUALIFYING_SHARE, 0),
            share=percent(share, 0),
        ),
    ]
