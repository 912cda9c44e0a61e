"""The seller's book of a simulated package: it agrees with the bid book and foots to the cent."""

from __future__ import annotations

import numpy as np
import pytest

from npl_sim.analysis.loans_of_seller import provisions_by_loan
from npl_sim.analysis.seller_book import expected_return, seller_book
from npl_sim.analysis.seller_figures import seller_effects
from npl_sim.core.errors import StudyError
from npl_sim.engine.simulate import simulate
from npl_sim.stats.discount import present_value
from npl_sim.valuation.bid import solve_bid
from npl_sim.valuation.buyer import BuyerCase
from npl_sim.valuation.parties import Buyer
from npl_sim.valuation.seller import SellerCase, hold_value
from tests.builders.packages import package

SELLER = {
    "discount_rate": 0.07,
    "servicing_rate": 0.06,
    "overhead_rate": 0.002,
    "provision_coverage": {"a": 0.4, "b": 0.6},
    "tax_rate": 0.25,
    "sale_cost": 0.003,
    "capital": {"cost": 0.06},
    "bidders": {"low": 0.08, "mode": 0.12, "high": 0.20, "number": 3, "servicing_rate": 0.05},
    "provision": {
        "effective_rate": 0.08,
        "sale_probability": 0.3,
        "minimum": "china_five_class",
        "scenarios": [
            {"name": "base", "weight": 0.6},
            {"name": "slump", "weight": 0.4, "stress": ["slump"]},
        ],
    },
}
PRICING = {"required_return": 0.1, "servicing_rate": 0.04, "purchase_cost": 0.01}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seller")
    case = package(folder, scenarios=200, seller=SELLER, pricing=PRICING)
    result = case.price()
    return case, result, seller_book(case.study, case.table, result)


def test_the_reservation_price_is_that_of_a_bid_book(made):
    case, result, book = made
    found = hold_value(result.flows, case.study.seller, case.study.pricing)
    assert book.hold.reservation == found.reservation
    assert round(book.ladder[-1].value, 2) == round(found.reservation.value, 2)


def test_loans_and_segments_foot_to_the_package_to_the_cent(made):
    _, _, book = made
    whole = round(100.0 * book.hold.reservation.value)
    assert book.loans.loans["reservation_cents"].sum() == whole
    assert book.loans.by_segment["reservation_cents"].sum() == whole
    sums = book.loans.loans[["hold_value", "bid"]].sum()
    assert sums["hold_value"] == pytest.approx(book.hold.value.value, rel=1e-12)
    assert sums["bid"] == pytest.approx(book.expected_bid.value, rel=1e-12)


def test_a_loan_by_itself_has_the_values_of_its_own_cash(tmp_path, made):
    """A package of one loan is that loan: the same draws, and its own run-off."""
    alone = package(tmp_path, loans=1, scenarios=200, seller=SELLER, pricing=PRICING)
    result = alone.price()
    book = seller_book(alone.study, alone.table, result)
    (loan,) = book.loans.loans.itertuples(index=False)
    assert loan.hold_value == pytest.approx(book.hold.value.value, rel=1e-12)
    assert loan.bid == pytest.approx(book.expected_bid.value, rel=1e-12)
    # Without overheads, tax and capital the run-off of the package plays no part.
    assert loan.bid == pytest.approx(made[2].loans.loans["bid"][0], rel=1e-12)
    assert loan.reservation_se == pytest.approx(made[2].loans.loans["reservation_se"][0])


def test_errors_beside_the_loans(tmp_path):
    """The errors of a package of one loan are those of its own scenarios."""
    alone = package(tmp_path, loans=1, scenarios=200, seller=SELLER, pricing=PRICING)
    book = seller_book(alone.study, alone.table, alone.price())
    (loan,) = book.loans.loans.itertuples(index=False)
    assert loan.reservation_se == pytest.approx(book.hold.reservation.se, rel=1e-9)
    assert loan.hold_value_se == pytest.approx(book.hold.value.se, rel=1e-9)
    assert loan.bid_se == pytest.approx(book.expected_bid.se, rel=1e-9)


def test_the_gain_of_the_best_choice_is_paired(tmp_path):
    """With equal servicing, the error is that of a sale less keeping in each scenario."""
    terms = {"discount_rate": 0.06, "tax_rate": 0.25, "sale_cost": 0.01}
    alone = package(
        tmp_path, loans=1, scenarios=200, seller=terms, pricing={"required_return": 0.12}
    )
    result = alone.price()
    (loan,) = seller_book(alone.study, alone.table, result).loans.loans.itertuples(index=False)
    case = SellerCase(result.flows, alone.study.seller, alone.study.pricing)
    sale = 0.75 * 0.99 * present_value(case.before_cost, 0.12) + 0.25 * case.basis
    found = result.sample.mean(sale - case.hold_values())
    assert loan.gain == pytest.approx(abs(found.value))
    assert loan.gain_se == pytest.approx(found.se)
    assert loan.is_open == (loan.gain < 1.96 * loan.gain_se)
    assert loan.gain_se < 0.5 * loan.hold_value_se


def test_other_servicing_bounds_the_error_of_the_gain(made):
    """The two fees differ by a share of the receipts: the error is at least the paired one."""
    _, _, book = made
    loans = book.loans.loans
    assert (loans["gain_se"] > 0.0).all()
    assert (loans["gain_se"] < loans["hold_value_se"]).all()
    assert loans["is_open"].tolist() == (loans["gain"] < 1.96 * loans["gain_se"]).tolist()


def test_the_best_of_three_values(made):
    _, _, book = made
    loans = book.loans.loans
    sale = np.where(loans["bid"] > 0.0, loans["sale_value"], -np.inf)
    values = {"sell": sale, "keep": loans["hold_value"], "write off": loans["write_off_value"]}
    best = np.max(np.stack([np.asarray(v) for v in values.values()]), axis=0)
    for i, name in enumerate(loans["best"]):
        assert np.asarray(values[name])[i] == best[i]
    # A sale at the reservation price leaves what keeping is worth.
    after = 0.75 * 0.997 * loans["reservation_cents"] / 100.0 + loans["write_off_value"]
    assert after.to_numpy() == pytest.approx(loans["hold_value"].to_numpy(), abs=0.02)


def test_a_loan_without_cash_is_written_off(tmp_path):
    """A claim of 1 has fees above any receipt; its basis still saves tax."""
    case = package(
        tmp_path,
        scenarios=60,
        loan1={"principal": 1},
        seller={"tax_rate": 0.25, "overhead_rate": 0.2},
    )
    book = seller_book(case.study, case.table, case.price())
    loan = book.loans.loans.iloc[1]
    assert loan["bid"] <= 0.0
    assert loan["best"] == "write off"
    assert loan["write_off_value"] == pytest.approx(0.25 * loan["gbv"])


def test_expected_bids_are_those_of_a_plain_buyer(made):
    case, result, book = made
    buyer = Buyer(target_irr=0.12, servicing_rate=0.05)
    bid = solve_bid(BuyerCase(result.flows, buyer, case.study.pricing))[0]
    row = book.bids[np.isclose(book.bids["rate"], 0.12)].iloc[0]
    assert row["bid"] == pytest.approx(bid.value)
    assert row["se"] == pytest.approx(bid.se)
    assert row["above_reservation"] == pytest.approx(bid.value - book.hold.reservation.value)
    assert (np.diff(book.bids["bid"]) < 0.0).all()


def test_the_sale_now_is_the_expected_bid(made):
    _, _, book = made
    row = book.bids[book.bids["rate"] == book.rate].iloc[0]
    assert book.expected_bid.value == row["bid"]
    assert book.gap.value == pytest.approx(row["above_reservation"])
    assert book.gap.se < 0.2 * book.expected_bid.se
    assert book.day_one_at_bid.price == row["bid"]
    assert [sale.month for sale in book.sales] == [0, 6, 12]


def test_the_provision_is_that_of_separate_runs(made):
    case, result, book = made
    stressed = simulate(case.study.model_copy(update={"stress": ("slump",)}), case.table)
    values = []
    for cash in (result.flows, stressed):
        seller = SellerCase(cash, case.study.seller, case.study.pricing)
        work_out = case.study.seller.provision.effective_rate
        kept = cash.sample.mean(present_value(seller.before_cost, work_out)).value
        buyer = Buyer(target_irr=book.rate, servicing_rate=0.05)
        bid = solve_bid(BuyerCase(cash, buyer, case.study.pricing))[0].value
        values.append(0.7 * kept + 0.3 * 0.997 * bid)
    expected = 0.6 * values[0] + 0.4 * values[1]
    assert values[1] < values[0]
    assert book.provision.recoverable.value == pytest.approx(expected)
    assert book.provision.provision == pytest.approx(result.gbv - expected)


def test_provisions_by_loan_sum_to_those_of_the_package(made):
    case, result, book = made
    seller = SellerCase(result.flows, case.study.seller, case.study.pricing)
    found = provisions_by_loan(result.flows, seller)
    assert found.sum() == pytest.approx(book.hold.provisions)
    assert book.minimum is not None
    # No class on this tape: full coverage, loan by loan.
    assert book.minimum_top_up == pytest.approx((result.flows.loans["gbv"] - found).sum())


def test_effects_of_the_sellers_figures(made):
    """Half the distance of the reservation prices at 0.8 and 1.2 times the discount rate."""
    case, result, book = made
    prices = []
    for rate in (0.056, 0.084):
        seller = case.study.seller.model_copy(update={"discount_rate": rate})
        prices.append(hold_value(result.flows, seller, case.study.pricing).reservation.value)
    effects = book.effects.set_index("key")
    row = effects.loc["seller.discount_rate"]
    assert row["effect"] == pytest.approx((prices[0] - prices[1]) / 2.0)
    assert row["state"] == "none"
    assert "seller.provision_coverage.a" in effects.index


def test_a_source_stands_behind_a_figure_of_the_seller(tmp_path):
    case = package(
        tmp_path,
        scenarios=20,
        seller={"tax_rate": 0.25},
        sources=[{"keys": ["seller.tax_rate"], "assumption": "rate of the corporate tax"}],
    )
    effects = seller_effects(case.study, case.simulate())
    assert effects["state"].tolist() == ["assumption"]
    assert effects["origin"].tolist() == ["assumption: rate of the corporate tax"]


def test_without_bidders_the_return_is_an_assumption(tmp_path):
    case = package(tmp_path, scenarios=40, pricing={"required_return": 0.1, "target_irr": 0.14})
    book = seller_book(case.study, case.table, case.price())
    assert expected_return(case.study) == 0.14
    assert not book.rate_is_stated
    assert book.start is None
    assert book.starts == ()
    assert book.minimum is None


def test_an_unknown_stress_and_a_late_sale_are_refused(tmp_path):
    scenarios = [{"name": "a", "weight": 1.0, "stress": ["flood"]}]
    with pytest.raises(StudyError, match=r"seller.provision.scenarios.*'flood'"):
        package(tmp_path / "a", seller={"provision": {"scenarios": scenarios}})
    with pytest.raises(StudyError, match=r"seller.later_sales.*before the horizon of 60"):
        package(tmp_path / "b", seller={"later_sales": [6, 60]})
