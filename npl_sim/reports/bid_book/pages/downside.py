"""Page 7: named downside cases with the return at our bid, stresses, and what costs a tenth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from npl_sim.analysis.adverse import DOWNSIDES
from npl_sim.analysis.changes import CHANGES
from npl_sim.analysis.reverse import LOSS
from npl_sim.analysis.sensitivity import MOST_SCENARIOS
from npl_sim.core.language import gettext as _
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
from npl_sim.reports.bid_book.pages.table import Column, row, table
from npl_sim.reports.bid_book.pages.view import (
    DASH,
    BookView,
    chance_of,
    error_text,
    number,
    percent,
    rate_text,
)
from npl_sim.reports.bid_book.pages.words import case_clause, case_name, input_name, setting_text
from npl_sim.reports.bid_book.svg import marks
from npl_sim.reports.bid_book.svg.bars import cell_bar
from npl_sim.reports.bid_book.svg.whiskers import WhiskerLine, whisker_lines
from npl_sim.reports.style import readable
from npl_sim.stats.risk import probability

if TYPE_CHECKING:
    import pandas as pd

MOST_STRESSES = 7
"""Most stresses of the study on the page; the workbook has all."""


def page(view: BookView) -> Page:
    """Return the page on downside cases."""
    blocks: list[Block | Columns] = [_chart(view), _cases(view)]
    if len(view.book.stresses) > 1:
        blocks.append(_stresses(view))
    blocks.append(_reverse(view))
    return Page(_headline(view), _reasons(view), tuple(blocks), _note(view))


def _worst(view: BookView) -> pd.Series:
    frame = view.book.downside.iloc[1:]
    return frame.loc[frame["bid"].idxmin()]


def _headline(view: BookView) -> str:
    worst = _worst(view)
    own, target = float(worst["own_irr"]), view.book.bid.target
    price = view.round_money(view.book.bid.price.value)
    if not math.isfinite(own):
        return _("In the worst case the target price falls to {bid}.").format(
            bid=view.round_money(float(worst["bid"]))
        )
    if own < 0.0:
        text = _("{case}, {price} loses money: {own}% a year.")
    elif own < target:
        text = _("{case}, {price} still earns {own}% a year, not {target}.")
    else:
        text = _("{case}, {price} earns {own}% a year all the same.")
    return text.format(
        case=case_clause(str(worst["case"])),
        price=price,
        own=percent(own),
        target=rate_text(target),
    )


def _reasons(view: BookView) -> Html:
    worst = _worst(view)
    first = _("It takes the target price to {bid}, {change} from ours.").format(
        bid=view.money(float(worst["bid"])),
        change=view.change(float(worst["bid"]) - view.book.bid.price.value),
    )
    second = _("Money is lost in {loss}% of cases there.").format(
        loss=chance_of(float(worst["loss"]), float(worst["loss_high"]))
    )
    late = float(worst["payback"]) - view.book.offers.target.returns.payback
    parts = [escape(first), escape(second)]
    if math.isfinite(late):
        parts.append(escape(_("Payback comes {months} months later.").format(months=number(late))))
    elif not math.isfinite(float(worst["payback"])):
        parts.append(escape(_("The mean cash never repays our own money.")))
    return joined(parts, " ")


def _chart(view: BookView) -> Block:
    """Return the own rate of return at our bid in each case."""
    frame = view.book.downside
    title = _("Own IRR at {price}, case by case").format(
        price=view.phrase(view.book.bid.price.value)
    )
    if not frame["own_irr"].notna().all():
        return Block(Html(""), title, _("Not determined: no own money is put in."))
    lines = [
        WhiskerLine(
            case_name(r.case),
            100.0 * r.own_irr,
            percent(r.own_irr),
            100.0 * r.own_irr_5,
            100.0 * r.own_irr_95,
            i == 0,
        )
        for i, r in enumerate(frame.itertuples())
    ]
    target = rate_text(view.book.bid.target)
    chart = whisker_lines(
        lines, 100.0 * view.book.bid.target, _("our {target}").format(target=target), title
    )
    return Block(chart, title, _("% a year. Dot: mean. Bar: 90% of cases."))


def _moved(name: str) -> str:
    """Return what moves in a case."""
    case = next((c for c in DOWNSIDES if c.name == name), None)
    if case is None:
        return _("The study as it stands.")
    known = {change.name: change for change in CHANGES}
    parts = [
        f"{input_name(key)} {setting_text(key, known[key].unit, known[key].scale * x)}"
        for key, x in case.settings
    ]
    if case.delay:
        parts.append(_("all cash {months} months later").format(months=case.delay))
    return "; ".join(parts)


def _cases(view: BookView) -> Block:
    frame = view.book.downside
    price = view.round_money(view.book.bid.price.value)
    columns = [
        Column(_("Case, and what moves in it"), 236, left=True),
        Column(_("Own IRR at {price}, %").format(price=price)),
        Column(_("± std error")),
        Column(_("Payback, months")),
        Column(_("Chance of losing money, %")),
        Column(_("New target")),
        Column(_("Change")),
        Column(_("± std error")),
    ]
    rows = []
    for i, r in enumerate(frame.itertuples()):
        what = joined((bold(case_name(r.case) + "."), gray(_moved(r.case))), " ")
        rows.append(
            row(
                what,
                bold(percent(r.own_irr)),
                error_text(100.0 * r.own_irr_se, 1) if i else DASH,
                number(r.payback),
                chance_of(r.loss, r.loss_high),
                view.money(r.bid),
                view.change(r.bid - view.book.bid.price.value) if i else DASH,
                error_text(r.bid_se / view.unit.size, view.decimals) if i else DASH,
            )
        )
    return Block(
        table(columns, rows),
        _("Three cases in which several things go wrong at once"),
        _("{unit}. Each case on the scenarios of the case as modeled, paired.").format(
            unit=view.unit.name
        ),
    )


def _stresses(view: BookView) -> Block:
    frame = view.book.stresses
    described = {s.name: s.description for s in view.study.market.stresses}
    named = frame.iloc[1:].sort_values("bid", kind="stable").head(MOST_STRESSES)
    base = view.book.bid.price.value
    # Upper end of the interval where no scenario of the run loses.
    count = min(view.book.result.scenarios, MOST_SCENARIOS)
    none_of = probability(np.zeros(count, dtype=bool)).high
    largest = float((named["bid"] - base).abs().max())
    columns = [
        Column(_("Stress of the study"), 250, left=True),
        Column(_("Change of our target price"), 150, left=True),
        Column(_("New target")),
        Column(_("Mean value")),
        Column(_("Mean of the worst {share}%").format(share=_tail(view))),
        Column(_("Chance that cash is below our bid, %")),
    ]
    rows = []
    for r in named.itertuples():
        text = described.get(r.stress, "")
        what = joined((bold(readable(r.stress).capitalize() + "."), gray(_short(text))), " ")
        bar = cell_bar(r.bid - base, largest, view.change(r.bid - base), 138, marks.LIGHT_GRAY, 46)
        money = (r.bid, r.price, r.shortfall)
        loss = chance_of(r.p_loss, none_of)
        rows.append(row(what, bar, *(view.money(x) for x in money), loss))
    return Block(
        table(columns, rows),
        _("What the named stresses do"),
        _("{unit}. Receipts less costs of all months, before the buyer's costs.").format(
            unit=view.unit.name
        ),
    )


def _short(text: str, most: int = 90) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _tail(view: BookView) -> str:
    return number(100.0 * view.book.result.pricing.shortfall_level)


def _reverse(view: BookView) -> Block:
    frame = view.book.reverse
    columns = [
        Column(_("Input, moved alone"), 250, left=True),
        Column(_("Value loses {share}% at").format(share=percent(LOSS, 0)), 220, left=True),
        Column(_("Worst tried"), left=True),
        Column(_("Loss there, %"), 80),
    ]
    rows = []
    for r in frame.itertuples():
        found = math.isfinite(r.needed)
        rows.append(
            row(
                input_name(r.lever),
                bold(setting_text(r.lever, r.unit, r.needed)) if found else _("not in its range"),
                setting_text(r.lever, r.unit, r.worst),
                percent(r.loss_at_worst, 0),
            )
        )
    title = _("How far each input must move to cost {share}% of the value").format(
        share=percent(LOSS, 0)
    )
    return Block(table(columns, rows, "tight"), title)


def _note(view: BookView) -> str:
    text = _(
        "A new target is the target price of the book plus the paired change. A chance of 0 is "
        "shown as the upper end of its 95% interval on the scenarios of the case."
    )
    return f"{text} {view.foot}"
