"""Share of the value that rests on figures without a published source.

Figures are grouped by the input that moves them. The effect of a group is half the distance
between the prices at its two settings, one group at a time, on common random numbers. A group
counts as unsourced by the share of its figures without a published source.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.analysis.changes import CHANGES, Change, changed_study, price_of
from npl_sim.analysis.moved_bid import bid_on, own_rates
from npl_sim.analysis.sensitivity import resized
from npl_sim.engine.simulate import simulate
from npl_sim.stats.risk import Estimate, symmetric, undefined
from npl_sim.study.figure_sources import Figure, SourcedFigure, sourced_figures, with_figures
from npl_sim.valuation.buyer import BuyerCase
from npl_sim.valuation.paired_difference import shared_values

if TYPE_CHECKING:
    from npl_sim.cashflows.protocol import Cash
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

MOST_SCENARIOS = 300
"""Most scenarios of the changes that no sensitivity of a bid book covers."""

LOW, HIGH = 0.8, 1.2
"""Settings of a group of figures, multiples; shares stay at or below 1."""


@dataclass(frozen=True)
class FigureGroup:
    """Figures that one input moves."""

    name: str
    """Name of the input; that of a sensitivity (`changes.CHANGES`) where `scaled` is empty."""
    keys: tuple[str, ...]
    """Patterns of the keys of its figures."""
    scaled: tuple[str, ...] = ()
    """Patterns of the figures that are multiplied by `LOW` and `HIGH`."""


GROUPS = (
    FigureGroup("insolvency", ("policies.*.insolvency.*",), ("policies.*.insolvency.hazard",)),
    FigureGroup("redefaults", ("policies.*.redefault_hazard",), ("policies.*.redefault_hazard",)),
    FigureGroup(
        "discounts of settlements",
        (
            "policies.*.settlement_discount.*",
            "policies.*.haircut",
            "policies.*.mediation_discount",
        ),
        ("policies.*.settlement_discount.shares.*", "policies.*.haircut"),
    ),
    FigureGroup(
        "prices of a final sale",
        ("policies.*.sale.*",),
        ("policies.*.sale.unsecured_price", "policies.*.sale.secured_price"),
    ),
    FigureGroup(
        "costs of work-out",
        ("policies.*.cost_per_contact", "policies.*.commission", "policies.*.lawyer_*")
        + ("policies.*.preservation.premium", "policies.*.preservation.security")
        + ("collateral.*.cost", "collateral.*.tax", "collateral.*.holding_cost"),
    ),
    FigureGroup(
        "duration of legal steps",
        ("market.congestion.*", "*_duration.*", "policies.*.duration.*", "*_delay.*")
        + ("policies.*.preservation.delay", "policies.*.litigation.after_months")
        + ("policies.*.application_delay", "policies.*.performance_window")
        + ("collateral.*.rounds.*.months", "collateral.*.rounds.*.window"),
    ),
    FigureGroup("reserve prices of auctions", ("collateral.*.reserve",)),
    FigureGroup(
        "forced-sale discount",
        ("collateral.*.forced_sale_discount", "collateral.*.bid_*", "collateral.*.bidders")
        + ("collateral.*.no_bidder_probability", "collateral.*.withdrawal_probability"),
    ),
    FigureGroup(
        "acceptance against debt",
        ("collateral.*.acceptance_against_debt_probability", "collateral.*.resale_discount"),
        ("collateral.*.acceptance_against_debt_probability",),
    ),
    FigureGroup(
        "collateral prices",
        ("market.indices.*", "collateral.*"),
    ),
    FigureGroup(
        "outcome of suits",
        ("policies.*.litigation.*",),
        ("policies.*.litigation.*.win_probability",),
    ),
    FigureGroup(
        "guarantors",
        ("policies.*.guarantor_*",),
        ("policies.*.guarantor_payment_probability",),
    ),
    FigureGroup(
        "voluntary performance",
        ("policies.*.performance_probability",),
        ("policies.*.performance_probability",),
    ),
    FigureGroup(
        "other assets and garnishment",
        ("policies.*.enforcement.*",),
        ("policies.*.ownership_probability", "policies.*.garnishment_probability"),
    ),
    FigureGroup(
        "borrowers' cooperation",
        ("market.cooperation.*", "policies.*.collection.*", "policies.*.cure.*")
        + ("policies.*.restructuring.*",),
    ),
)
"""Groups of figures; a figure belongs to the first group that matches its key."""


@dataclass(frozen=True)
class UnsourcedShare:
    """Share of the value that rests on figures without a published source."""

    share: Estimate
    """Effects of unsourced figures over those of all; NaN where no effect is known.
    [share of effects]"""
    effects: pd.DataFrame
    """Rows by group, largest effect first: input, effect and its se [package currency], number of
    figures, and of those without a published source. `bid_change` is the bid at the worse setting
    less the bid of the same scenarios. [package currency] `own_irr_change` is the change of the
    mean rate of return on own money at that bid. [per year] Both are NaN where the effect was
    known already."""


def group_of(figure: Figure) -> FigureGroup | None:
    """Return the group of a figure; None where no input moves it."""
    return next((g for g in GROUPS if any(figure.matches(key) for key in g.keys)), None)


def effects_of_tornado(tornado: pd.DataFrame, price: float) -> dict[str, tuple[float, float]]:
    """Return effects by input, each with its standard error, from sensitivities.

    Parameters
    ----------
    tornado
        Sensitivities of a bid book (`sensitivity.tornado`).
    price
        The price that they are relative to. [package currency]
    """
    steps = {change.name: change.steps for change in CHANGES}
    first = tornado.drop_duplicates("lever").set_index("lever")
    return {
        str(name): tuple(  # type: ignore[misc]
            abs(float(row[column]) * price * steps[str(name)]) / 2.0
            for column in ("sensitivity", "sensitivity_se")
        )
        for name, row in first.iterrows()
        if name in steps
    }


def unsourced_share(
    study: Study,
    table: LoanTable,
    known: Mapping[str, Sequence[float]] | None = None,
    confidence: float = 0.95,
) -> UnsourcedShare:
    """Return the share of the value that rests on figures without a published source.

    Parameters
    ----------
    study, table
        What is priced. Inputs are changed on at most `MOST_SCENARIOS` scenarios.
    known
        Effects that are known already, by input, such as those of a bid book.
    confidence
        Confidence of the interval. [probability]
    """
    sourced = sourced_figures(study)
    small = resized(study, min(study.simulation.scenarios, MOST_SCENARIOS))
    base: Cash | None = None
    rows = []
    for group in GROUPS:
        own = [f for f in sourced if group_of(f.figure) is group]
        if not own or (not len(table.collateral) and own[0].figure.path[0] == "collateral"):
            continue
        effect: Sequence[float] | None = (known or {}).get(group.name)
        change = [math.nan, math.nan]
        if effect is None:
            base = simulate(small, table) if base is None else base
            *effect, bid, rate = _effect(small, table, base, group, own)
            change = [bid, rate]
        without = sum(not f.is_published for f in own)
        rows.append((group.name, *effect, len(own), without, *change))
    columns = ["input", "effect", "se", "figures", "unsourced", "bid_change", "own_irr_change"]
    frame = pd.DataFrame(rows, columns=columns)
    frame = frame.sort_values(["effect", "input"], ascending=[False, True], kind="stable")
    return UnsourcedShare(share_of(frame, confidence), frame.reset_index(drop=True))


def share_of(effects: pd.DataFrame, confidence: float) -> Estimate:
    r"""Return the share of effects that rests on unsourced figures.

    Parameters
    ----------
    effects
        Effects by group, as in `UnsourcedShare.effects`.
    confidence
        Confidence of the interval. [probability]

    Notes
    -----
    The share is :math:`s = \sum_i w_i e_i / \sum_i e_i`. Here :math:`e_i` is the effect of group
    i, and :math:`w_i` is the share of its figures without a source. Errors of the effects are
    independent, so its variance is :math:`\sum_i (w_i - s)^2 \mathrm{se}_i^2 / (\sum_i e_i)^2`.
    """
    total = math.fsum(effects["effect"])
    if not total > 0.0:
        return undefined(confidence)
    weight = (effects["unsourced"] / effects["figures"]).to_numpy(dtype=np.float64)
    share = math.fsum(weight * effects["effect"]) / total
    error = math.sqrt(math.fsum(((weight - share) * effects["se"]) ** 2)) / total
    return symmetric(share, error, MOST_SCENARIOS - 1.0, confidence)


def _effect(
    study: Study,
    table: LoanTable,
    base: Cash,
    group: FigureGroup,
    own: Sequence[SourcedFigure],
) -> tuple[float, float, float, float]:
    """Return half the distance between the prices at two settings, its error, and two changes.

    The changes are those of the bid and of the own rate of return at the worse setting.
    """
    (below, low), (above, high) = _ends(study, table, base, group, own)
    moved = above.sample.difference(high, below.sample, low)
    bid = rate = math.nan
    if group.scaled:
        worse = above if moved.value < 0.0 else below
        price = bid_on(study, base)
        bid = bid_on(study, worse) - price
        pair = [
            own_rates(BuyerCase(flows, study.buyer, study.pricing), price)
            for flows in (worse, base)
        ]
        if pair[0] is not None and pair[1] is not None:
            rate = worse.sample.difference(pair[0], base.sample, pair[1]).value
    return abs(moved.value) / 2.0, moved.se / 2.0, bid, rate


def _ends(
    study: Study,
    table: LoanTable,
    base: Cash,
    group: FigureGroup,
    own: Sequence[SourcedFigure],
) -> Iterator[tuple[Cash, np.ndarray]]:
    """Yield the cash and the prices at the lower and the higher setting of a group."""
    if group.scaled:
        for x in (LOW, HIGH):
            flows = simulate(_scaled(study, group, own, x), table)
            yield flows, shared_values(flows)
        return
    change: Change = next(c for c in CHANGES if c.name == group.name)
    for x in (change.low, change.high):
        if change.kind == "cash":
            yield base, price_of(base, change, x)
        else:
            flows = simulate(changed_study(study, change, x), table)
            yield flows, shared_values(flows)


def _scaled(study: Study, group: FigureGroup, own: Sequence[SourcedFigure], x: float) -> Study:
    """Return a study with the figures of a group multiplied; shares stay at or below 1."""
    chosen = (f.figure for f in own if any(f.figure.matches(key) for key in group.scaled))
    return with_figures(
        study,
        {f.path: min(f.value * x, 1.0) if f.value <= 1.0 else f.value * x for f in chosen},
    )
