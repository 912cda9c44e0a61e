"""Stage 3 provision, minimum provisions and coverage of a bank, by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from npl_sim.accounting.minimum_provision import (
    bank_coverage,
    china_five_class,
    eu_backstop,
    minimum_provision,
    months_nonperforming,
    rule_of,
    secured_parts,
    without_package,
)
from npl_sim.accounting.minimum_rules import minimum_rules
from npl_sim.accounting.stage_three import ExpectedCash, stage_three
from npl_sim.stats.sample import Sample
from npl_sim.valuation.selling_terms import BankTotals, MacroScenario, ProvisionTerms

DAY = date(2026, 6, 30)


def loans(**columns):
    """Return loans of 100 each, with some columns."""
    count = len(next(iter(columns.values())))
    base = {
        "loan_id": [f"L{i}" for i in range(count)],
        "gbv": [100.0] * count,
        "default_date": [pd.NaT] * count,
        "days_past_due": [np.nan] * count,
        "five_class": [None] * count,
    }
    return pd.DataFrame(base | columns)


def items(*rows):
    """Return collateral from loan, kind, appraisal, prior liens, cap and whether only seized."""
    names = ["loan_id", "kind", "appraisal_value", "prior_liens", "secured_cap", "seizure_only"]
    return pd.DataFrame(list(rows), columns=names)


def expected(name, weight, work_out, sale, scenarios=2):
    values = [np.full(scenarios, float(x)) for x in (work_out, sale)]
    return ExpectedCash(name, weight, Sample.plain(scenarios), *values)


def test_stage_three_by_hand():
    """0.6 (0.7 x 500 + 0.3 x 400) + 0.4 (0.7 x 300 + 0.3 x 250) = 396; GBV 1,000, held 550."""
    found = stage_three(
        1000.0, [expected("base", 0.6, 500, 400), expected("down", 0.4, 300, 250)], 0.3, 550.0
    )
    assert found.recoverable.value == pytest.approx(396.0)
    assert found.provision == pytest.approx(604.0)
    assert found.top_up == pytest.approx(54.0)
    assert [row.provision for row in found.rows] == pytest.approx([530.0, 715.0, 604.0])


def test_a_provision_is_at_least_nothing():
    found = stage_three(100.0, [expected("base", 1.0, 130, 0)], 0.0, 20.0)
    assert found.provision == 0.0
    assert found.top_up == -20.0


def test_errors_of_stage_three_are_paired():
    """Opposite moves of two scenarios of equal weight cancel."""
    move = np.array([10.0, -10.0, 5.0, -5.0])
    first, second = (
        ExpectedCash(name, 0.5, Sample.plain(4), 500 + sign * move, np.zeros(4))
        for name, sign in (("a", 1), ("b", -1))
    )
    found = stage_three(1000.0, [first, second], 0.0, 0.0)
    assert found.recoverable.se == pytest.approx(0.0, abs=1e-12)
    assert found.rows[0].expected.se > 1.0


@pytest.mark.parametrize(("cash", "provision"), [(-50, 1000.0), (0, 1000.0), (1200, 0.0)])
def test_the_provision_is_between_nothing_and_the_claim(cash, provision):
    """A work-out that costs more than it brings is left alone."""
    found = stage_three(1000.0, [expected("base", 1.0, cash, 0)], 0.0, 900.0)
    assert found.provision == found.rows[0].provision == provision
    assert found.top_up == provision - 900.0


def test_weights_that_do_not_sum_to_one_are_refused():
    half = MacroScenario(name="base", weight=0.5)
    with pytest.raises(ValidationError, match=r"sum to 0\.5; expected 1"):
        ProvisionTerms(scenarios=(half,))


@pytest.mark.parametrize(
    ("part", "shares"),
    [
        ("unsecured", [0, 0, 0.35, 1, 1, 1, 1, 1, 1, 1]),
        ("immovable", [0, 0, 0, 0.25, 0.35, 0.55, 0.70, 0.80, 0.85, 1]),
        ("other_security", [0, 0, 0, 0.25, 0.35, 0.55, 0.80, 1, 1, 1]),
    ],
)
def test_shares_by_year(part, shares):
    """Article 47c: years 1 to 10 since a loan became non-performing."""
    schedule = getattr(minimum_rules().eu_backstop.factors, part)
    assert [schedule.share_after(12.0 * year + 6.0) for year in range(10)] == shares


def test_minimum_of_the_european_union_by_hand():
    """Thirty months: 60 on a flat at 0 %, 40 without security at 35 %; a loan without date: all.

    A year later the third year is over: 25 % and 100 %.
    """
    table = loans(default_date=[pd.Timestamp("2024-01-01"), pd.NaT])
    flat = items(("L0", "residential", 100.0, 40.0, np.nan, False))
    found = eu_backstop(table, flat, DAY)
    assert found.by_loan == pytest.approx([40 * 0.35, 100.0])
    assert found.unknown == 1
    later = found.by_part.set_index("part")["in_12_months"]
    assert later["immovable"] == pytest.approx(60 * 0.25)
    assert later["unsecured"] == pytest.approx(40 * 1.0 + 100.0)
    assert found.top_up(np.array([5.0, 120.0])) == pytest.approx(9.0)


def test_security_counts_up_to_cap_and_claim():
    table = loans(default_date=[pd.NaT] * 3)
    rows = items(
        ("L0", "residential", 90.0, 0.0, 50.0, False),
        ("L0", "vehicle", 80.0, 0.0, np.nan, False),
        ("L1", "equipment", 30.0, 40.0, np.nan, False),
        ("L2", "land", 500.0, 0.0, np.nan, True),
    )
    immovable, other = secured_parts(table, rows)
    assert immovable == pytest.approx([50.0, 0.0, 0.0])
    assert other == pytest.approx([50.0, 0.0, 0.0])


def test_days_past_due_count_from_the_ninetieth_day():
    table = loans(days_past_due=[90.0 + 365.25, 30.0, np.nan])
    months = months_nonperforming(table, DAY)
    assert months[:2] == pytest.approx([12.0, 0.0])
    assert np.isnan(months[2])


def test_minimum_by_class():
    table = loans(five_class=["substandard", "doubtful", "loss", "special_mention", None])
    found = china_five_class(table)
    assert found.by_loan == pytest.approx([25.0, 50.0, 100.0, 2.0, 100.0])
    assert found.unknown == 1
    assert found.by_part["amount"].sum() == 500.0


def test_rule_of_a_jurisdiction():
    assert rule_of("by_jurisdiction", "CN") == "china_five_class"
    assert rule_of("by_jurisdiction", "IT") == "eu_backstop"
    assert rule_of("by_jurisdiction", "GB") == "none"
    assert rule_of("by_jurisdiction", None) == "none"
    assert rule_of("eu_backstop", "CN") == "eu_backstop"
    assert minimum_provision("none", loans(gbv=[1.0]), items(), DAY) is None


def test_coverage_of_a_bank_before_and_after_a_sale():
    """Standard: the higher of 150 % of 1,000 and 2.5 % of 40,000, that is 1,500."""
    bank = BankTotals(nonperforming=1000.0, provisions=1400.0, loans=40_000.0)
    found = bank_coverage(bank)
    assert (found.coverage, found.of_loans) == pytest.approx((1.4, 0.035))
    assert found.lacking == pytest.approx(100.0)
    after = without_package(bank, gbv=400.0, provisions=300.0)
    assert after is not None
    # 1,100 against the higher of 900 and 990.
    assert bank_coverage(after).lacking == 0.0
    assert bank_coverage(after).coverage == pytest.approx(1100 / 600)
    assert without_package(bank, gbv=1200.0, provisions=0.0) is None
