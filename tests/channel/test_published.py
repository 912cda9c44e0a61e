"""Published figures, through the command line unchanged, and options against their closed
forms.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

from npl_sim.channels.funding import worth_of_undertakings
from npl_sim.channels.outcome_table import read_outcomes
from npl_sim.channels.outcomes import Outcomes
from npl_sim.channels.result import measure
from npl_sim.channels.retained import retained_risk
from npl_sim.channels.run import run_channel
from npl_sim.reports.channel.tables import summary
from npl_sim.runs.folder import open_run
from npl_sim.study.contract_file import load_contract
from tests.builders.contracts import contract
from tests.builders.shipped import EXAMPLES
from tests.cli.test_cli import run_program as run

ROOT = Path(__file__).parents[2]
CONTRACT = ROOT / "configs" / "channel" / "first_loss_guarantee.yaml"
OUTCOMES = EXAMPLES / "channel" / "first_loss_outcomes.csv"
SHARED = ROOT.parent / "shared" / "data" / "tables" / "variability_test_ey.csv"


def check(found):
    """EY, International GAAP 2019, chapter 48: a pool of 1,000,000 with a first-loss guarantee
    capped at 3.5 %.
    """
    (version,) = found["versions"]
    retained = version["retained"]
    assert retained["expected loss"]["before"]["value"] == pytest.approx(41_550.0)
    assert retained["expected loss"]["after"]["value"] == pytest.approx(34_825.0)
    spread = retained["sum of p (x - mean)+"]
    assert spread["before"]["value"] == pytest.approx(2_179.25)
    assert spread["after"]["value"] == pytest.approx(168.88, abs=0.006)
    assert spread["share"]["value"] == pytest.approx(0.0775, abs=0.00005)
    assert spread["share"]["se"] == 0.0
    # By standard deviation the same guarantee keeps more than a tenth (by hand: 918.90 /
    # 5,132.98).
    assert retained["standard deviation"]["share"]["value"] == pytest.approx(0.17902, abs=5e-6)
    assert version["cash_calls"]["mean"]["value"] == pytest.approx(34_825.0)


def test_the_published_example_runs_as_it_stands(tmp_path):
    done = run(
        "channel", CONTRACT, "--outcomes", OUTCOMES, "--out", tmp_path / "run", "--no-figures"
    )
    assert done.returncode == 0, done.stderr
    for figure in ("41,550.00", "34,825.00", "2,179.25", "168.88", "7.75%"):
        assert figure in done.stdout
    finished = open_run(tmp_path / "run")
    check(finished.summary)
    (judged,) = finished.summary["verdicts"]
    assert judged["outcome"] == "derecognize" and judged["decided_by"]["band"] == "transferred"
    # A guarantee of 35,000 weighs 1,250 %.
    assert judged["capital"]["rwa_earned"] == pytest.approx(437_500.0)


@pytest.mark.skipif(
    not SHARED.is_file(), reason="the table of published examples is not on this machine"
)
def test_the_published_table_is_read_with_its_own_columns():
    terms = load_contract(CONTRACT)
    package_cash, notes = read_outcomes(SHARED, terms.face, 0.0)
    check(summary(measure(terms, package_cash)))
    assert "columns not used: cash_flow_before" in notes[0]


def test_the_guarantee_capped_at_four_per_cent():
    """The same table's other column: paid 30, 35, 40, 40, 40 thousand."""
    terms = load_contract(CONTRACT)
    promise = terms.undertakings[0].model_copy(update={"cap_share": 0.04})
    package_cash, _ = read_outcomes(OUTCOMES, terms.face, 0.0)
    found = retained_risk(terms.model_copy(update={"undertakings": (promise,)}), package_cash)
    paid, p = np.array([30e3, 35e3, 40e3, 40e3, 40e3]), np.array([0.035, 0.2, 0.3, 0.35, 0.115])
    mean = float(p @ paid)
    assert found.measures["expected loss"][1].value == pytest.approx(mean)
    assert found.measures["sum of p (x - mean)+"][1].value == pytest.approx(
        float(p @ np.maximum(paid - mean, 0))
    )


# One asset, lognormal, risk-neutral: Black and Scholes (1973)

SPOT, STRIKE, RATE, VOLATILITY, YEARS = 40.0, 40.0, 0.06, 0.40, 0.25


def black_scholes_call():
    d1 = (math.log(SPOT / STRIKE) + (RATE + VOLATILITY**2 / 2) * YEARS) / (
        VOLATILITY * math.sqrt(YEARS)
    )
    d2 = d1 - VOLATILITY * math.sqrt(YEARS)
    return SPOT * norm.cdf(d1) - STRIKE * math.exp(-RATE * YEARS) * norm.cdf(d2)


def test_the_closed_form_is_the_textbook_s():
    assert black_scholes_call() == pytest.approx(3.47, abs=0.005)


@pytest.fixture(scope="module")
def one_asset():
    scenarios = 60_000
    z = np.random.default_rng(20).standard_normal(scenarios)
    value = SPOT * np.exp((RATE - VOLATILITY**2 / 2) * YEARS + VOLATILITY * math.sqrt(YEARS) * z)
    received = np.zeros((scenarios, 4))
    received[:, 3] = value
    p = np.full(scenarios, 1.0 / scenarios)
    return Outcomes(received, np.zeros_like(received), p, False, STRIKE, math.expm1(RATE))


@pytest.mark.parametrize("kind", ["put", "call", "repurchase"])
def test_the_worth_of_an_undertaking_is_its_closed_form(one_asset, kind):
    """A put costs the bank P = C - S + K exp(-rT), a call brings it C, a forward costs K exp(-rT)
    - S.

    Tolerance 4 standard errors: fails by chance once in 16,000 for each case; a bias of 4 % of the
    put would be seen.
    """
    strike = {"kind": "fixed", "amount": STRIKE}
    if kind == "repurchase":
        promise = {"at": {"kind": "month", "month": 3}, "price": strike}
    else:
        promise = {"months": [3], "strike": strike, "knowledge": "perfect"}
    terms = contract(
        price={"kind": "amount", "amount": SPOT},
        undertakings=[{"kind": kind, "name": kind, **promise}],
    )
    call, forward = black_scholes_call(), STRIKE * math.exp(-RATE * YEARS) - SPOT
    expected = {"put": call + forward, "call": -call, "repurchase": forward}[kind]
    row = worth_of_undertakings(run_channel(terms, one_asset)).iloc[0]
    assert 0.0 < row["cost_se"] < 0.05
    assert row["cost"] == pytest.approx(expected, abs=4.0 * row["cost_se"])
    exercised = {
        "put": norm.cdf(-(RATE - VOLATILITY**2 / 2) * YEARS / (VOLATILITY * math.sqrt(YEARS))),
        "repurchase": 1.0,
    }
    exercised["call"] = 1.0 - exercised["put"]
    assert row["p_package_back"] == pytest.approx(
        exercised[kind], abs=4.0 * row["p_package_back_se"] + 1e-12
    )


def test_a_holder_who_knows_less_has_an_option_that_is_worth_less(one_asset):
    """All cash comes at once, so a plan or a fit knows nothing: the option is exercised always or
    never.
    """
    strike = {"kind": "fixed", "amount": 39.0}
    cost = {}
    for knowledge in ("perfect", "plan", "estimate"):
        promise = {
            "kind": "put",
            "name": "put",
            "months": [3],
            "strike": strike,
            "knowledge": knowledge,
        }
        row = worth_of_undertakings(
            run_channel(
                contract(price={"kind": "amount", "amount": SPOT}, undertakings=[promise]),
                one_asset,
            )
        ).iloc[0]
        cost[knowledge] = (row["cost"], row["p_package_back"])
    assert cost["plan"] == cost["estimate"] == (0.0, 0.0)
    assert cost["perfect"][0] > 2.0
