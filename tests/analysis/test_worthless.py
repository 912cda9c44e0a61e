"""Loans worth nothing: each reason by hand, and always what the simulation confirms."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from npl_sim.analysis.worthless import REASONS, Worthless, by_reason, worthless_issues
from tests.builders.studies import loan, study

SIZE = {"simulation": {"scenarios": 100, "horizon_months": 60}}
LAW = {
    "limitation": [{"months": 36, "source": "test"}],
    "enforcement_window_months": 24,
    "name": "test",
}
QUIET = {"months": 6}
SUIT = {"litigation": {"after_months": 3, "lawsuit": {"win": 0.9}}}
FINDS = {
    "enforcement": {
        "garnish": 0.9,
        "garnish_share": 0.02,
        "garnish_months": 24,
        "performance_window": 0.5,
        "apply_delay": 1,
    }
}


def package(tmp_path, loans, policy, items=(), **sections):
    rows = [loan(i, **columns) for i, columns in enumerate(loans)]
    return study(tmp_path, rows, policy, items, **{"legal": LAW, **SIZE, **sections})


def item(i, value=5000):
    return {
        "loan_id": f"L{i:06d}",
        "kind": "house",
        "appraisal_value": value,
        "appraisal_date": "2026-01-01",
    }


def reasons(case, simulate=True):
    """Return the reason of each loan by the model, after checking that the simulation agrees."""
    found = case.worth_nothing().loans.set_index("loan_id")["reason"]
    messages = found.reindex(case.table.loans["loan_id"]).fillna("").tolist()
    if simulate:
        seen = case.simulate().loans["received_mean"].to_numpy() == 0.0
        assert [r != "" for r in messages] == seen.tolist()
    return messages


def test_a_window_that_has_expired(tmp_path):
    policy = {"collection": QUIET, **FINDS, "litigation": {"defence_raised": 1.0}}
    rows = [
        {"stage": "judged", "stage_date": "2023-01-01"},  # 42 months ago
        {"stage": "judged", "stage_date": "2026-01-01"},
        {"stage": "enforcement", "stage_date": "2020-01-01"},
    ]
    assert reasons(package(tmp_path, rows, policy)) == ["enforcement window", "", ""]


@pytest.mark.parametrize(
    ("began", "apply_delay", "reason"),
    [
        ("2024-06-01", 1, "enforcement window"),  # 24.5 months and a few days: over
        ("2024-07-15", 1, ""),  # some weeks left, and the time to apply has come
        ("2026-06-01", 20, ""),
        ("2026-06-01", 26, "enforcement window"),  # the policy itself waits too long
        ("2026-06-01", 24.5, "enforcement window"),
    ],
)
def test_the_last_day_to_apply(tmp_path, began, apply_delay, reason):
    enforcement = {**FINDS["enforcement"], "apply_delay": apply_delay}
    policy = {"collection": QUIET, "enforcement": enforcement, "litigation": {}}
    assert reasons(package(tmp_path, [{"stage": "judged", "stage_date": began}], policy)) == [
        reason
    ]


def test_a_debtor_who_may_not_object_leaves_a_route(tmp_path):
    policy = {"collection": QUIET, **FINDS, "litigation": {"defence_raised": 0.5}}
    assert reasons(
        package(tmp_path, [{"stage": "judged", "stage_date": "2023-01-01"}], policy)
    ) == [""]


def test_the_window_ends_on_the_day_that_is_reported(tmp_path):
    """Half a month (15 days) to perform after 2023-01-01, then 24 calendar months to apply (Civil
    Procedure Law 250)."""
    policy = {"collection": QUIET, **FINDS}
    case = package(tmp_path, [{"stage": "judged", "stage_date": "2023-01-01"}], policy)
    row = case.worth_nothing().loans.iloc[0]
    assert row["window_expiry"].date() == date(2025, 1, 16)
    assert "2023-01-01" in row["detail"] and "2025-01-16" in row["detail"]


def test_a_dormant_loan_and_one_that_is_sold(tmp_path):
    dead = {"collection": QUIET, **SUIT, **FINDS}
    assert reasons(package(tmp_path / "a", [{"stage": "dormant"}], dead, [item(0)])) == ["dormant"]
    sold = {**dead, "sale": {"month": 12, "secured_price": 0.5}}
    rows = [{"stage": "dormant"}, {"stage": "dormant"}]
    # Only the loan with collateral gets a price for the secured part.
    assert reasons(package(tmp_path / "b", rows, sold, [item(0)])) == ["", "dormant"]
    late = {**dead, "sale": {"month": 90, "unsecured_price": 0.5}}
    assert reasons(package(tmp_path / "c", rows, late, [item(0)])) == ["dormant", "dormant"]
    kept = {**dead, "residual_share": 0.1}
    assert reasons(package(tmp_path / "d", rows, kept)) == ["", ""]


def test_limitation_that_has_run_out(tmp_path):
    policy = {"collection": {"months": 12}, **SUIT, **FINDS}
    rows = [
        {"age_months": 40, "last_interruption_date": "2020-01-01"},
        {"age_months": 40, "last_interruption_date": "2026-01-01"},
        {"age_months": 40, "limitation_left_months": -1},
    ]
    case = package(tmp_path / "a", rows, policy)
    assert reasons(case) == ["limitation", "", "limitation"]
    messages = case.worth_nothing().loans
    # The interruption came before the default of 40 months ago, 2023-02-28: three years from then.
    assert messages["detail"].iloc[0] == "limitation ran out on 2026-02-28"
    # Voluntary payment still comes.
    pays = {**policy, "collection": {"months": 12, "payment_rate": 0.02}}
    assert reasons(package(tmp_path / "b", rows, pays)) == ["", "", ""]


def test_limitation_that_runs_out_before_the_suit_and_nothing_restarts_it(tmp_path):
    policy = {
        "collection": {"months": 12},
        "litigation": {"after_months": 6, "file_before_expiry": False},
        **FINDS,
    }
    rows = [{"limitation_left_months": 3}, {"limitation_left_months": 9}]
    assert reasons(package(tmp_path / "a", rows, policy)) == ["limitation", ""]
    heard = {**policy, "collection": {"months": 12, "reach_hazard": 1.0}}
    assert reasons(package(tmp_path / "b", rows, heard)) == ["", ""]


def test_a_claim_lost_in_court_before_the_sale_is_closed(tmp_path):
    policy = {"collection": QUIET, **SUIT, **FINDS, "sale": {"month": 24, "unsecured_price": 0.1}}
    rows = [{"limitation_left_months": -5}]
    assert reasons(package(tmp_path / "a", rows, policy)) == ["limitation"]
    sooner = {**policy, "sale": {"month": 2, "unsecured_price": 0.1}}
    assert reasons(package(tmp_path / "b", rows, sooner)) == [""]


def test_no_route_below_the_minimum_claim(tmp_path):
    policy = {
        "collection": QUIET,
        "litigation": {"after_months": 3, "minimum_claim": 5000},
        **FINDS,
    }
    rows = [{"principal": 1000}, {"principal": 9000}]
    case = package(tmp_path, rows, policy)
    assert reasons(case) == ["no route", ""]
    assert (
        "claim of 1,000.00 is below minimum_claim 5,000.00"
        in case.worth_nothing().loans["detail"].iloc[0]
    )


def test_no_route_where_the_policy_never_sues(tmp_path):
    case = package(tmp_path, [{}, {"stage": "plan"}], {"collection": QUIET})
    assert reasons(case) == ["no route", ""]
    assert "does not sue" in case.worth_nothing().loans["detail"].iloc[0]


def test_titles_that_nobody_enforces_and_enforcement_that_finds_nothing(tmp_path):
    rows = [{"stage": "judged"}, {"stage": "enforcement"}, {"stage": "litigation"}]
    assert reasons(package(tmp_path / "a", rows, {"collection": QUIET, "enforcement": None})) == [
        "no enforcement",
        "no asset",
        "no enforcement",
    ]
    empty = {"collection": QUIET, "enforcement": {}, "litigation": {}}
    assert reasons(package(tmp_path / "b", rows, empty)) == ["no asset"] * 3
    performs = {**empty, "enforcement": {"perform": 0.5}}
    assert reasons(package(tmp_path / "c", rows, performs)) == ["", "no asset", ""]
    # Collateral of value is a route, collateral of none is not.
    assert reasons(package(tmp_path / "d", rows, empty, [item(0), item(1), item(2, 0)])) == [
        "",
        "",
        "no asset",
    ]


def test_a_route_that_no_scenario_took_is_distinguished(tmp_path):
    policy = {"collection": QUIET, "litigation": {}, "enforcement": {}}
    rows = [{"stage": "enforcement"}]
    buried = [{**item(0), "prior_liens": 1e9}]
    case = package(tmp_path, rows, policy, buried)
    assert len(case.worth_nothing().loans) == 0
    found = case.worth_nothing(case.price())
    assert found.simulated and found.loans["reason"].tolist() == ["no cash seen"]


def test_a_loan_that_only_costs_is_worth_nothing(tmp_path):
    policy = {
        "collection": {
            "months": 6,
            "channels": [{"channel": "call", "contacts_per_month": 2, "cost_per_contact": 1}],
        }
    }
    case = package(tmp_path, [{}], policy)
    result = case.price()
    assert result.mean.value < 0.0
    assert case.worth_nothing(result).loans["reason"].tolist() == ["no route"]


def test_table_and_issues_give_value_and_collateral(tmp_path):
    policy = {"collection": {"settle_hazard": 0.02}, **FINDS}
    rows = [{"stage": "dormant"}, {"stage": "dormant", "principal": 3000}, {"principal": 4000}]
    case = package(tmp_path, rows, policy, [item(0), item(0, 700) | {"collateral_id": "x"}])
    found = case.worth_nothing()
    table = by_reason(found)
    assert table["reason"].tolist() == ["dormant"] and table["loans"].tolist() == [2]
    assert table["gbv"].tolist() == [4000.0] and table["share_of_gbv"].tolist() == [0.5]
    assert table["collateral_value"].tolist() == [5700.0]
    (nothing,) = worthless_issues(found, case.table)
    assert (
        nothing.gbv == 4000.0
        and REASONS["dormant"] in nothing.message
        and "50.0% of GBV" in nothing.message
    )


def test_dates_are_those_of_the_tape(tmp_path):
    rows = [
        {"stage": "dormant", "age_months": "", "default_date": f"{y}-{m:02d}-28"}
        for y in (2021, 2024)
        for m in range(1, 13)
    ]
    case = package(tmp_path, rows, {"collection": QUIET})
    found = case.worth_nothing().loans
    assert found["default_date"].tolist() == case.table.loans["default_date"].tolist()


@pytest.mark.parametrize("seed", range(3))
def test_random_packages_agree_with_the_simulation(tmp_path, seed):
    """Where the model sees no route, no scenario brings cash; the other way round nearly
    always."""
    rng = np.random.default_rng(seed)
    stages = ["collection", "litigation", "judged", "enforcement", "plan", "dormant"]
    rows = [
        {
            "stage": rng.choice(stages),
            "stage_date": f"{rng.integers(2021, 2026)}-0{rng.integers(1, 7)}-15",
            "age_months": 70,
            "principal": int(rng.integers(100, 20000)),
            "limitation_left_months": float(rng.integers(-10, 30)),
            "product": rng.choice(["a", "b", "c"]),
        }
        for _ in range(120)
    ]
    policies = [
        {"applies_to": {"products": ["a"]}, "collection": QUIET, **SUIT, **FINDS},
        {
            "applies_to": {"products": ["b"]},
            "collection": {"months": 12, "payment_rate": 0.01},
            "litigation": {"minimum_claim": 9000},
            "enforcement": {"perform": 0.3},
        },
        {"collection": {"months": 3}, "sale": {"month": 40, "secured_price": 0.4}},
    ]
    case = package(
        tmp_path,
        rows,
        policies,
        [item(i) for i in range(0, 120, 5)],
        simulation={"scenarios": 300, "horizon_months": 60, "seed": int(seed)},
    )
    modeled = set(case.worth_nothing().loans["loan_id"])
    loans = case.simulate().loans
    seen = set(loans.loc[loans["received_mean"] == 0.0, "loan_id"])
    assert modeled <= seen and len(seen - modeled) <= 2 and modeled


@pytest.mark.parametrize("stage", ["collection", "litigation", "judged"])
def test_a_policy_that_applies_too_late_is_named_although_there_is_collateral(tmp_path, stage):
    """The reason is the policy's wait, not a want of assets; the window of a fresh title has not
    ended."""
    rows = [{"stage": stage, "stage_date": "2026-06-01" if stage == "judged" else ""}]
    enforcement = {"performance_window": 0.5, "apply_delay": 26}
    policy = {"collection": QUIET, "enforcement": enforcement, **SUIT}
    case = package(tmp_path, rows, policy, [item(0)], collateral={"default": {}})
    found = case.worth_nothing().loans
    assert found["reason"].tolist() == ["enforcement window"]
    assert "waits 26 months to apply, longer than the window" in found["detail"].iloc[0]
    assert "ended on" not in found["detail"].iloc[0]


def test_a_package_without_a_claim_has_no_share():
    assert Worthless(pd.DataFrame({"gbv": [0.0]}), 0.0, False).share == 0.0
    assert Worthless(pd.DataFrame({"gbv": [1.0]}), 4.0, False).share == 0.25
