"""Page 5: our return against the price, and bid and return by collateral prices and delay."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from npl_sim.core.language import gettext as _
from npl_sim.reports.bid_book.pages.page import Block, Columns, Html, Page, bold, escape, joined
from npl_sim.reports.bid_book.pages.table import Column, HeatCell, heat_table, row, table
from npl_sim.reports.bid_book.pages.view import (
    DASH,
    BookView,
    chance_of,
    number,
    percent,
    rate_text,
    signed,
)
from npl_sim.reports.bid_book.svg import fan as fans

POINT = 0.01
"""A point of return. [per year]"""

MOST_COLUMNS = 11
"""Most prices of the table."""


def page(view: BookView) -> Page:
    """Return the page on returns and prices."""
    heat = Columns(
        (
            (
                Block(
                    _bids(view),
                    _("What we could bid"),
                    _("Target price by the same rule, {unit}. Frame: the case we bid on.").format(
                        unit=view.unit.name
                    ),
                ),
            ),
            (
                Block(
                    _earned(view),
                    _("What we would earn if we had paid {price}").format(
                        price=view.round_money(view.book.bid.price.value)
                    ),
                    _("Own IRR, mean, % a year. Colored: {target} or more. Gray: less.").format(
                        target=rate_text(view.book.bid.target)
                    ),
                ),
            ),
        ),
        "minmax(0,1fr) minmax(0,1fr)",
    )
    return Page(
        headline=_headline(view),
        reasons=_reasons(view),
        blocks=(_chart(view), Block(_table(view)), heat),
        note=_note(view),
    )


def _slope(view: BookView) -> float:
    """Return the change of the mean own rate for a price higher by 1. [per year]"""
    frame = view.book.prices
    known = frame[np.isfinite(frame["own_irr"])]
    if len(known) < 2:
        return math.nan
    price = view.book.bid.price.value
    near = known.iloc[(known["price"] - price).abs().argsort().iloc[:3]].sort_values("price")
    rise = float(near["price"].iloc[-1] - near["price"].iloc[0])
    return float(near["own_irr"].iloc[-1] - near["own_irr"].iloc[0]) / rise if rise else math.nan


def _step(view: BookView) -> float:
    """Return a round step of about 3 % of the price. [package currency]"""
    raw = 0.03 * view.book.bid.price.value
    power = 10.0 ** math.floor(math.log10(raw))
    return min((s * power for s in (1.0, 2.0, 5.0, 10.0)), key=lambda s: abs(s - raw))


def _cell(view: BookView, collateral: float, delay: int, name: str) -> float:
    frame = view.book.two_way
    hit = frame[(frame["collateral"] == collateral) & (frame["delay"] == delay)]
    return float(hit[name].iloc[0]) if len(hit) else math.nan


def _headline(view: BookView) -> str:
    slope = _slope(view)
    if not (math.isfinite(slope) and view.book.bid.price.value > 0.0):
        return _("No return can be stated: no own money is put in at these prices.")
    step = _step(view)
    own = view.book.offers.target.returns.own_mean.value
    delay = (_cell(view, 1.0, 6, "own_irr") - own) / POINT
    return _(
        "{step} more costs {cost} points of return; six months of delay cost {delay}."
    ).format(
        step=view.phrase(step, 0 if step >= view.unit.size else view.decimals),
        cost=number(-slope * step / POINT, 1),
        delay=number(-delay, 1),
    )


def _reasons(view: BookView) -> Html:
    target = rate_text(view.book.bid.target)
    late = _cell(view, 1.0, 6, "own_irr")
    parts = [
        _("At {price}, cash that comes six months late leaves {late}%.").format(
            price=view.money(view.book.bid.price.value), late=percent(late)
        )
    ]
    low = _cell(view, 0.8, 0, "own_irr")
    if math.isfinite(low):
        parts.append(
            _("Collateral prices 20% lower leave {low}%, and both together {both}%.").format(
                low=percent(low), both=percent(_cell(view, 0.8, 6, "own_irr"))
            )
        )
    frame = view.book.prices
    enough = frame[frame["own_irr"] >= view.book.bid.target]
    if len(enough) and len(enough) < len(frame):
        parts.append(
            _("Of the prices shown, {price} is the highest with a mean of {target}.").format(
                price=view.money(float(enough["price"].max())), target=target
            )
        )
    return joined(map(escape, parts), " ")


def _chart(view: BookView) -> Block:
    frame, size, book = view.book.prices, view.unit.size, view.book
    known = frame[np.isfinite(frame["own_irr"])]
    title = _("Our return against the price we pay")
    if len(known) < 2:
        return Block(Html(""), title, _("Not determined: no own money is put in."))
    names = ("own_irr", "own_irr_5", "own_irr_95", "own_irr_25", "own_irr_75", "unlevered_irr")
    series = [100.0 * known[name].to_numpy() for name in names]
    x = known["price"].to_numpy() / size
    labels = {"opening": _("Open"), "target": _("Target"), "limit": _("Walk-away")}
    shown = {}
    for offer in (book.offers.opening, book.offers.limit, book.offers.target):
        price = offer.price.value
        shown[price] = fans.Vertical(
            price / size,
            100.0 * offer.returns.own_mean.value,
            f"{labels[offer.name]} {view.round_money(price)}",
            percent(offer.returns.own_mean.value),
            offer.name == "target",
        )
    target = 100.0 * book.bid.target
    level = fans.Level(target, _("Our {target}").format(target=rate_text(book.bid.target)))
    notes = [
        fans.Note(float(x[-1]), float(series[0][-1]), _("Own IRR"), "a", "edge"),
        fans.Note(float(x[-1]), float(series[5][-1]), _("Unlevered"), "m", "edge"),
        fans.Note(float(x[-1]), float(series[2][-1]), _("95% below"), "m", "edge"),
        fans.Note(float(x[-1]), float(series[1][-1]), _("5% below"), "m", "edge"),
    ]
    span = float(max(series[2].max(), target) - min(series[1].min(), 0.0))
    chart = fans.fan(
        fans.Fan(x, *series),
        _("Mean return on own money falls as the price rises"),
        tuple(shown.values()),
        (level,),
        fans.spread(notes, span),
        size=(680, 262),
    )
    return Block(
        chart,
        title,
        _(
            "IRR on own money, after debt and tax, % a year, by price in {unit}. Dark band: half "
            "of the cases. Light band: 90%. Dashed: unlevered, before tax."
        ).format(unit=view.unit.name),
    )


def _table(view: BookView) -> Html:
    frame = view.book.prices
    own = {o.price.value: o.name for o in view.book.offers}
    while len(frame) > MOST_COLUMNS:
        # The round price nearest to an offer goes first: it says least.
        free = [i for i in frame.index if frame.loc[i, "price"] not in own]
        near = min(free, key=lambda i: min(abs(frame.loc[i, "price"] - p) for p in own))
        frame = frame.drop(index=near)
    target = rate_text(view.book.bid.target)
    rows: tuple[tuple[str, str, Callable[[float], Any]], ...] = (
        ("of_gbv", _("% of gross book value"), lambda v: percent(v)),
        ("own_irr_5", _("Own IRR, 5% of cases below"), lambda v: percent(v)),
        ("own_irr", _("Own IRR, mean"), lambda v: bold(percent(v))),
        ("own_irr_95", _("Own IRR, 95% of cases below"), lambda v: percent(v)),
        ("unlevered_irr", _("Unlevered IRR, mean"), lambda v: percent(v)),
        (
            "below_target",
            _("Chance of less than {target}, %").format(target=target),
            lambda v: percent(v, 0),
        ),
        ("payback", _("Payback, months"), lambda v: number(v)),
        ("multiple", _("Multiple of own money"), lambda v: number(v, 2)),
    )
    heads = []
    for price in frame["price"]:
        text = view.money(price) if price in own else view.round_money(price)
        heads.append(bold(text) if price in own else text)
    columns = [Column(_("Price, {unit}").format(unit=view.unit.name), 158, left=True)]
    columns += [
        Column(head, 0, accent=own.get(price) == "target" or price == view.book.bid.price.value)
        for head, price in zip(heads, frame["price"], strict=True)
    ]
    made = [row(name, *(show(v) for v in frame[key])) for key, name, show in rows]
    made.append(
        row(
            _("Chance of losing money, %"),
            *(chance_of(a, b) for a, b in zip(frame["loss"], frame["loss_high"], strict=True)),
        )
    )
    return table(columns, made, "tight")


def _bids(view: BookView) -> Html:
    return _heat(view, "bid", view.book.bid.price.value, view.round_money)


def _earned(view: BookView) -> Html:
    return _heat(view, "own_irr", view.book.bid.target, percent)


def _heat(view: BookView, name: str, level: float, show: Callable[[float], str]) -> Html:
    frame = view.book.two_way
    collateral = list(dict.fromkeys(frame["collateral"]))
    delays = list(dict.fromkeys(frame["delay"]))
    # NaN where no own money is put in; the comparison below is then false.
    largest = float((frame[name] - level).abs().max())
    cells = []
    for x in collateral:
        line = []
        for d in delays:
            value = _cell(view, x, d, name)
            share = (value - level) / largest if largest > 0.0 else 0.0
            text = show(value) if math.isfinite(value) else DASH
            line.append(
                HeatCell(text, share if math.isfinite(share) else 0.0, x == 1.0 and d == 0)
            )
        cells.append(line)
    names = [
        _("as modeled") if x == 1.0 else _("{change}%").format(change=signed(100.0 * (x - 1.0)))
        for x in collateral
    ]
    return heat_table(
        _("Collateral prices"),
        _("Delay of all cash, months"),
        [str(d) for d in delays],
        names,
        cells,
    )


def _note(view: BookView) -> str:
    frame = view.book.two_way
    own = view.book.offers.target.returns.own_mean
    text = _(
        "Standard errors: own IRR {own} points; in the two grids, bids at most {bid}, own IRR at "
        "most {irr} points. Collateral prices are simulated again on fewer scenarios, paired; a "
        "delay shifts the simulated cash."
    ).format(
        own=number(100.0 * own.se, 2),
        bid=view.money(float(frame["bid_se"].max())),
        irr=number(100.0 * float(frame["own_irr_se"].max()), 1),
    )
    return f"{text} {view.foot}"
