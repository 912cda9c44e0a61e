"""Each rule of an auction on single loans, with dates and amounts by hand.

docs/model.md 4.6, step 1.

A claim of 1,000 without interest is enforced from today on. The item is appraised at once, and the
first auction is in month 2.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from npl_sim.core.layout import Kind
from tests.builders.studies import loan, study


def auctioned(folder, home, value=800.0, liens=0.0, scenarios=2, horizon=40, **sections):
    """Return cash by scenario, month and kind of one loan with one item."""
    item = {
        "loan_id": "L000000",
        "collateral_id": "C",
        "kind": "house",
        "region": "east",
        "appraisal_value": value,
        "prior_liens": liens,
        "appraisal_date": "2026-06-30",
    }
    case = study(
        folder,
        [loan(stage="enforcement", stage_date="2026-06-30", principal=1000.0)],
        {"enforcement": {"search_duration": 0}},
        [item],
        simulation={"scenarios": scenarios, "horizon_months": horizon, "seed": 3},
        **{"collateral": {"default": home}, **sections},
    )
    return case.simulate().amounts.sum(axis=3)


def by_month(cash, kind):
    """Return the amounts of a kind in the first scenario, by month."""
    paid = cash[0, :, kind]
    return {int(m): pytest.approx(paid[m]) for m in np.flatnonzero(paid)}


def rounds(*reserves, **terms):
    """Return rounds every two months."""
    return [{"reserve": r, "months": 2, **terms} for r in reserves]


@pytest.mark.parametrize(("bidders", "price"), [(1e2, 560.0), (1e-6, None), (None, 560.0)])
def test_competing_bidders_pay_their_valuation_and_without_any_nothing_is_sold(
    tmp_path, bidders, price
):
    """All value the item at 800 less 30 %; the reserve is 400."""
    home = {"rounds": rounds(0.5, bidders=bidders), "forced_sale_discount": 0.3}
    found = by_month(auctioned(tmp_path, home), Kind.COLLATERAL)
    assert found == ({} if price is None else {2: price})


def test_a_single_bidder_pays_the_reserve(tmp_path):
    """One bidder on average: 400 with one, 560 with more, nothing with none. 40,000 scenarios,
    four standard errors."""
    home = {"rounds": rounds(0.5, bidders=1.0), "forced_sale_discount": 0.3}
    price = auctioned(tmp_path, home, scenarios=40_000, horizon=3)[:, 2, Kind.COLLATERAL]
    for amount, chance in ((0.0, math.exp(-1)), (400.0, math.exp(-1)), (560.0, 1 - 2 / math.e)):
        assert np.isclose(price, amount).mean() == pytest.approx(chance, abs=4 * 0.0025)


def test_bids_of_one_item_share_a_component_in_all_rounds(tmp_path):
    """With a correlation of 1 a second round at the same reserve sells nothing more."""
    home = {"rounds": rounds(0.7, 0.7), "bid_volatility": 0.4, "forced_sale_discount": 0.3}
    sold = {}
    for correlation in (0.0, 1.0):
        terms = {**home, "bid_correlation": correlation}
        cash = auctioned(tmp_path / str(correlation), terms, scenarios=4_000, horizon=5)
        sold[correlation] = (cash[:, :, Kind.COLLATERAL] > 0.0).mean(axis=0)
    assert sold[1.0][2] == pytest.approx(sold[0.0][2], abs=4 * 0.0112)
    assert sold[1.0][4] == 0.0 and sold[0.0][4] > 0.15


def test_an_item_without_bidders_is_never_sold_and_keeps_its_lien(tmp_path):
    home = {"rounds": rounds(0.5, 0.4), "no_bidder_probability": 1.0, "reauctions": 1}
    cash = auctioned(tmp_path, home)
    assert not cash.any()
    found = auctioned(tmp_path / "half", {**home, "no_bidder_probability": 0.5}, scenarios=4_000)
    assert (found[:, 2, Kind.COLLATERAL] > 0.0).mean() == pytest.approx(0.5, abs=4 * 0.008)
    assert not found[:, 3:, Kind.COLLATERAL].any()


def test_a_withdrawn_auction_comes_again_in_the_same_round(tmp_path):
    """Withdrawn with 0.4: sold at the first reserve in months 2, 4, 6, ... with 0.6 * 0.4^k."""
    home = {"rounds": rounds(0.5, 0.1, bidders=1e2), "withdrawal_probability": 0.4}
    cash = auctioned(tmp_path, home, scenarios=10_000)[:, :, Kind.COLLATERAL]
    for k in range(4):
        share = (cash[:, 2 + 2 * k] > 0.0).mean()
        assert share == pytest.approx(0.6 * 0.4**k, abs=4 * 0.005)
    assert set(np.unique(cash)) == {0.0, 800.0}


def test_a_winner_who_defaults_loses_the_deposit_once(tmp_path):
    """A deposit of 20 % of 640 in month 2; the round is held again at its reserve in month 4."""
    home = {"rounds": rounds(0.8, 0.1, bidders=1e2), "winner_default_probability": 1.0}
    cash = auctioned(tmp_path, {**home, "deposit": 0.2, "forced_sale_discount": 0.1})
    assert by_month(cash, Kind.COLLATERAL) == {2: 128.0, 4: 720.0}
    assert by_month(auctioned(tmp_path / "no", home), Kind.COLLATERAL) == {4: 800.0}


def test_a_new_appraisal_begins_a_new_cycle(tmp_path):
    """800 fails at a reserve of 1.1 x 800. Appraised anew in month 6 at half the index, the item
    sells for 800 in month 8, above 440."""
    dip = {
        "factor": "index:*",
        "months": [0, 5, 6, 7],
        "multipliers": [1.0, 1.0, 0.5, 1.0],
    }
    market = {"indices": [{}], "stresses": [{"name": "dip", "overlays": [dip]}]}
    home = {"rounds": rounds(1.1), "reappraisal_months": 4}
    none = auctioned(tmp_path / "none", home, market=market, stress=["dip"])
    assert not none.any()
    once = auctioned(tmp_path / "once", {**home, "reauctions": 1}, market=market, stress=["dip"])
    assert by_month(once, Kind.COLLATERAL) == {8: 800.0}


def test_the_court_may_err_afresh_at_each_appraisal(tmp_path):
    """Sold if the error is below 1 / 0.9: half of the items by log error 0.3 and another cycle."""
    home = {"rounds": rounds(0.9), "court_appraisal_error": 0.3, "reauctions": 1}
    cash = auctioned(tmp_path, home, scenarios=10_000)[:, :, Kind.COLLATERAL]
    p = 0.5 * (1.0 + math.erf((-math.log(0.9) / 0.3 + 0.15) / math.sqrt(2.0)))
    assert (cash[:, 2] > 0.0).mean() == pytest.approx(p, abs=4 * 0.005)
    assert (cash[:, 4] > 0.0).mean() == pytest.approx(p * (1.0 - p), abs=4 * 0.005)


@pytest.mark.parametrize(
    ("required", "value", "price"),
    [(False, 800.0, 60.0), (True, 800.0, None), (True, 1000.0, 200.0)],
)
def test_under_the_no_surplus_rule_a_price_must_cover_liens_and_costs(
    tmp_path, required, value, price
):
    """Liens of 500 and costs of a quarter: a price above 667, not only above 500. 70 % of 800
    is 560, of 1,000 is 700."""
    home = {
        "rounds": rounds(0.4),
        "forced_sale_discount": 0.3,
        "cost": 0.15,
        "tax": 0.1,
        "surplus_required": required,
    }
    cash = auctioned(tmp_path, home, value, liens=500.0)
    assert by_month(cash, Kind.COLLATERAL) == ({} if price is None else {2: price})


def test_a_sell_off_sells_at_its_reserve_within_its_window(tmp_path):
    """Open from month 4 for 3 months: a third of the sales in each, at 0.6 x 800."""
    steps = [{"reserve": 0.9, "months": 2}, {"reserve": 0.6, "months": 2, "window": 3}]
    home = {"rounds": steps, "forced_sale_discount": 0.2}
    cash = auctioned(tmp_path, home, scenarios=9_000)[:, :, Kind.COLLATERAL]
    for month in (5, 6, 7):
        assert (cash[:, month] > 0.0).mean() == pytest.approx(1 / 3, abs=4 * 0.005)
    assert set(np.unique(cash)) == {0.0, 480.0}


TAKEN = {"resale_duration": 3, "resale_discount": 0.25}


def test_the_creditor_may_accept_the_item_at_each_failed_round(tmp_path):
    """Accepted in month 2 for 720, resold for 600 in month 5. With a probability of 0 in the
    first round it is accepted in month 4 for 640."""
    steps = rounds(0.9, 0.8)
    steps[0]["acceptance_probability"] = 1.0
    home = {"rounds": steps, "forced_sale_discount": 0.5, **TAKEN, "tax": 0.1}
    first = auctioned(tmp_path / "first", home)
    assert by_month(first, Kind.IN_KIND) == {5: 600.0}
    assert by_month(first, Kind.TAX) == {2: -72.0}
    later = {**home, "rounds": rounds(0.9, 0.8), "acceptance_against_debt_probability": 1.0}
    last = auctioned(tmp_path / "last", later)
    assert by_month(last, Kind.IN_KIND) == {7: 600.0}
    assert by_month(last, Kind.TAX) == {4: -64.0}


def test_the_surplus_of_an_accepted_item_is_paid_in_cash(tmp_path):
    """1,600 at a reserve of 0.75 is 1,200: 200 above the debt of 1,000. Resold for 1,200."""
    home = {
        "rounds": rounds(0.75),
        "forced_sale_discount": 0.5,
        "acceptance_against_debt_probability": 1.0,
        **TAKEN,
    }
    cash = auctioned(tmp_path, home, value=1600.0)
    assert by_month(cash, Kind.HOLDING) == {2: -200.0}
    assert by_month(cash, Kind.IN_KIND) == {5: 1200.0}


def test_a_creditor_who_does_not_pay_the_surplus_leaves_the_item_up(tmp_path):
    """1,200 is above the debt of 1,000; in the next round it is sold for 800."""
    steps = rounds(0.75, 0.4)
    steps[0]["acceptance_probability"] = 1.0
    home = {"rounds": steps, "forced_sale_discount": 0.5, **TAKEN}
    terms = {**home, "surplus_payment_probability": 0.0}
    cash = auctioned(tmp_path, terms, value=1600.0)
    assert by_month(cash, Kind.COLLATERAL) == {4: 800.0}
    assert not cash[:, :, [Kind.IN_KIND, Kind.HOLDING]].any()


def test_an_item_worth_more_than_the_debt_is_not_lost(tmp_path):
    """The value of a loan rises with that of its item, across the point where it exceeds the debt.

    All rounds fail. Without payment of the surplus, the cash fell to 0 there.
    """
    home = {
        "rounds": rounds(0.75),
        "forced_sale_discount": 0.9,
        "acceptance_against_debt_probability": 1.0,
        "resale_duration": 0,
    }
    total = [
        auctioned(tmp_path / str(value), home, value=value)[0].sum()
        for value in (1200.0, 1330.0, 1340.0, 1700.0)
    ]
    assert total == pytest.approx([1200.0, 1330.0, 1340.0 - 5.0, 1700.0 - 275.0])


def test_terms_of_a_kind_and_region_come_before_those_of_the_kind(tmp_path):
    def sold(*names):
        terms = {name: {"forced_sale_discount": d} for name, d in names}
        cash = auctioned(
            tmp_path / "-".join(n.replace("/", "_") for n, _ in names), {}, collateral=terms
        )
        return cash[0, 0, Kind.COLLATERAL] + cash[0, 1:, Kind.COLLATERAL].sum()

    assert sold(("default", 0.5)) == pytest.approx(400.0)
    assert sold(("default", 0.5), ("house", 0.25)) == pytest.approx(600.0)
    assert sold(("house", 0.25), ("House/East", 0.1)) == pytest.approx(720.0)
    assert sold(("house", 0.25), ("house/west", 0.1)) == pytest.approx(600.0)


def test_an_entry_of_a_region_changes_some_keys_of_its_kind(tmp_path):
    """70 % of 800 above a reserve of 50 %, with the tax of the kind and the discount of the
    region."""
    home = {"rounds": rounds(0.5), "tax": 0.1, "forced_sale_discount": 0.2}
    terms = {"house": home, "house/east": {"forced_sale_discount": 0.3}}
    cash = auctioned(tmp_path, {}, collateral=terms)
    assert by_month(cash, Kind.COLLATERAL) == {2: 560.0}
    assert by_month(cash, Kind.TAX) == {2: -56.0}
