"""Facts on the decision page that explain a price outside published ranges."""

from __future__ import annotations

import pandas as pd

from npl_sim.analysis.comparables import BELOW
from npl_sim.analysis.price_gap import Fact, PriceGap, price_gap
from npl_sim.analysis.worthless import REASONS, by_reason
from npl_sim.core.language import gettext as _
from npl_sim.reports.bid_book.pages.page import Block, Html, bold, escape, joined
from npl_sim.reports.bid_book.pages.view import BookView, number, percent, rate_text, signed
from npl_sim.reports.bid_book.pages.words import security_name

NAMED = 2
"""Most classes named in the title."""


def gap_blocks(view: BookView) -> tuple[Block, ...]:
    """Return the explanation of a price outside published ranges; nothing if none is needed."""
    gap = price_gap(view.book.published, gap_loans(view))
    if gap is None or not gap.facts:
        return ()
    named = [f"{segment}, {security_name(kind)}" for segment, kind in gap.classes[:NAMED]]
    classes = "; ".join(named) + ("; …" if len(gap.classes) > NAMED else "")
    below = _("Why {classes} at {price}% lie below published figures ({published}%)")
    above = _("Why {classes} at {price}% lie above published figures ({published}%)")
    low, high = (percent(end, 0) for end in gap.published)
    title = (below if gap.side == BELOW else above).format(
        classes=classes,
        price=percent(gap.price),
        published=low if low == high else f"{low}–{high}",
    )
    lines = [
        joined((bold(signed(100.0 * fact.points, 1)), escape(_sentence(view, fact, gap))), " ")
        for fact in gap.facts
    ]
    body = "".join(f'<div style="font-size:10px;line-height:1.45">{line}</div>' for line in lines)
    subtitle = _("Effect in points of their gross book value")
    return (Block(Html(body), title, subtitle),)


def gap_loans(view: BookView) -> pd.DataFrame:
    """Return the loans as `price_gap` needs them."""
    facts, flows = view.package.loans, view.book.result.flows.loans
    nothing = view.heading.nothing
    ids = nothing.loans["loan_id"] if nothing is not None else []
    return facts.assign(
        segment=flows["segment"].astype(str).to_numpy(dtype=object),
        secured=flows["loan_id"].isin(view.table.collateral["loan_id"]).to_numpy(),
        pv=flows["pv_mean"].to_numpy(dtype=float),
        costs=flows["costs_mean"].to_numpy(dtype=float),
        months_to_cash=flows["months_to_cash"].to_numpy(dtype=float),
        worthless=flows["loan_id"].isin(ids).to_numpy(),
        time_barred=(facts["time_barred"] | facts["window_over"]).to_numpy(),
        enforced=flows["stage"].isin(("judged", "enforcement")).to_numpy(),
    )


def _sentence(view: BookView, fact: Fact, gap: PriceGap) -> str:
    """Return a fact with its figures."""
    share, second = percent(fact.figure), percent(fact.second)
    texts = {
        "return": _(
            "At {rate} a year, {share}% after costs in {months} months is worth {price}%."
        ),
        "costs": _("Costs take {share}% of receipts."),
        "not covered": _("Free collateral, at most each claim, covers {share}%."),
        "not realized": _("Free collateral covers {second}%; receipts are {share}%."),
        "time-barred": _("Time-barred: {share}% of claims, priced at {second}%."),
        "insolvent": _("Debtors in insolvency: {share}% of claims, priced at {second}%."),
        "guaranteed": _("With guarantors: {share}% of claims, priced at {second}%."),
        "covered": _("Collateral above the claim: {share}% of claims, priced at {second}%."),
        "enforced": _("With a judgment: {share}% of claims, priced at {second}%."),
        "worthless": _("Worth nothing: {share}% of claims. Most: {reason}."),
    }
    return texts[fact.name].format(
        share=share,
        second=second,
        months=number(fact.second),
        rate=rate_text(view.book.result.pricing.required_return),
        price=percent(gap.price),
        reason=_reason(view, gap) if fact.name == "worthless" else "",
    )


def _reason(view: BookView, gap: PriceGap) -> str:
    """Return the reason of the most claims without value among the loans of a gap."""
    nothing = view.heading.nothing
    if nothing is None:
        return ""
    own = view.package.loans.loc[gap.chosen, "loan_id"]
    part = type(nothing)(
        nothing.loans[nothing.loans["loan_id"].isin(own)], nothing.package_gbv, nothing.simulated
    )
    return _(REASONS[by_reason(part).sort_values("gbv", ascending=False)["reason"].iloc[0]])
