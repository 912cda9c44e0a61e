"""What stays with the bank, from cash: hand-worked positions, returns of the package, and shares
of vehicles.
"""

from __future__ import annotations

import numpy as np
import pytest

from npl_sim.channels.outcomes import Outcomes
from npl_sim.channels.result import measure
from npl_sim.channels.verdict.assessment import assess
from npl_sim.channels.verdict.cash_facts import cash_facts
from npl_sim.channels.verdict.return_of_risk import ReturnTerm
from tests.builders.contracts import contract, layer, sample

# Four scenarios; receipts in months 1 and 2; no discounting; the price is 100 and the face 200.
RECEIVED = np.array([[0.0, 20.0, 20.0], [0.0, 40.0, 40.0], [0.0, 50.0, 50.0], [0.0, 80.0, 70.0]])


P = np.array([0.1, 0.2, 0.3, 0.4])


GUARANTEE = {"kind": "guarantee", "name": "g"}


def sold_outcomes(rate: float = 0.0) -> Outcomes:
    return Outcomes(RECEIVED, np.zeros_like(RECEIVED), P, True, 200.0, rate)


def disclosed(rate: float = 0.0, **terms):
    result = measure(contract(**terms), sold_outcomes(rate))
    return cash_facts(result.whole)


def test_a_clean_sale_leaves_nothing():
    found = disclosed()
    assert (found.position.proceeds, found.position.value, found.position.extent) == (
        100.0,
        0.0,
        0.0,
    )
    assert found.vehicle.share == 0.0 and found.term == ReturnTerm() and found.back.share == 0.0
    assert not found.position.covers_likely_losses


def test_a_guarantee_by_hand():
    """Losses on 100: 60, 20, 0, 0 (with 10, 20, 30, 40 %). Capped at 30: paid 30, 20: mean 3 + 4 =
    7, at most 30.

    The 95 % quantile of the loss is 60, the 80 % quantile is 20; the whole loss is made good with
    a chance of 90 %.
    """
    found = disclosed(undertakings=[{**GUARANTEE, "cap": 30.0}]).position
    assert (found.value, found.given, found.kept) == pytest.approx((-7.0, 7.0, 0.0))
    assert (found.most_paid, found.extent, found.likely_loss, found.covered) == pytest.approx(
        (30.0, 30.0, 60.0, 0.9)
    )
    assert not found.covers_likely_losses
    softer = {"thresholds": {"likely_loss_quantile": 0.9}}
    covered = disclosed(undertakings=[{**GUARANTEE, "cap": 30.0}], accounting=softer).position
    assert covered.likely_loss == pytest.approx(20.0) and covered.covers_likely_losses
    short = disclosed(undertakings=[{**GUARANTEE, "cap": 19.0}], accounting=softer).position
    assert short.covered == pytest.approx(0.7) and not short.covers_likely_losses


def test_what_is_owed_is_discounted_and_the_most_that_is_paid_is_not():
    """Paid in month 2 at 21 % a year: (6 + 4) / 1.21^(1/6)."""
    found = disclosed(0.21, undertakings=[GUARANTEE]).position
    assert found.given == pytest.approx(10.0 / 1.21 ** (2.0 / 12.0))
    assert found.most_paid == pytest.approx(60.0)


def test_a_promise_that_pays_more_than_the_loss_is_full_recourse_and_one_that_pays_less_is_not():
    """Half of what is missing to 180: 70, 50, 40, 15, never below the loss on 100; half of the
    loss itself is.
    """
    more = disclosed(undertakings=[{**GUARANTEE, "reference": 180.0, "share": 0.5}]).position
    assert more.covered == pytest.approx(1.0) and more.covers_likely_losses
    less = disclosed(undertakings=[{**GUARANTEE, "share": 0.5}]).position
    assert less.covered == pytest.approx(0.7) and not less.covers_likely_losses


def test_a_loss_that_does_not_occur_is_not_made_good():
    """Sold for 30: the package brings 40 or more in every scenario."""
    found = disclosed(price={"kind": "amount", "amount": 30.0}, undertakings=[GUARANTEE]).position
    assert (found.likely_loss, found.covered) == (0.0, 1.0) and not found.covers_likely_losses


def test_what_the_bank_gets_is_taken_from_the_buyers():
    """Half of all cash goes to the bank, which makes the package's loss on 100 good in a month
    without receipts.
    """
    quiet = np.column_stack([RECEIVED, np.zeros(4)])
    later = Outcomes(quiet, np.zeros_like(quiet), P, True, 200.0, 0.0)
    made = contract(servicing={"by": "bank", "share": 0.5}, undertakings=[GUARANTEE])
    found = cash_facts(measure(made, later).whole).position
    # Buyers end with 20 + 60, 40 + 20, 50, 75.
    assert found.most_paid == pytest.approx(60.0) and found.likely_loss == pytest.approx(80.0)
    assert found.covered == 0.0 and not found.covers_likely_losses


def test_what_is_held_weighs_as_a_first_loss():
    """2 % of all cash: in the mean 2.2, at 1,250 % 27.5. Variability of 2 %: derecognized."""
    made = contract(
        vehicles=[layer({"kind": "excess", "name": "e", "share": 0.02, "holder": "bank"})]
    )
    result = measure(made, sold_outcomes())
    found = assess(result, result.whole)
    assert str(found.verdict.outcome) == "derecognise"
    assert found.capital.earned == pytest.approx(12.5 * 2.2)


def test_claims_kept_by_hand():
    """The bank pays 30 of the 100 for a residual behind a note of 70: it gets 0, 10, 30, 80, in
    the mean 43.
    """
    note = {"kind": "note", "name": "n", "share": 0.7, "holder": "fund"}
    mine = {"kind": "residual", "name": "r", "share": 0.3, "holder": "bank"}
    found = disclosed(vehicles=[layer(note, mine)])
    assert (
        found.position.proceeds,
        found.position.kept,
        found.position.most_paid,
    ) == pytest.approx((70.0, 43.0, 0.0))
    # Bank: 43, 33, 13, 37 from its mean: 4.3 + 6.6 + 3.9 + 14.8 = 29.6. Package: 40, 80, 100, 150
    # from 110: 7 + 6 + 3 + 16 = 32.
    assert found.vehicle.share == pytest.approx(29.6 / 32.0)


@pytest.mark.parametrize(
    ("price", "fixed", "premium"),
    [
        ({"kind": "fixed", "amount": 10.0}, 1.0, 10.0 / 55.0 - 1.0),
        ({"kind": "fair_value", "knowledge": "perfect"}, 0.0, 0.0),
        ({"kind": "fair_value", "knowledge": "perfect", "share": 0.6}, 0.4, -0.4),
        (
            {"kind": "formula", "of_value": 0.3, "constant": 7.0, "knowledge": "perfect"},
            0.7,
            7.0 / 53.0 - 0.7,
        ),
    ],
)
def test_how_a_price_follows_the_value(price, fixed, premium):
    """Bought back in month 2, before its cash: worth 20, 40, 50, 70, in the mean 53."""
    buy = {"kind": "repurchase", "name": "r", "at": {"kind": "month", "month": 2}, "price": price}
    found = disclosed(undertakings=[buy]).back
    assert (found.whole, found.share) == (1.0, 1.0)
    assert found.fixed == pytest.approx(fixed)
    if price["kind"] != "fixed":  # the value by plan is another where the price is fixed
        assert found.premium == pytest.approx(premium)


def test_how_often_the_package_comes_back():
    """Put at 45 in month 2, all known: exercised where 20 and 40 are left, with 10 + 20 %; of it
    0.8 are bought.
    """
    put = {
        "kind": "put",
        "name": "p",
        "months": [2],
        "strike": {"kind": "fixed", "amount": 45.0},
        "knowledge": "perfect",
    }
    whole, part = (
        disclosed(undertakings=[put]).back,
        disclosed(undertakings=[{**put, "share": 0.8}]).back,
    )
    assert (whole.whole, whole.share) == pytest.approx((0.3, 0.3))
    assert (part.whole, part.share) == pytest.approx((0.0, 0.24))
    assert whole.brings_risk_back and not part.brings_risk_back


@pytest.mark.parametrize("final", ["physical", "cash"])
def test_a_swap_that_ends_in_delivery_or_cash_is_a_firm_repurchase(final):
    swap = {
        "kind": "income_swap",
        "name": "s",
        "leg": {"kind": "fixed", "rate": 0.06},
        "pass_back": 0.2,
        "first_month": 1,
        "last_month": 1,
        "final": final,
        "knowledge": "perfect",
    }
    found = disclosed(undertakings=[swap])
    assert found.back.firm and found.back.brings_risk_back
    assert found.term == ReturnTerm("fixed_price")
    assert any("counts as a repurchase at its notional" in line for line in found.assumptions)
    open_ended = disclosed(undertakings=[{**swap, "final": "none"}])
    assert open_ended.term == ReturnTerm() and not open_ended.back.brings_risk_back
    assert open_ended.position.extent > 0.0


def test_a_repurchase_at_its_value_is_no_part_of_the_position():
    price = {"kind": "fair_value", "knowledge": "perfect"}
    buy = {"kind": "repurchase", "name": "r", "at": {"kind": "month", "month": 2}, "price": price}
    found = disclosed(undertakings=[buy])
    assert found.position.extent == 0.0 and found.term.at_value
    made = assess(
        measure(contract(undertakings=[buy]), sold_outcomes()),
        measure(contract(undertakings=[buy]), sold_outcomes()).whole,
    )
    # A forward purchase is surely drawn: the loans weigh in full again, though nothing of the
    # position is left.
    assert (
        str(made.verdict.outcome) == "derecognise" and made.capital.earned == made.capital.before
    )
    assert "forward asset purchases" in made.capital.binding[0].paragraph


def judged(sold_outcomes, **terms):
    result = measure(contract(**terms), sold_outcomes)
    return assess(result, result.whole)


@pytest.mark.parametrize("month", [3, 6, 12])
@pytest.mark.parametrize("knowledge", ["plan", "estimate", "perfect"])
def test_a_forward_repurchase_at_fair_value_is_derecognized(month, knowledge):
    """IFRS 9 B3.2.16(j): what the bank buys again at its value is a new purchase, however early it
    comes back.
    """
    buy = {"kind": "repurchase", "name": "r", "at": {"kind": "month", "month": month}}
    price = {"kind": "fair_value", "knowledge": knowledge}
    made = judged(sample(400), undertakings=[{**buy, "price": price}])
    assert str(made.verdict.outcome) == "derecognise"
    assert "B3.2.16(j)" in made.verdict.paragraph
    assert made.verdict.exposure.chosen.ratio <= 0.1
    assert any("is a new purchase, so" in line for line in made.assumed)


def test_a_fair_value_by_a_plan_of_the_contract_s_own_is_not_the_value():
    """The plan expects a tenth of the cash, so that the price "at fair value" is about ten times
    the value.
    """
    buy = {
        "kind": "repurchase",
        "name": "r",
        "at": {"kind": "month", "month": 12},
        "price": {"kind": "fair_value"},
    }
    made = judged(sample(400), undertakings=[buy], plan=[{"month": 24, "cumulative": 10.0}])
    assert not made.cash.back.at_value
    assert str(made.verdict.outcome) == "keep" and made.capital.earned == made.capital.before


@pytest.mark.parametrize("kind", ["put", "call"])
def test_an_option_on_a_part_brings_no_more_than_the_part_back(kind):
    """An option on nothing is none; one on a twentieth asks for what it can cost, one on the whole
    for full weight.
    """
    strike = {"kind": "fixed", "amount": 55.0 if kind == "put" else 45.0}
    option = {"kind": kind, "name": "o", "months": [12], "strike": strike}
    none, part, whole = (
        judged(sample(400), undertakings=[{**option, "share": share}]).capital
        for share in (0.0, 0.05, 1.0)
    )
    clean = judged(sample(400)).capital
    assert (none.before, none.earned) == (clean.before, clean.earned)
    assert 0.0 < part.earned < part.before and whole.earned == whole.before
