"""Reported standard errors agree with the spread of the numbers over seeds, or are exact.

Over `SEEDS` runs the mean squared reported error agrees with the variance of the numbers, up to
the chi-square spread of the variance. The bounds fail by chance with odds of 1e-6 for each number
and side. The spread of the reported errors adds little: it averages out over the seeds.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from npl_sim.cashflows.package_cash import PackageCash
from npl_sim.core.layout import KIND_IS_INFLOW, Kind
from npl_sim.reports.formats import Unit
from npl_sim.reports.price import text_tables
from npl_sim.reports.price.tables import summary
from npl_sim.valuation.price import price
from npl_sim.valuation.recovery import curve_frame, month_statistics
from npl_sim.valuation.spec import Pricing
from tests.builders.cash import package

SEEDS, SCENARIOS, MONTHS = 200, 120, 6
GBV = (400.0, 600.0)
PRICING = Pricing(required_return=0.1, quantiles=(0.25, 0.5))
ODDS = 1e-6


def run(seed: int, scenarios: int = SCENARIOS) -> PackageCash:
    """Return two segments that share a market factor, which is known, and have noise of their
    own.
    """
    rng = np.random.default_rng(seed)
    factor = rng.standard_normal(scenarios)
    cash = np.zeros((scenarios, MONTHS + 1, len(Kind), 2))
    for group, (weight, noise) in enumerate(((3.0, 5.0), (8.0, 2.0))):
        own = 40.0 + weight * factor + noise * rng.standard_normal(scenarios)
        cash[:, 2, Kind.SETTLEMENT, group] = 0.4 * own
        cash[:, 5, Kind.PERFORMANCE, group] = 0.6 * own + rng.standard_normal(scenarios)
        cash[:, 3, Kind.COURT_FEE, group] = -3.0 - 0.2 * rng.standard_normal(scenarios)
    return weighted(cash, factor[:, None])


def weighted(cash: np.ndarray, factors: np.ndarray) -> PackageCash:
    """Return flows whose tables hold the weighted means, as the engine gives them."""
    import dataclasses

    plain = package(cash, groups=("a", "b"), group_gbv=GBV)
    flows = dataclasses.replace(
        plain,
        factor_averages=factors,
        factor_names=("f",) * factors.shape[1],
        control_variates=factors,
        control_blocks=(factors.shape[1],),
    )
    weights = flows.sample.weights
    loans = flows.loans.copy()
    discount = 1.1 ** (-np.arange(cash.shape[1]) / 12.0)
    for g in range(cash.shape[3]):
        mean = np.einsum("s,smk->mk", weights, cash[:, :, :, g])
        loans.loc[g, "pv_mean"] = float(discount @ mean.sum(axis=1))
        loans.loc[g, "received_mean"] = float(mean[:, KIND_IS_INFLOW].sum())
        loans.loc[g, "costs_mean"] = float(mean[:, ~KIND_IS_INFLOW].sum())
    mean = np.einsum("s,smkg->mkg", weights, cash)
    return dataclasses.replace(flows, mean_by_kind=mean, loans=loans)


@pytest.fixture(scope="module")
def results():
    return [price(run(seed), PRICING) for seed in range(SEEDS)]


def agree(values, errors) -> None:
    """Assert that the reported errors are the spread of the values."""
    ratio = np.var(values, ddof=1) / np.mean(np.square(errors))
    low, high = stats.chi2.ppf([ODDS, 1.0 - ODDS], SEEDS - 1) / (SEEDS - 1)
    assert low < ratio < high, ratio


def test_the_error_of_the_total_is_the_totals_own(results):
    """The plain error of this package is three times as large, that of a part times 7 far off as
    well.
    """
    agree([r.mean.value for r in results], [r.mean.se for r in results])
    plain = np.mean([r.pv.std(ddof=1) / math.sqrt(SCENARIOS) for r in results])
    assert plain > 1.5 * np.mean([r.mean.se for r in results])
    for result in results[:3]:
        rows = text_tables._part_rows(result, "group", Unit(1.0, ""))
        assert rows[-1][0] == "total"
        assert float(rows[-1][3]) == pytest.approx(result.mean.se, abs=6e-4)
        kinds = text_tables._kind_rows(result, Unit(1.0, ""))
        assert float(kinds[-1][3]) == pytest.approx(result.mean.se, abs=6e-4)


@pytest.mark.parametrize("name", ["a", "b"])
def test_the_error_of_a_segment_is_its_own(results, name):
    rows = [r.breakdowns["group"].set_index("group").loc[name] for r in results]
    agree([row["pv"] for row in rows], [row["pv_se"] for row in rows])


@pytest.mark.parametrize("name", ["settlement", "performance", "court_fee"])
def test_the_error_of_a_kind_of_cash_is_its_own(results, name):
    rows = [r.breakdowns["kind"].set_index("kind").loc[name] for r in results]
    agree([row["pv"] for row in rows], [row["pv_se"] for row in rows])


@pytest.mark.parametrize(
    ("measure", "month"), [("gross", 2), ("gross", 6), ("net", 3), ("net", 6)]
)
def test_the_error_of_the_recovery_curve_is_in_shares_of_gbv(results, measure, month):
    rows = [r.recovery.set_index(["measure", "month"]).loc[(measure, month)] for r in results]
    agree([row["mean"] for row in rows], [row["mean_se"] for row in rows])
    # Shares of a GBV of 1,000 and not amounts.
    assert all(0.0 < row["mean_se"] < 0.01 for row in rows)


def test_the_error_of_the_recovery_curve_by_hand():
    """Receipts 10, 30, 20, 40 of 200: mean 25 of 200, sd 12.91, error 12.91 / sqrt(4) / 200."""
    from npl_sim.stats.sample import Sample

    received = np.zeros((4, 2))
    received[:, 1] = [10.0, 30.0, 20.0, 40.0]
    last = curve_frame(
        "gross",
        month_statistics(Sample.plain(4), np.cumsum(received, axis=1), (0.5,)),
        200.0,
        (0.5,),
    ).iloc[-1]
    assert last["mean"] == pytest.approx(0.125)
    assert last["mean_se"] == pytest.approx(math.sqrt(500.0 / 3.0) / 2.0 / 200.0)


@pytest.mark.parametrize("name", ["life", "irr", "bid"])
def test_errors_of_other_figures(results, name):
    found = {
        "life": lambda r: r.life.expected,
        "irr": lambda r: r.tests[0].irr.mean,
        "bid": lambda r: r.value_at_target,
    }[name]
    if name == "irr":
        # At one price for all seeds: the default tests each run's own bid.
        fixed = PRICING.model_copy(update={"prices": (70.0,)})
        estimates = [price(r.flows, fixed).tests[0].irr.mean for r in results]
    else:
        estimates = [found(r) for r in results]
    agree([e.value for e in estimates], [e.se for e in estimates])


def test_what_cannot_be_estimated_is_not_0():
    """One scenario, two scenarios, events that never or always happen, kinds that were never
    seen.
    """
    one, two = price(run(1, 1), PRICING), price(run(1, 2), PRICING)
    assert math.isnan(one.mean.se) and one.breakdowns["group"]["pv_se"].isna().all()
    assert math.isnan(one.sd.se) and math.isnan(one.expected_shortfall.se)
    assert one.recovery["mean_se"].isna().all()
    assert math.isnan(two.expected_shortfall.se) and all(
        math.isnan(q.se) for q in two.quantiles.values()
    )
    assert math.isnan(two.sd.se) and two.mean.se > 0.0
    block = summary(two)["price"]
    assert block["expected_shortfall"]["se"] is None and block["expected_shortfall"]["low"] is None
    sure = price(run(1), PRICING.model_copy(update={"prices": (1.0, 1e6)}))
    never, always = sure.tests
    assert (never.cash_loss.value, always.cash_loss.value) == (0.0, 1.0)
    assert math.isnan(never.cash_loss.se) and math.isnan(always.cash_loss.se)
    assert never.cash_loss.high == pytest.approx(1.0 - 0.025 ** (1 / SCENARIOS))
    kinds = sure.breakdowns["kind"].set_index("kind")
    assert kinds.loc["guarantor", "pv"] == 0.0 and math.isnan(kinds.loc["guarantor", "pv_se"])
    shown = {row[0]: row for row in text_tables._price_rows(one, Unit(1.0, ""))}
    assert shown["mean"][-1] == "-" and shown["mean of worst 5%"][-1] == "-"
