"""Risk of a package that stays with the bank. docs/channel.md section 7."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from npl_sim.channels.outcomes import Outcomes
from npl_sim.channels.run import ChannelRun, run_channel, run_lossless
from npl_sim.channels.statistics import Weighted, tail_weights, weighted_sum
from npl_sim.channels.terms.contract import ChannelContract
from npl_sim.channels.terms.vehicles import BANK
from npl_sim.stats.jackknife import jackknife
from npl_sim.stats.risk import Estimate

VARIABILITY = ("standard deviation", "mean absolute deviation", "sum of p (x - mean)+", "range")
MEASURES = (
    "expected loss",
    *VARIABILITY,
    "expected shortfall below mean",
    "worst quantile below mean",
    "shortfall in the package's worst",
)
"""Measures before and after the sale, in the order of tables."""


@dataclass(frozen=True)
class Retained:
    """Risk of the bank before and after the sale."""

    run: ChannelRun
    """Cash of all parties."""
    before: np.ndarray
    """Present value of the kept package, shape (scenarios,). [package currency]"""
    after: np.ndarray
    """Present value for the bank under the contract, shape (scenarios,). [package currency]"""
    reference: tuple[float, float]
    """Present values without loss, before and after the sale. [package currency]"""
    measures: dict[str, tuple[Estimate, Estimate, Estimate]]
    """By measure: before, after [package currency], and retained share [share of 1]."""

    def share(self, measure: str) -> Estimate:
        """Return the share of a measure that stays with the bank."""
        return self.measures[measure][2]


def retained_risk(contract: ChannelContract, outcomes: Outcomes) -> Retained:
    """Simulate a contract and measure the risk that stays with the bank.

    Parameters
    ----------
    contract
        The contract without its side letter (see `ChannelContract.with_side_letter`).
    outcomes
        Cash of the package.
    """
    run = run_channel(contract, outcomes)
    amount = outcomes.face if contract.loss_reference == "face" else run.price
    lossless = run_lossless(contract, outcomes, run.price, amount)
    before, after = outcomes.present_value(run.keep), outcomes.present_value(run.cash[BANK])
    reference = (
        float(outcomes.present_value(lossless.keep)[0]),
        float(outcomes.present_value(lossless.cash[BANK])[0]),
    )
    return Retained(
        run, before, after, reference, _measures(contract, before, after, reference, outcomes)
    )


def _measures(
    contract: ChannelContract,
    before: np.ndarray,
    after: np.ndarray,
    reference: tuple[float, float],
    outcomes: Outcomes,
) -> dict[str, tuple[Estimate, Estimate, Estimate]]:
    level, confidence = contract.tail_level, contract.confidence

    def statistics(rows: np.ndarray) -> dict[str, float]:
        probability = outcomes.among(rows)
        kept = Weighted(before[rows], probability, not outcomes.exact)
        sold = Weighted(after[rows], probability, not outcomes.exact)
        worst = tail_weights(kept.values, probability, level)
        losing = probability * (kept.values < reference[0])
        result = {}
        for side, x, top in (("before", kept, reference[0]), ("after", sold, reference[1])):
            values = (
                float(weighted_sum(losing, top - x.values)),
                x.sd,
                x.mad,
                x.above_mean,
                x.range,
                x.mean - x.shortfall(level),
                x.mean - x.quantile(level),
                x.mean - float(weighted_sum(worst, x.values)),
            )
            # Values within the rounding of the amounts count as 0.
            noise = 1e-12 * max(float(np.abs(x.values).max()), abs(top))
            for name, value in zip(MEASURES, values, strict=True):
                result[f"{side} {name}"] = 0.0 if abs(value) <= noise else value
        for name in MEASURES:
            whole = result[f"before {name}"]
            result[f"share {name}"] = result[f"after {name}"] / whole if whole > 0.0 else math.nan
        return result

    found = jackknife(statistics, outcomes.scenarios, confidence, exact=outcomes.exact)
    sides = ("before", "after", "share")
    if not outcomes.exact:  # the extremes of a sample have no sampling error
        for key in (f"{side} range" for side in sides):
            found[key] = Estimate(found[key].value, math.nan, -math.inf, math.inf, confidence)
    return {
        name: (found[f"before {name}"], found[f"after {name}"], found[f"share {name}"])
        for name in MEASURES
    }
