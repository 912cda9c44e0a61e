"""The bid and the return at our bid when collateral prices, delay or several inputs move at once.

Each case is simulated on at most `MOST_SCENARIOS` scenarios, which it shares with a run of the
study as it stands. Changes between the two are added to the figures of the whole run, so the case
without a change shows the bid of the book. A delay alone is no simulation: it shifts the cash of
the sensitivities, and so agrees with them.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.analysis.changes import CHANGES, changed_study
from npl_sim.analysis.moved_bid import own_rates
from npl_sim.analysis.sensitivity import resized
from npl_sim.cashflows.protocol import Cash
from npl_sim.engine.simulate import simulate
from npl_sim.valuation.bid import Solved, discounted, solve_bid
from npl_sim.valuation.break_even import ROUNDING
from npl_sim.valuation.buyer import BuyerCase
from npl_sim.valuation.offers import Returns, payback_month

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

MOST_SCENARIOS = 400
"""Most scenarios of a case: paired differences need fewer than the price."""

COLLATERAL = (1.1, 1.0, 0.9, 0.8, 0.7)
"""Collateral prices of the grid, multiples."""

DELAYS = (0, 3, 6, 12, 18)
"""Delays of all cash in the grid. [months]"""

BATCHES = 10
"""Batches of scenarios that give the error of a change of the bid."""


@dataclass(frozen=True)
class Downside:
    """Several inputs that move at once."""

    name: str
    """Its id; reports translate it."""
    settings: tuple[tuple[str, float], ...]
    """Inputs (`changes.CHANGES`, factors and auctions) with their settings."""
    delay: int = 0
    """Delay of all cash. [months]"""


DOWNSIDES = (
    Downside("property_slump", (("collateral prices", 0.8), ("forced-sale discount", 0.07))),
    Downside("slow_courts", (("duration of legal steps", 1.25),), delay=6),
    Downside(
        "both_and_debtors",
        (
            ("collateral prices", 0.8),
            ("forced-sale discount", 0.07),
            ("duration of legal steps", 1.25),
            ("borrowers' cooperation", 0.8),
        ),
        delay=6,
    ),
)
"""Downside cases: property, time, and both with debtors who cooperate less."""


@dataclass(frozen=True)
class _Figures:
    """Figures of one case on its own scenarios."""

    bid: float
    break_even: np.ndarray
    rates: np.ndarray | None
    payback: float
    lost: np.ndarray


@dataclass(frozen=True)
class Ground:
    """The study as it stands on few scenarios, and the figures of the whole run at our bid."""

    study: Study
    base: Cash
    whole: Returns
    figures: _Figures

    def row(self, flows: Cash, delay: int) -> dict[str, float]:
        """Return the figures of a case: those of the whole run plus the paired change.

        Returns
        -------
        dict
            - bid and its error bid_se [package currency]; payback [months]
            - own_irr, its error own_irr_se, its quantiles own_irr_5 and own_irr_95 [per year]
            - loss, and loss_high: the upper end of its interval on the case [probability]
        """
        found = self.figures
        if flows is not self.base or delay:
            found = _figures(self.study, flows, delay, self.whole.price)
        own, sample = self.figures, flows.sample
        irr = irr_se = low = high = math.nan
        if found.rates is not None and own.rates is not None:
            change = sample.difference(found.rates, self.base.sample, own.rates)
            irr, irr_se = self.whole.own_mean.value + change.value, change.se
            low, high = (
                self.whole.own_quantile(level)
                + sample.quantile(found.rates, level).value
                - self.base.sample.quantile(own.rates, level).value
                for level in (0.05, 0.95)
            )
        chance = sample.probability(found.lost)
        lost = chance.value - self.base.sample.probability(own.lost).value
        same = np.array_equal(found.lost, own.lost)
        return {
            "bid": self.whole.price + found.bid - own.bid,
            "bid_se": _error(self.study, flows, found.break_even, own.break_even),
            "own_irr": irr,
            "own_irr_se": irr_se,
            "own_irr_5": low,
            "own_irr_95": high,
            "payback": self.whole.payback + found.payback - own.payback,
            "loss": min(max(self.whole.loss.value + lost, 0.0), 1.0),
            "loss_high": self.whole.loss.high if same else chance.high,
        }


def ground_on(study: Study, flows: Cash, whole: Returns, solved: Solved | None = None) -> Ground:
    """Return the study as it stands on some cash, from which cases are measured.

    Parameters
    ----------
    study, flows
        What is priced, and its cash.
    whole
        What our bid earns and risks on the scenarios of the price.
    solved
        Bid before any information discount and break-even prices on this cash, if known.
    """
    return Ground(study, flows, whole, _figures(study, flows, 0, whole.price, solved))


def ground(study: Study, table: LoanTable, whole: Returns) -> Ground:
    """Return the study on few scenarios, from which cases with a simulation are measured.

    Parameters
    ----------
    study, table
        What is priced.
    whole
        As for `ground_on`.
    """
    small = resized(study, min(MOST_SCENARIOS, study.simulation.scenarios))
    return ground_on(small, simulate(small, table), whole)


def collateral_and_delay(own: Ground, few: Ground, table: LoanTable) -> pd.DataFrame:
    """Return bid and return at our bid by collateral prices and delay.

    Parameters
    ----------
    own, few
        The study as it stands on the scenarios of the sensitivities, for a delay alone, and on few
        scenarios, for other collateral prices.
    table
        The loans. Without collateral there is one setting of its prices.

    Returns
    -------
    pandas.DataFrame
        Rows by collateral (multiple) and delay (months); figures as of `Ground.row`.
    """
    change = next(c for c in CHANGES if c.name == "collateral prices")
    rows = []
    for x in COLLATERAL if len(table.collateral) else (1.0,):
        side = own if x == 1.0 else few
        flows = own.base if x == 1.0 else simulate(changed_study(few.study, change, x), table)
        rows += [{"collateral": x, "delay": d, **side.row(flows, d)} for d in DELAYS]
    return pd.DataFrame(rows)


def downside_cases(own: Ground, table: LoanTable) -> pd.DataFrame:
    """Return the downside cases (`DOWNSIDES`), the study as it stands first.

    Parameters
    ----------
    own
        The study as it stands on few scenarios.
    table
        The loans.

    Returns
    -------
    pandas.DataFrame
        Rows by case; figures as of `Ground.row`.
    """
    known = {change.name: change for change in CHANGES}
    rows = [{"case": "as_modeled", **own.row(own.base, 0)}]
    for case in DOWNSIDES:
        moved = functools.reduce(
            lambda study, setting: changed_study(study, known[setting[0]], setting[1]),
            case.settings,
            own.study,
        )
        rows.append({"case": case.name, **own.row(simulate(moved, table), case.delay)})
    return pd.DataFrame(rows)


def _figures(
    study: Study, flows: Cash, delay: int, price: float, solved: Solved | None = None
) -> _Figures:
    later = study.buyer.onboarding_months + delay
    buyer = study.buyer.model_copy(update={"onboarding_months": later})
    case = BuyerCase(flows, buyer, study.pricing)
    before, prices = solve_bid(case) if solved is None else solved
    own = case.own(price)
    return _Figures(
        bid=discounted(buyer, before).value,
        break_even=case.by_scenario(prices),
        rates=own_rates(case, price),
        payback=payback_month(case.mean(own)),
        lost=case.by_scenario(own.sum(axis=0) < -ROUNDING * max(abs(price), 1.0)),
    )


def _error(study: Study, flows: Cash, moved: np.ndarray, own: np.ndarray) -> float:
    """Return the standard error of the change of the bid, from batches of scenarios.

    In each batch the bid is the statistic of its break-even prices that the measure asks for.
    """
    parts = min(BATCHES, len(own) // 10)
    if parts < 2:
        return math.nan
    if np.array_equal(moved, own):
        return 0.0
    buyer = study.buyer
    level = float(buyer.level or 0.0)

    def statistic(prices: np.ndarray) -> float:
        ordered = np.sort(prices.ravel())
        if buyer.measure in ("probability", "quantile"):
            at = 1.0 - level if buyer.measure == "probability" else level
            return float(np.quantile(ordered, at, method="inverted_cdf"))
        kept = ordered if buyer.measure == "expectation" else ordered[: _tail(ordered, level)]
        return float(kept.mean())

    changes = [
        statistic(a) - statistic(b)
        for a, b in zip(np.array_split(moved, parts), np.array_split(own, parts), strict=True)
    ]
    return float(np.std(changes, ddof=1) / math.sqrt(parts))


def _tail(ordered: np.ndarray, level: float) -> int:
    return max(int(level * len(ordered)), 1)
