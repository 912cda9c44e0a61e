"""Securitizations of non-performing loans: the discount, the formula, the floors, the tests of
risk transfer.
"""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.integrate import quad

from npl_sim.capital.risk_transfer import TransferTests, significant_transfer
from npl_sim.capital.securitization_weights import (
    Position,
    Securitization,
    SecuritizationRules,
    k_a,
    position_weights,
    sec_sa,
)
from npl_sim.core.errors import NplSimError
from tests.builders.capital import position, three_classes, two_classes

# The same examples on every run.
many = settings(max_examples=150, deadline=None, derandomize=True)

RULES = SecuritizationRules()


def test_the_discount_of_a_published_deal():
    """Deal Hecui 2016-1 (deal page): loans of 2,097.70m, notes of 233m sold at par: 88.89 %."""
    deal = Securitization(
        outstanding=2_097.70,
        expected_loss=0.0,
        positions=(position("senior", 188.0, 0.05), position("first_loss", 45.0, 0.05)),
    )
    assert deal.discount == pytest.approx(0.8889, abs=5e-5)
    assert 45.0 / 233.0 == pytest.approx(0.1931, abs=5e-5)  # its published subordinate share
    assert deal.qualifies(RULES)


def test_the_discount_counts_prices_paid_and_notes_kept():
    """Of 100: a senior of 40 sold for 38, a junior of 10 kept: 100 - 38 - 10 = 52 %."""
    deal = Securitization(
        outstanding=100.0,
        expected_loss=1.0,
        positions=(position("senior", 40.0, 0.0, 38.0), position("first_loss", 10.0, 1.0, 0.0)),
    )
    assert deal.discount == pytest.approx(0.52)


@pytest.mark.parametrize(
    ("changes", "qualifies"),
    [
        ({}, True),
        ({"refundable": True}, False),
        ({"traditional": False}, False),
        ({"delinquent_share": 0.89}, False),
        ({"delinquent_share": 0.90}, True),
        ({"outstanding": 60.0}, True),  # a discount of exactly 50 %
        ({"outstanding": 59.0}, False),
    ],
)
def test_which_deals_qualify(changes, qualifies):
    assert two_classes(**changes).qualifies(RULES) is qualifies


def test_the_senior_of_a_qualifying_deal_weighs_100_percent_and_others_at_least_that():
    (senior, why), (junior, _) = position_weights(two_classes(), 0.08, RULES)
    assert (senior, junior) == (1.0, 12.5)
    assert "qualifying" in why
    (senior, why), _ = position_weights(two_classes(refundable=True), 0.08, RULES)
    assert senior > 1.0  # first losses of 20 % against K_A of 50 %
    assert "SEC-IRBA is barred" in why


def test_the_floor_binds_where_it_is_set_high():
    thick = {"refundable": True, "outstanding": 1_000.0}
    cushion = SecuritizationRules(attachment_on="outstanding")
    (senior, _), _ = position_weights(two_classes(**thick), 0.08, cushion)
    # From 97.6 % to the end, K_A 50 %: 12.5 exp(-0.476 / 0.5) and a little less.
    assert senior == pytest.approx(12.5 * (math.exp(-0.952) - math.exp(-1.0)) / 0.048)
    (senior, _), _ = position_weights(
        two_classes(**thick), 0.08, cushion.model_copy(update={"floor": 6.0})
    )
    assert senior == 6.0


def test_a_pool_that_performs_is_not_treated_as_non_performing():
    weights = position_weights(two_classes(delinquent_share=0.1, outstanding=30.0), 0.08, RULES)
    assert "not non-performing enough" in weights[0][1]
    # K_A = 0.9 x 0.08 + 0.1 x 0.5 = 0.122; senior from 0.2: 12.5 x exp-mean, by hand below.
    a = -1 / 0.122
    assert weights[0][0] == pytest.approx(
        12.5 * (math.exp(a * 0.878) - math.exp(a * 0.078)) / (a * 0.8)
    )


def test_k_a_between_performing_and_delinquent():
    assert k_a(0.08, 0.0, RULES) == pytest.approx(0.08)
    assert k_a(0.08, 1.0, RULES) == pytest.approx(0.5)


@many
@given(st.floats(0.0, 0.98), st.floats(0.01, 1.0), st.floats(0.01, 0.6))
def test_sec_sa_is_the_mean_of_its_density(attachment, width, capital):
    """SEC-SA averages 12.5 below K_A and 12.5 exp(-(x - K_A) / (p K_A)) above it over the tranche
    (CRR 261(1)).
    """
    detachment = min(attachment + width, 1.0)
    mean, error = quad(
        lambda x: 12.5 * min(1.0, math.exp(-(x - capital) / capital)),
        attachment,
        detachment,
        points=[capital] if attachment < capital < detachment else None,
    )
    assert sec_sa(attachment, detachment, capital) == pytest.approx(
        mean / (detachment - attachment), rel=1e-6, abs=1e-6 + error
    )


def test_sec_sa_of_the_whole_pool_is_more_than_its_capital():
    assert 0.08 * sec_sa(0.0, 1.0, 0.1) == pytest.approx(0.1 + 0.1 * (1 - math.exp(-9.0)))


@pytest.mark.parametrize(("low", "high"), [(0.5, 0.5), (0.6, 0.5), (-0.1, 0.5), (0.0, 1.1)])
def test_a_tranche_must_have_width(low, high):
    with pytest.raises(NplSimError, match="expected 0 <= attachment < detachment <= 1"):
        sec_sa(low, high, 0.1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"positions": ()}, "expected at least one"),
        ({"outstanding": 0.0}, "on more than 0"),
        (
            {"positions": (position("first_loss", 1.0, 0.1), position("senior", 1.0, 0.1))},
            "at most one senior, then mezzanine",
        ),
        (
            {"positions": (position("senior", 1.0, 0.1), position("senior", 1.0, 0.1))},
            "at most one senior",
        ),
        (
            {"positions": (Position(name="x", rank="senior", amount=0.0, held_share=0.0),)},
            "a class without amount",
        ),
    ],
)
def test_deals_that_make_no_sense(changes, message):
    with pytest.raises(ValidationError) as error:
        two_classes(**changes)
    assert message in str(error.value)


def transferred(deal: Securitization, tests: TransferTests | None = None) -> tuple[bool, str]:
    weights = [w for w, _ in position_weights(deal, 0.08, RULES)]
    passed, step = significant_transfer(deal, weights, tests or TransferTests())
    return passed, step.paragraph


@pytest.mark.parametrize(
    ("deal", "passed", "rule"),
    [
        (three_classes(mezzanine=0.50), True, "(a)"),
        (three_classes(mezzanine=0.51), False, "(a)"),
        (three_classes(mezzanine=0.0, first_loss=1.0), True, "(a)"),
        (two_classes(first_loss=0.20), True, "(b)"),
        (two_classes(first_loss=0.21), False, "(b)"),
        (two_classes(expected_loss=6.0), False, "(b)"),
        (two_classes(expected_loss=5.9), True, "(b)"),
        (two_classes(positions=(position("senior", 24.0, 0.05),)), False, "(b)"),
    ],
)
def test_crr_244_2(deal, passed, rule):
    found, paragraph = transferred(deal)
    assert found is passed
    assert paragraph == f"CRR art. 244(2){rule}"


def test_the_mezzanine_is_weighed_and_not_counted():
    """Kept: 10 % of a class at 1,250 % of 5 and all of one of 5 that weighs less: the share by
    weight decides.
    """
    classes = (
        position("senior", 20.0, 0.05),
        position("mezzanine", 5.0, 1.0),
        position("mezzanine", 5.0, 0.1),
        position("first_loss", 5.0, 0.05),
    )
    passed, step = significant_transfer(
        two_classes(positions=classes), [1.0, 4.0, 12.5, 12.5], TransferTests()
    )
    assert step.figures[0].value == pytest.approx(
        (4.0 * 5.0 + 12.5 * 0.5) / (4.0 * 5.0 + 12.5 * 5.0)
    )
    assert passed


def test_the_margin_is_a_parameter():
    assert transferred(two_classes(expected_loss=5.0), TransferTests(margin=0.1))[0]
    assert not transferred(two_classes(expected_loss=5.0), TransferTests(margin=0.2))[0]
