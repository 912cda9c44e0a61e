"""Continuing involvement: the worked examples of IFRS 9, figure by figure."""

from __future__ import annotations

import pytest

from npl_sim.accounting.continuing_involvement import (
    after_impairment,
    collar_involvement,
    involvement,
)
from npl_sim.accounting.day_one import measure_day_one
from npl_sim.accounting.decision_tree import derecognition
from npl_sim.accounting.facts import TransferFacts
from npl_sim.accounting.journal import Entry, balanced
from npl_sim.core.errors import ConservationError
from npl_sim.core.judgment import Outcome

# IFRS 9 B3.2.17: loans of 10,000; 9,115 for 90 % of all collections. The 1,000 kept bear the first
# losses. Fair value of the loans 10,100, and of the excess spread 40.
B3217 = TransferFacts(
    part="proportionate_share",
    transferred_share=0.9,
    guarantee_cap=1_000.0,
    excess_spread_fair_value=40.0,
    carrying_amount=10_000.0,
    fair_value=10_100.0,
    proceeds=9_115.0,
    transferee_can_sell=False,
    variability={"mean_absolute_deviation": 0.6},
)


def journal(measured) -> dict[str, float]:
    return {entry.account: pytest.approx(entry.amount) for entry in measured.entries}


def test_b3_2_17_figure_by_figure():
    found = derecognition(B3217)
    assert found.outcome is Outcome.CONTINUING
    measured = found.measurement
    assert measured.share_price == pytest.approx(9_090.0)  # 90 % of 10,100
    assert measured.guarantee_value == pytest.approx(65.0)  # 25 of the price and 40 of spread
    assert measured.gain == pytest.approx(90.0)  # 9,090 - 9,000
    assert measured.kept_at_cost == pytest.approx(1_000.0)
    assert measured.involvement == pytest.approx(1_040.0)
    assert measured.asset == pytest.approx(2_040.0)
    assert measured.liability == pytest.approx(1_065.0)
    assert journal(measured) == {
        "transferred asset": -9_000.0,
        "continuing involvement": 1_000.0,
        "excess spread received as consideration": 40.0,
        "gain on transfer": -90.0,
        "associated liability": -1_065.0,
        "cash received": 9_115.0,
    }
    assert sum(entry.amount for entry in measured.entries if entry.amount > 0) == pytest.approx(
        10_155.0
    )
    assert found.kept_share == pytest.approx(
        0.2
    )  # 1,000 never transferred and 1,000 of involvement, of 10,000


def test_b3_2_17_a_year_later():
    """A credit loss of 300: the asset falls by 600, the liability by 300, the charge is 300."""
    first = measure_day_one(B3217, Outcome.CONTINUING, 0.6)
    later, charge = after_impairment(first, 300.0)
    assert first.asset - later.asset == pytest.approx(600.0)
    assert first.liability - later.liability == pytest.approx(300.0)
    assert charge == pytest.approx(300.0)


def test_b3_2_13_a_guarantee():
    """The asset is the lower of carrying amount and guarantee; the liability is the guarantee and
    its fair value.
    """
    base = {
        "carrying_amount": 1_000.0,
        "fair_value": 1_000.0,
        "proceeds": 1_010.0,
        "guarantee_fair_value": 10.0,
    }
    small = involvement(TransferFacts(**base, guarantee_cap=100.0), 0.5)
    assert (small.involvement, small.liability, small.gain) == (100.0, 110.0, 0.0)
    assert small.liability == small.involvement + small.guarantee_value
    written_down = involvement(
        TransferFacts(**{**base, "carrying_amount": 60.0}, guarantee_cap=100.0), 0.5
    )
    assert (written_down.involvement, written_down.liability) == (60.0, 110.0)
    assert written_down.gain == 1_010.0 + 60.0 - 110.0 - 60.0


def test_no_more_than_what_was_received_can_be_paid_back():
    found = involvement(
        TransferFacts(
            carrying_amount=500.0, fair_value=200.0, proceeds=200.0, guarantee_cap=900.0
        ),
        0.5,
    )
    assert found.involvement == 200.0


def option(
    repurchase: str,
    fair: float,
    strike: float,
    time: float,
    proceeds: float,
    at: str = "fair_value",
) -> TransferFacts:
    return TransferFacts(
        repurchase=repurchase,
        option_moneyness="near",
        option_strike=strike,
        option_time_value=time,
        measured_at=at,
        carrying_amount=fair,
        fair_value=fair,
        proceeds=proceeds,
    )


def test_b3_2_13_b_an_option_on_an_asset_at_amortized_cost():
    """Carried at 98, sold for 95: the asset stays at 98 and the liability begins at 95."""
    found = involvement(option("put_option", 98.0, 100.0, 2.0, 95.0, "amortized_cost"), 0.5)
    assert (found.involvement, found.liability, found.gain) == (98.0, 95.0, 0.0)


def test_b3_2_13_c_a_call_on_an_asset_at_fair_value():
    """Fair value 80, strike 95, time value 5: out of the money, the liability is 75; in it, at 104
    of value, 90.
    """
    assert involvement(option("call_option", 80.0, 95.0, 5.0, 75.0), 0.5).liability == 75.0
    inside = involvement(option("call_option", 104.0, 95.0, 5.0, 90.0), 0.5)
    assert (inside.involvement, inside.liability) == (104.0, 90.0)


def test_b3_2_13_d_a_put_on_an_asset_at_fair_value():
    """Fair value 120, strike 100, time value 5: the asset is 100 and the liability 105."""
    found = involvement(option("put_option", 120.0, 100.0, 5.0, 105.0), 0.5)
    assert (found.involvement, found.liability) == (100.0, 105.0)


def test_b3_2_13_e_a_collar():
    """Fair value 100, call at 120 with time value 5, put worth 1: the liability is 96 and the net
    asset 4.
    """
    found = collar_involvement(
        option("put_option", 100.0, 80.0, 1.0, 96.0),
        call_strike=120.0,
        call_time=5.0,
        put_value=1.0,
    )
    assert (found.involvement, found.liability, found.asset - found.liability) == (
        100.0,
        96.0,
        4.0,
    )
    assert found.gain == 0.0


def test_involvement_without_a_bound_in_the_contract_is_called_an_assumption():
    found = involvement(
        TransferFacts(carrying_amount=200.0, fair_value=200.0, proceeds=190.0), 0.4
    )
    assert (found.involvement, found.liability, found.gain) == (80.0, 80.0, -10.0)
    assert "taken as the retained share of variability" in found.assumption


def test_a_share_that_was_never_transferred_stays_at_cost():
    half = {
        "part": "proportionate_share",
        "transferred_share": 0.5,
        "carrying_amount": 200.0,
        "fair_value": 240.0,
        "proceeds": 130.0,
    }
    gone = measure_day_one(TransferFacts(**half), Outcome.DERECOGNISE, 0.0)
    assert (gone.kept_at_cost, gone.gain) == (100.0, 30.0)
    partly = involvement(TransferFacts(**half), 0.4)
    assert (partly.kept_at_cost, partly.involvement) == (100.0, 40.0)


def test_gain_on_the_day_is_what_came_in_less_what_went_out():
    """3.2.12: cash 90 and a deferred price of 8, less a swap of 3, a guarantee of 2 and the asset
    of 80: 13.
    """
    found = measure_day_one(
        TransferFacts(
            carrying_amount=80.0,
            fair_value=95.0,
            proceeds=90.0,
            new_assets=8.0,
            new_liabilities=3.0,
            guarantee_cap=5.0,
            guarantee_fair_value=2.0,
        ),
        Outcome.DERECOGNISE,
        0.05,
    )
    assert found.gain == pytest.approx(13.0)
    assert (found.asset, found.liability) == (0.0, 2.0)  # the guarantee; the swap stands by itself


def test_a_sale_that_is_a_loan_has_no_gain():
    found = measure_day_one(
        TransferFacts(carrying_amount=80.0, fair_value=95.0, proceeds=90.0), Outcome.KEEP, 1.0
    )
    assert (found.asset, found.liability, found.gain) == (80.0, 90.0, 0.0)


def test_a_journal_that_does_not_balance_is_a_fault_of_the_program():
    with pytest.raises(ConservationError):
        balanced((Entry("cash received", 1.0), Entry("transferred asset", -2.0)))
