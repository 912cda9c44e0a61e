"""Page 4: cash by quarter and then by year, low and high, and to date against the price."""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from npl_sim.core.language import gettext as _
from npl_sim.reports.bid_book.pages.page import Block, Html, Page, bold, escape, joined
from npl_sim.reports.bid_book.pages.table import Column, row, table
from npl_sim.reports.bid_book.pages.view import BookView, number, percent
from npl_sim.reports.bid_book.svg import fan as fans
from npl_sim.reports.bid_book.svg.bars import PeriodBar, period_bars

if TYPE_CHECKING:
    import pandas as pd

    from npl_sim.reports.bid_book.pages.table import Row

SALE_SHARE = 0.02
"""Share of receipts from which the final sale of what is left is reported."""


def page(view: BookView) -> Page:
    """Return the page on cash."""
    return Page(
        headline=_headline(view),
        reasons=_reasons(view),
        blocks=(_bars(view), _to_date(view), Block(_table(view))),
        note=_note(view),
    )


def _periods(view: BookView) -> pd.DataFrame:
    return view.book.cash.table.iloc[:-1]


def _headline(view: BookView) -> str:
    cash, price = view.book.cash, view.book.bid.price.value
    total = cash.table.iloc[-1]
    if not price > 0.0:
        return _("The cash of all months sums to {net}, and no price is paid.").format(
            net=view.money(float(total["net"]))
        )
    if not math.isfinite(cash.repaid):
        return _(
            "The mean cash of all months never repays the price: it ends at {share}%."
        ).format(share=percent(float(total["of_price"]), 0))
    share = _share_by(view, cash.repaid)
    sale = _sale_share(view)
    if sale >= SALE_SHARE:
        return _(
            "The price is repaid in {months} months, by {share}% of all cash; an assumed sale "
            "brings {sale}%."
        ).format(months=number(cash.repaid), share=percent(share, 0), sale=percent(sale, 0))
    return _("The price is repaid in {months} months, by {share}% of all cash.").format(
        months=number(cash.repaid), share=percent(share, 0)
    )


def _share_by(view: BookView, month: float) -> float:
    """Return the share of all mean net cash that is in by a month."""
    frame = view.book.cash.to_date
    total = float(frame["mean"].iloc[-1])
    return float(np.interp(month, frame["month"], frame["mean"])) / total if total else math.nan


def _sale_share(view: BookView) -> float:
    """Return the share of receipts from the final sale of loans; 0 where kinds are not kept."""
    flows = view.book.result.flows
    if "sale" not in flows.kinds:
        return 0.0
    received = float(view.book.cash.table["receipts"].iloc[-1])
    sold = float(flows.mean_by_kind[:, list(flows.kinds).index("sale")].sum())
    return sold / received if received > 0.0 else 0.0


def _reasons(view: BookView) -> Html:
    frame = _periods(view)
    quarters = frame[frame["last"] - frame["first"] <= 2]
    best = quarters.loc[quarters["net"].idxmax()]
    first = _("The best quarter is number {number}, with {net} net of costs.").format(
        number=int(best["last"] + 2) // 3, net=view.money(float(best["net"]))
    )
    dear = quarters.loc[quarters["costs"].idxmin()]
    second = _("Costs are highest in quarter {number}, at {costs}.").format(
        number=int(dear["last"] + 2) // 3, costs=view.money(-float(dear["costs"]))
    )
    total = view.book.cash.table.iloc[-1]
    third = _("All months bring {net}; 90% of cases lie between {low} and {high}.").format(
        net=view.money(float(total["net"])),
        low=view.money(float(total["low"])),
        high=view.money(float(total["high"])),
    )
    parts = [escape(first), escape(second), escape(third)]
    sale = _sale_share(view)
    if sale >= SALE_SHARE:
        sold = _(
            "{share}% of receipts are the assumed sale of what is left at the end of work-out."
        )
        parts.append(escape(sold.format(share=percent(sale, 1))))
    return joined(parts, " ")


def _bars(view: BookView) -> Block:
    """Return bars by period at their quarterly rate, so that the area is the money."""
    size = view.unit.size
    bars, labels = [], []
    for r in _periods(view).itertuples():
        start, end = (r.first - 1) / 12.0, r.last / 12.0
        rate = 1.0 / ((r.last - r.first + 1) / 3.0) / size
        bars.append(PeriodBar(start, end, r.net * rate, r.low * rate, r.high * rate))
    for year in range(1, math.ceil(bars[-1].end) + 1):
        middle = (year - 1 + min(year, bars[-1].end)) / 2.0
        labels.append((middle, _("Year 1") if year == 1 else str(year)))
    subtitle = _(
        "{unit} a quarter; longer periods at their quarterly rate, so the area is the money. "
        "Whiskers hold 90% of cases."
    ).format(unit=view.unit.name)
    chart = period_bars(bars, labels, _headline(view), whisker_label=_("90% of cases"))
    return Block(chart, _("Net cash by quarter, then by year"), subtitle)


def _to_date(view: BookView) -> Block:
    cash, size = view.book.cash, view.unit.size
    frame, price = cash.to_date, view.book.bid.price.value
    columns = {name: frame[name].to_numpy() / size for name in ("mean", "q5", "q25", "q75", "q95")}
    years = frame["month"].to_numpy() / 12.0
    series = fans.Fan(
        years, columns["mean"], columns["q5"], columns["q95"], columns["q25"], columns["q75"]
    )
    last = frame.iloc[-1]
    notes = [
        fans.Note(years[-1], float(last["mean"]) / size, text, "a", "edge")
        for text in (_("{amount} mean").format(amount=view.round_money(float(last["mean"]))),)
    ]
    levels, verticals = [], []
    if price > 0.0:
        text = _("Target price {price}").format(price=view.money(price))
        levels.append(fans.Level(price / size, text, dashed=True))
    if math.isfinite(cash.repaid) and price > 0.0:
        crossed = _("Month {month}: cash reaches the price").format(month=number(cash.repaid))
        verticals.append(fans.Vertical(cash.repaid / 12.0, price / size, crossed))
    labels = [
        (year - 0.5, _("Year 1") if year == 1 else str(year))
        for year in range(1, math.ceil(years[-1] - 1e-9) + 1)
    ]
    chart = fans.fan(
        series,
        _("Net cash to date against the price"),
        verticals,
        levels,
        notes,
        labels,
        (680, 190),
    )
    subtitle = _("{unit}. Dark band: half of the cases. Light band: 90%.")
    return Block(chart, _("Net cash to date"), subtitle.format(unit=view.unit.name))


def _table(view: BookView) -> Html:
    rows: list[Row] = []
    frame = view.book.cash.table
    start = view.study.valuation_date
    for i, r in enumerate(frame.itertuples()):
        is_total = i == len(frame) - 1
        length = r.last - r.first + 1
        if is_total:
            name = _("All {months} months").format(months=r.last)
        elif length <= 3:
            name = _("Quarter to {month}").format(month=month_text(start, r.last))
        else:
            name = _("Year {year}, to {month}").format(
                year=-(-r.last // 12), month=month_text(start, r.last)
            )
            if length > 12:
                name = _("Later, to {month}").format(month=month_text(start, r.last))
        next_length = 0 if is_total else frame["last"].iloc[i + 1] - frame["first"].iloc[i + 1] + 1
        is_end = length <= 3 < next_length and not is_total
        cells = (r.receipts, r.costs, r.net, r.low, r.high, r.to_date)
        texts = [view.money(x) for x in cells]
        texts[2] = bold(texts[2])
        share = percent(r.of_price, 0)
        rows.append(
            row(name, *texts, share, kind="total" if is_total else "end" if is_end else "")
        )
    heads = (
        _("Receipts"),
        _("Costs"),
        _("Net, mean"),
        _("Low 5%"),
        _("High 95%"),
        _("Net to date"),
        _("Same, % of price"),
    )
    return table([Column("", 150), *(Column(h) for h in heads)], rows, "tight")


def month_text(start: date, months: int) -> str:
    """Return year and month some months after a date: ``2026-09``."""
    count = start.year * 12 + start.month - 1 + months
    return f"{count // 12:04d}-{count % 12 + 1:02d}"


def _note(view: BookView) -> str:
    text = _(
        "After costs of work-out, servicing, turnover tax and overheads; before debt and income "
        "tax. Low and high of a sum are not the sums of lows and highs."
    )
    return f"{text} {view.foot}"
