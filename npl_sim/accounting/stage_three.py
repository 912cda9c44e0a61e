r"""Stage 3 provision (IFRS 9, section 5.5): expected credit losses of credit-impaired loans.

The loss is the gross carrying amount less the present value of the expected cash (paragraph
B5.5.33), at the original effective interest rate. It is weighted by the probabilities of the
macroeconomic scenarios (5.5.17), and of a work-out or a sale. A sale counts where it is one of the
ways in which the bank expects to recover. Costs of obtaining and selling collateral are deducted
(B5.5.55); the bank's own work-out department is not a credit loss.

.. math:: \text{provision} = \text{GBV} - \min(\max(C, 0), \text{GBV}), \quad
    C = \sum_k w_k ((1 - q) W_k + q S_k)

with :math:`W_k` the value of a work-out, :math:`S_k` the proceeds of a sale, and q the probability
of a sale. A bank may leave a loan alone that costs more than it brings: it loses the GBV at most.

References
----------
IFRS 9 Financial Instruments, 5.5.17, B5.5.28 to B5.5.35, B5.5.41 to B5.5.43, B5.5.55. Transition
Resource Group for Impairment, December 2015: cash from the sale of a defaulted loan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from npl_sim.stats.risk import Estimate
from npl_sim.stats.sample import Sample
from npl_sim.stats.weights import scenario_means


@dataclass(frozen=True)
class ExpectedCash:
    """What a bank expects under one macroeconomic scenario.

    Attributes
    ----------
    name, weight
        Scenario and its probability.
    sample
        Weighted scenarios of the simulation.
    work_out, sale
        Present value of a work-out, and proceeds of a sale, by scenario. [package currency]
    """

    name: str
    weight: float
    sample: Sample
    work_out: np.ndarray
    sale: np.ndarray


@dataclass(frozen=True)
class ProvisionRow:
    """Provision under one macroeconomic scenario, or their weighted mean. [package currency]"""

    name: str
    weight: float
    work_out: Estimate
    sale: Estimate
    expected: Estimate
    provision: float


@dataclass(frozen=True)
class StageThree:
    """Stage 3 provision of a package.

    Attributes
    ----------
    rows
        By scenario; the last row is their weighted mean. [package currency]
    recoverable
        Expected cash, weighted. [package currency]
    provision
        Provision, from 0 to the GBV. [package currency]
    top_up
        Provision less those of the books; negative where the books hold more. [package currency]
    """

    rows: tuple[ProvisionRow, ...]
    recoverable: Estimate
    provision: float
    top_up: float


def stage_three(
    gbv: float, expected: Sequence[ExpectedCash], sale_probability: float, provisions: float
) -> StageThree:
    """Return the stage 3 provision.

    Parameters
    ----------
    gbv
        Gross carrying amount. [package currency]
    expected
        What the bank expects, by scenario, on the same random numbers; weights sum to 1.
    sale_probability
        Probability of a sale.
    provisions
        Provisions of the books. [package currency]
    """
    q, rows = sale_probability, []
    for e in expected:
        both = (1.0 - q) * scenario_means(e.work_out) + q * scenario_means(e.sale)
        found = e.sample.mean(both)
        rows.append(
            ProvisionRow(
                e.name,
                e.weight,
                e.sample.mean(e.work_out),
                e.sample.mean(e.sale),
                found,
                _provision(gbv, found.value),
            )
        )
    means = [_weighted(expected, name, q) for name in ("work_out", "sale", "both")]
    provision = _provision(gbv, means[2].value)
    weight = sum(e.weight for e in expected)
    rows.append(ProvisionRow("weighted", weight, means[0], means[1], means[2], provision))
    return StageThree(tuple(rows), means[2], provision, provision - provisions)


def _provision(gbv: float, cash: float) -> float:
    """Return what the expected cash lacks of the GBV, from 0 to the GBV."""
    return gbv - min(max(cash, 0.0), gbv)


def _weighted(expected: Sequence[ExpectedCash], name: str, q: float) -> Estimate:
    """Return the weighted mean over macroeconomic scenarios, paired by simulated scenario."""

    def values(e: ExpectedCash) -> np.ndarray:
        if name == "both":
            return (1.0 - q) * scenario_means(e.work_out) + q * scenario_means(e.sale)
        return scenario_means(getattr(e, name))

    first = expected[0].sample
    if all(np.array_equal(e.sample.weights, first.weights) for e in expected):
        total = np.zeros(first.scenarios)
        for e in expected:
            total += e.weight * values(e)
        return first.mean(total)
    means = [e.sample.mean(values(e)) for e in expected]
    value = sum(e.weight * m.value for e, m in zip(expected, means, strict=True))
    # Correlated at most perfectly: the sum of the errors bounds the error of the sum.
    error = sum(e.weight * m.se for e, m in zip(expected, means, strict=True))
    reach = means[0].high - means[0].value
    reach = error * (reach / means[0].se) if means[0].se > 0.0 else 0.0
    return Estimate(value, error, value - reach, value + reach, means[0].confidence)
