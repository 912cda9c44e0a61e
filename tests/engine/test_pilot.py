"""Prices and tests that rest on a pilot run."""

from __future__ import annotations

import math

import numpy as np
import pytest

from npl_sim.engine.pilot_runs import plan_value, run_pilot
from npl_sim.engine.simulate import record_paths
from npl_sim.policy.restructuring import Restructuring
from tests.builders.studies import loan, study

RETURN = 0.12


def certain_case(folder, **policy):
    """A title that is performed in full in month 30, unless the loan leaves before."""
    settings = {
        "litigation": {"after_months": 0, "lawsuit": {"duration": 10}},
        "enforcement": {"perform": 1.0, "perform_delay": 20},
        **policy,
    }
    return study(
        folder,
        [loan(i) for i in range(3)],
        settings,
        simulation={"scenarios": 8, "horizon_months": 40},
        pricing={"required_return": RETURN},
    )


def test_a_certain_loan_sells_at_its_discounted_cash(tmp_path):
    """Unsecured claims of 1,000 paid in month 30, sold in month 12: 1,000 / 1.12^(18/12) each."""
    case = certain_case(tmp_path, sale={"month": 12, "buyer_return": RETURN})
    flows = case.simulate()
    expected = 1000 * 1.12 ** (-18 / 12)
    assert flows.loans["received_mean"].to_numpy() == pytest.approx([expected] * 3)
    assert flows.amounts[:, 12].sum(axis=(1, 2)) == pytest.approx(np.full(8, 3 * expected))


def test_a_buyer_who_wants_more_pays_less_and_bulk_costs(tmp_path):
    def mean(name, **sale):
        return (
            certain_case(tmp_path / name, sale={"month": 12, **sale})
            .simulate()
            .loans["pv_mean"]
            .sum()
        )

    full = mean("a", buyer_return=0.12)
    assert mean("b", buyer_return=0.2) < full
    assert mean("c", buyer_return=0.12, bulk_discount=0.1) == pytest.approx(0.9 * full)


def risky(folder, sale):
    items = [
        {
            "collateral_id": f"C{i}",
            "loan_id": f"L{i:06d}",
            "kind": "house",
            "appraisal_value": 500 + 20 * i,
        }
        for i in range(60)
    ]
    policy = {
        "litigation": {
            "after_months": 3,
            "lawsuit": {"duration": {"kind": "lognormal", "mean": 12, "sd": 6}},
        },
        "enforcement": {"perform": 0.2, "perform_delay": 2},
        "sale": sale,
    }
    return study(
        folder,
        [loan(i) for i in range(60)],
        policy,
        items,
        market={"indices": [{"volatility": 0.2}]},
        collateral={"house": {"seizure": {"kind": "lognormal", "mean": 10, "sd": 5}}},
        simulation={"scenarios": 600, "horizon_months": 100},
        pricing={"required_return": RETURN},
    )


def test_to_sell_at_the_seller_s_own_return_changes_little_on_average(tmp_path):
    """The regression has two coefficients a stage: what it cannot see is a bias of a per cent or
    so."""
    kept = risky(tmp_path / "a", None).simulate()
    sold = risky(tmp_path / "b", {"month": 12, "buyer_return": RETURN}).simulate()
    assert sold.loans["pv_mean"].sum() == pytest.approx(kept.loans["pv_mean"].sum(), rel=0.02)
    # And a sale hands the later risk on.
    df = 1.12 ** (-np.arange(101) / 12)
    spread = [(f.amounts.sum(axis=(2, 3)) @ df).std() for f in (kept, sold)]
    assert spread[1] < spread[0]


def test_the_pilot_never_sees_the_scenarios_that_it_serves(tmp_path):
    case = risky(tmp_path, {"month": 12, "buyer_return": RETURN})
    simulation = case.study.simulation
    more = case.study.model_copy(
        update={"simulation": simulation.model_copy(update={"scenarios": 900})}
    )
    a, b = (run_pilot(s, case.table, record_paths) for s in (case.study, more))
    assert np.array_equal(a.sale_secured, b.sale_secured, equal_nan=True)
    assert np.array_equal(a.sale_unsecured, b.sale_unsecured, equal_nan=True)


def test_nothing_is_run_where_nothing_asks_for_it(tmp_path):
    case = certain_case(tmp_path)
    assert run_pilot(case.study, case.table, record_paths) is None


def test_the_value_of_a_plan_by_hand():
    offer = Restructuring(
        haircut=0.1, term=2, grace=1, balloon=0.5, rate=0.0, redefault_hazard=0.1
    )
    value = plan_value(offer, np.array([1000.0]), np.array([0.3]), 0.12)
    v, s = 1.12 ** (-1 / 12), math.exp(-0.1)
    lost = 1 - s
    expected = (
        v * lost * 0.3 * 1000
        + v**2 * (s**2 * 225 + s * lost * 0.3 * 1000)
        + v**3 * (s**3 * (225 + 450) + s**2 * lost * 0.3 * (1000 - 225))
    )
    assert value == pytest.approx([expected])


@pytest.mark.parametrize(("haircut", "offered"), [(0.1, True), (0.4, False)])
def test_a_plan_is_offered_only_where_it_beats_the_alternative(tmp_path, haircut, offered):
    """Without a plan 1,000 comes in month 30: worth 753 at 12 %.

    A plan over a year is worth 1,000 less the haircut, discounted by about half a year.
    """
    case = certain_case(
        tmp_path,
        litigation={"after_months": 1, "lawsuit": {"duration": 9}},
        restructuring={
            "offer_month": 0,
            "accept": 1.0,
            "haircut": haircut,
            "term": 12,
            "npv_test": {"rate": RETURN},
        },
    )
    mean = case.simulate().mean_by_kind
    installments = mean[:, list(case.simulate().kinds).index("instalment")].sum()
    assert (installments > 0) == offered


def test_the_margin_raises_the_bar(tmp_path):
    offer = {
        "offer_month": 0,
        "accept": 1.0,
        "haircut": 0.1,
        "term": 12,
        "npv_test": {"rate": RETURN, "margin": 0.3},
    }
    flows = certain_case(
        tmp_path, litigation={"after_months": 1, "lawsuit": {"duration": 9}}, restructuring=offer
    ).simulate()
    assert flows.mean_by_kind[:, list(flows.kinds).index("instalment")].sum() == 0.0
