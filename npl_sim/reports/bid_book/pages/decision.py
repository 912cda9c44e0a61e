"""Page 1: three prices, what each earns and risks, comparables, the largest risks, sign-off."""

from __future__ import annotations

import math

from npl_sim.core.language import gettext as _
from npl_sim.core.language import ngettext
from npl_sim.reports.bid_book.layers import base_of
from npl_sim.reports.bid_book.pages.comparables import comparables_block
from npl_sim.reports.bid_book.pages.page import (
    Block,
    Columns,
    Html,
    Page,
    bold,
    escape,
    gray,
    joined,
)
from npl_sim.reports.bid_book.pages.price_gap import gap_blocks
from npl_sim.reports.bid_book.pages.sign_off import sign_off
from npl_sim.reports.bid_book.pages.table import Column, Row, row, table
from npl_sim.reports.bid_book.pages.verdict import headline, reasons
from npl_sim.reports.bid_book.pages.view import (
    DASH,
    BookView,
    chance,
    number,
    percent,
    rate_text,
)
from npl_sim.reports.bid_book.pages.words import risk_name, setting_text
from npl_sim.reports.bid_book.svg import marks
from npl_sim.reports.bid_book.svg.bars import cell_bar
from npl_sim.reports.bid_book.svg.histogram import Mark, Side, split_histogram, weighted_histogram
from npl_sim.valuation.offers import Offer

RISKS = 5
"""Largest risks on the page."""


def page(view: BookView) -> Page:
    """Return the decision page."""
    left = Block(_prices(view))
    right = (_histogram(view), comparables_block(view))
    return Page(
        headline=headline(view),
        reasons=reasons(view),
        blocks=(
            Columns(((left, *gap_blocks(view)), right), "364px minmax(0,1fr)"),
            _risks(view),
            Block(sign_off(view)),
        ),
        note=_note(view),
    )


def _prices(view: BookView) -> Html:
    """Return the table of the three prices."""
    book = view.book
    three = tuple(book.offers)
    target = rate_text(book.bid.target)
    floor = book.deal.reservation.value

    def line(name: str, cells: list[str], kind: str = "", strong: bool = False) -> Row:
        shown = [bold(cell) for cell in cells] if strong else cells
        return Row((name, *shown), kind)  # type: ignore[arg-type]

    def of(base: float) -> list[str]:
        return [percent(o.price.value / base) if base > 0.0 else DASH for o in three]

    found = [offer.returns for offer in three]
    rows = [
        line(
            _("Price, {unit}").format(unit=view.unit.name),
            [_large(view.money(o.price.value)) for o in three],
            "big",
        ),
        line(_("How it is set"), [_rule(view, offer) for offer in three], "rule"),
        line(_("% of gross book value"), of(book.result.gbv)),
        line(_("% of principal"), of(book.principal)),
        line(_("% of free collateral"), of(book.free_collateral), "end"),
        line(
            _("Own IRR, mean, % a year"), [percent(r.own_mean.value) for r in found], strong=True
        ),
        line(
            "\u2003" + _("90% of cases lie in"),
            [_range(r.own_quantile(0.05), r.own_quantile(0.95)) for r in found],
        ),
        line(_("Unlevered IRR before tax, %"), [percent(r.unlevered.value) for r in found]),
        line(_("Multiple of own money"), [number(r.multiple, 2) for r in found]),
        line(_("Payback, months"), [number(r.payback) for r in found], "end"),
        line(_("Chance of losing money, %"), [chance(r.loss) for r in found]),
        line(
            _("Chance of less than {target}, %").format(target=target),
            [chance(r.below_target) for r in found],
            "end",
        ),
        line(_("Own money put in"), [view.money(r.put_in) for r in found]),
        line(
            _("Against the bank's floor"),
            [view.change(o.price.value - floor) if view.has_seller else DASH for o in three],
            "end",
        ),
    ]
    heads = (_("Opening"), _("Target"), _("Walk-away"))
    columns = [Column("", 150)] + [Column(h, 0, accent=i == 1) for i, h in enumerate(heads)]
    return table(columns, rows)


def _large(amount: str) -> Html:
    """Return a price in one line: many digits are smaller."""
    size = 18 if len(amount) <= 6 else 15 if len(amount) <= 7 else 13 if len(amount) <= 9 else 10
    return Html(f'<span style="white-space:nowrap;font-size:{size}px">{escape(amount)}</span>')


def _range(low: float, high: float) -> str:
    return f"{percent(low)}–{percent(high)}" if math.isfinite(low + high) else DASH


def _rule(view: BookView, offer: Offer) -> str:
    """Return the rule that sets a price, in a few words."""
    buyer, target = view.study.buyer, rate_text(view.book.bid.target)
    if offer.capped:
        return _("the target: its own rule gives a price beyond it")
    level = offer.level
    if offer.name == "target" and buyer.measure in ("quantile", "shortfall"):
        worst = number(100.0 * float(buyer.level or 0.0))
        quantile = _("{target} at the {worst}% quantile of its price")
        shortfall = _("{target} in the mean of the worst {worst}%")
        text = (quantile if buyer.measure == "quantile" else shortfall).format(
            target=target, worst=worst
        )
    elif level is None:
        text = _("{target} on average").format(target=target)
    else:
        text = _("{target} in {cases} of 100 cases").format(
            target=target, cases=number(100.0 * level)
        )
    if offer.name != "limit" and buyer.information_discount > 0.0:
        less = _("{rule}, less {discount} for defects")
        return less.format(rule=text, discount=rate_text(buyer.information_discount))
    return text


def _histogram(view: BookView) -> Block:
    """Return the distribution of the break-even price with the three prices in it."""
    book, size = view.book, view.unit.size
    bid, target = book.bid, rate_text(book.bid.target)
    values = bid.break_even
    weights = book.result.sample.weights_of(values)
    edges, shares = weighted_histogram(values.ravel() / size, weights.ravel())
    at = book.offers.target.price.value
    short = book.result.sample.probability(values < at).value
    names = {"opening": _("Open"), "target": _("Target"), "limit": _("Walk-away")}
    shown = {
        offer.price.value: Mark(
            offer.price.value / size,
            f"{names[offer.name]} {view.round_money(offer.price.value)}",
            offer.name == "target",
        )
        for offer in (book.offers.opening, book.offers.limit, book.offers.target)
    }
    earned = _("we earn {target}").format(target=target)
    sides = (
        Side(
            _("{share}%: too dear").format(share=percent(short, 0)),
            (_("we earn less"), _("than {target}").format(target=target)),
        ),
        Side(
            _("{share}%: cheap enough").format(share=percent(1.0 - short, 0)),
            (earned, _("or more")),
        ),
    )
    floor = book.deal.reservation.value
    chart = split_histogram(
        edges,
        shares,
        tuple(shown.values()),
        sides,
        _("The target price earns less than {target} in {share}% of cases").format(
            target=target, share=percent(short, 0)
        ),
        Mark(
            floor / size,
            _("Bank's floor (our view) {price}").format(price=view.round_money(floor)),
        )
        if view.has_seller
        else None,
    )
    subtitle = _("Share of {scenarios} scenarios by break-even price, {unit}")
    return Block(
        chart,
        _("The price at which we would earn exactly {target}").format(target=target),
        subtitle.format(scenarios=f"{book.result.scenarios:,}", unit=view.unit.name),
    )


def _risks(view: BookView) -> Block:
    """Return the largest sensitivities with the new target price and our return."""
    book = view.book
    worse = view.worse_ends()
    price = view.round_money(book.bid.price.value)
    columns = [
        Column(_("What, and by how much"), 206, left=True, style="vertical-align:middle"),
        Column(
            _("Change in our target price, {unit}").format(unit=view.unit.name),
            140,
            left=True,
            style="vertical-align:middle",
        ),
        Column(_("New target"), 62, style="vertical-align:middle"),
        Column(
            _("Own IRR if we paid {price}, %").format(price=price),
            66,
            style="vertical-align:middle",
        ),
        Column(
            _("What stands behind it"),
            left=True,
            style="padding-left:14px;font-size:10px;vertical-align:middle",
        ),
    ]
    own = book.offers.target.returns.own_mean.value
    largest = max((abs(r.bid_change) for r in worse[:RISKS]), default=0.0)
    rows = []
    for i, one in enumerate(worse[:RISKS]):
        what = joined(
            (bold(risk_name(one.name)), gray(setting_text(one.name, one.unit, one.setting))), " "
        )
        fill = marks.ACCENT if i == 0 else marks.LIGHT_GRAY
        bar = cell_bar(one.bid_change, largest, view.change(one.bid_change), 128, fill, 46)
        rows.append(
            row(
                what,
                bar,
                view.money(book.bid.price.value + one.bid_change),
                percent(own + one.own_irr_change),
                _behind(view, one.name),
            )
        )
    error = view.money(book.bid.price.se) if math.isfinite(book.bid.price.se) else DASH
    subtitle = _(
        "Each moved alone, in the same scenarios. The target price has a standard error of "
        "{error}, a change less."
    ).format(error=error)
    return Block(table(columns, rows), _title(len(rows)), subtitle)


def _title(count: int) -> str:
    if count == RISKS:
        return _("Five things that could make us wrong")
    return ngettext(
        "{count} thing that could make us wrong", "{count} things that could make us wrong", count
    ).format(count=count)


def _behind(view: BookView, name: str) -> str:
    """Return how many figures stand behind an input, and how many of them are published."""
    evidence = view.heading.evidence
    frame = None if evidence is None or evidence.unsourced is None else evidence.unsourced.effects
    rows = [] if frame is None else frame[frame["input"] == name].to_dict(orient="records")
    if not rows:
        return _("Our assumption; no figure of the study.")
    count, without = int(rows[0]["figures"]), int(rows[0]["unsourced"])
    if without == 0:
        return _("All {count} figures have a published source.").format(count=count)
    if without == count:
        return _("{count} figures, none with a published source.").format(count=count)
    return _("{published} of {count} figures have a published source.").format(
        published=count - without, count=count
    )


def _note(view: BookView) -> str:
    counted = _(
        "Chance of losing money: where no scenario loses, the upper end of its 95% interval. "
        "It counts what the model knows; the risks above come on top. Free collateral: appraised "
        "value above prior liens, at most the secured amount, {free}."
    ).format(free=view.money(view.book.free_collateral))
    limit = _("The walk-away price leaves nothing for undisclosed defects.")
    base = base_of("buyer", view.heading.origins) if view.book.stated_buyer else ""
    terms = (
        _("The terms of the buyer are those of {base}: the study states none.").format(base=base)
        if base
        else ""
    )
    return " ".join(part for part in (terms, counted, limit, view.foot) if part)
