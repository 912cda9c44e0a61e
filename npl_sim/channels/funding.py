"""Cost of undertakings, and implied funding rate of the sale. docs/channel.md section 7."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from npl_sim.channels.run import ChannelRun
from npl_sim.channels.statistics import weighted_sum
from npl_sim.channels.terms.vehicles import BANK
from npl_sim.stats.irr import IrrSolver, IrrStatus
from npl_sim.stats.jackknife import jackknife
from npl_sim.stats.risk import Estimate


def worth_of_undertakings(run: ChannelRun) -> pd.DataFrame:
    """Return the expected present value of each undertaking's cost to the bank.

    It is an expectation over the scenarios at the contract's discount rate, not a market price.
    If the scenarios are drawn with the drift of that rate, it is the price of the option.

    Returns
    -------
    pandas.DataFrame
        Rows by undertaking and, if there are several, their sum. Columns: cost, probability that
        the bank pays, probability that the package comes back, each with its standard error, and
        share of the sale price.
    """
    outcomes = run.outcomes
    names = list(run.promised)
    value = {name: -outcomes.present_value(cash) for name, cash in run.promised.items()}
    pays: dict[str, np.ndarray] = {
        name: (run.paid.get(name, np.zeros_like(run.keep)) > 0.0).max(axis=1) for name in names
    }
    back: dict[str, np.ndarray] = {name: run.exercised[name] >= 0 for name in names}
    if len(names) > 1:
        value["all"] = sum(value.values(), np.zeros(outcomes.scenarios))
        pays["all"] = np.stack([pays[n] for n in names]).max(axis=0)
        back["all"] = np.stack([back[n] for n in names]).max(axis=0)
    rows = []
    for name in value:

        def statistics(chosen: np.ndarray, name: str = name) -> dict[str, float]:
            p = outcomes.among(chosen)
            return {
                "cost": float(weighted_sum(p, value[name][chosen])),
                "p_pays": float(weighted_sum(p, pays[name][chosen])),
                "p_package_back": float(weighted_sum(p, back[name][chosen])),
            }

        found = jackknife(
            statistics, outcomes.scenarios, run.contract.confidence, exact=outcomes.exact
        )
        row: dict[str, object] = {"undertaking": name}
        for key, estimate in found.items():
            row[key], row[f"{key}_se"] = estimate.value, _error(key, estimate, outcomes.exact)
        row["of_price"] = found["cost"].value / run.price if run.price > 0.0 else math.nan
        rows.append(row)
    keys = ("cost", "p_pays", "p_package_back")
    errors = [column for key in keys for column in (key, f"{key}_se")]
    return pd.DataFrame(rows, columns=["undertaking", *errors, "of_price"])


def _error(key: str, found: Estimate, exact: bool) -> float:
    """Return a standard error; NaN if no scenario of a sample, or every one, shows the event."""
    unseen = (0.0, 1.0) if key.startswith("p_") else (0.0,)
    return math.nan if not exact and found.se == 0.0 and found.value in unseen else found.se


@dataclass(frozen=True)
class Funding:
    """Implied funding rate of the sale, seen as a loan."""

    raised: float
    """Mean cash at closing beyond that of the kept package. [package currency]"""
    expected: Estimate
    """Rate of return of the expected cash; NaN if it has none. [per year]"""
    quantiles: dict[float, float]
    """Quantiles of the rate by scenario; no rate counts as the lowest or highest. [per year]"""
    no_rate: float
    """Share of scenarios without a rate of return. [share of 1]"""


def implied_funding(run: ChannelRun) -> Funding | None:
    """Return the implied funding rate; None if the sale raises no cash at closing."""
    outcomes = run.outcomes
    difference = run.cash[BANK] - run.keep
    raised = float(weighted_sum(outcomes.probability, difference[:, 0]))
    if not raised > 1e-9 * max(run.price, 1.0) or outcomes.months == 0:
        return None
    scale = raised

    def statistics(chosen: np.ndarray) -> dict[str, float]:
        p = outcomes.among(chosen)
        mean = weighted_sum(p, difference[chosen]) / scale
        return {"rate": _rate(mean, outcomes.cash_timing)}

    expected = jackknife(
        statistics, outcomes.scenarios, run.contract.confidence, exact=outcomes.exact
    )["rate"]
    # The loan of each scenario is the mean closing cash; a difference is repaid at once.
    net = -difference / scale
    net[:, 0] += 1.0
    found = IrrSolver(net, outcomes.cash_timing).solve(1.0)
    rates, p = found.censored(), outcomes.probability
    order = np.argsort(rates, kind="stable")
    weight = np.cumsum(p[order])
    quantiles = {
        q: float(rates[order][min(int(np.searchsorted(weight, q - 1e-12)), len(order) - 1)])
        for q in (0.05, 0.5, 0.95)
    }
    return Funding(
        raised, expected, quantiles, float(weighted_sum(p, found.status != IrrStatus.SOLVED))
    )


def _rate(mean: np.ndarray, cash_timing: str) -> float:
    net = -mean[None, :].copy()
    net[0, 0] = 0.0
    found = IrrSolver(net, cash_timing).solve(float(mean[0]))
    return float(found.rate[0]) if found.status[0] == IrrStatus.SOLVED else math.nan
