"""Retention of the seller: price at closing, vertical and horizontal shares, qualifying sale."""

from __future__ import annotations

import numpy as np
import pytest

from npl_sim.core.errors import DealError
from npl_sim.securitization.sizing.seller import seller_result
from npl_sim.securitization.terms.seller import Seller
from npl_sim.securitization.waterfall.waterfall import run_deal
from npl_sim.stats import risk
from tests.builders.deals import annual, deal, deal_terms
from tests.deal.structuring_terms import SELLER, YEARS
from tests.deal.test_sizing import scenarios


def sold(flows, changes=None, **seller):
    run = run_deal(deal(**(changes or {})), flows)
    return run, seller_result(run, Seller.model_validate({**SELLER, **seller}))


def test_vertical_retention_conserves():
    """What is sold and what is kept are the whole: balances, cash and value; 5 % of each class."""
    run, s = sold(scenarios(), retention={"kind": "vertical", "share": 0.05})
    assert s.notes["kept"].tolist() == pytest.approx([5.0, 1.0])
    assert (s.notes["kept"] + s.notes["sold"]).tolist() == pytest.approx(
        s.notes["balance"].tolist()
    )
    worth = {n: run.tranches[n].cash @ 1.1**-YEARS for n in ("senior", "sub")}
    assert s.kept_value.value == pytest.approx(0.05 * sum(x.mean() for x in worth.values()))
    assert s.kept_worst.value == pytest.approx(
        0.05 * risk.expected_shortfall(sum(worth.values()), 0.05).value
    )
    _, none = sold(
        scenarios(),
        retention={"kind": "vertical", "share": 0.0},
        required_yields=[{"tranche": n, "rate": 0.1} for n in worth],
    )
    assert s.kept_value.value + 0.95 * none.proceeds.value == pytest.approx(none.proceeds.value)
    # The discount does not depend on how much is kept at par: balances kept count as sold at par.
    _, half = sold(scenarios(), retention={"kind": "vertical", "share": 0.5})
    assert s.discount.value == pytest.approx(half.discount.value) == pytest.approx(1 - 120 / 500)


def test_closing_by_hand():
    """Sold 95 at par and 19 at 110 %: 115.9; less costs of 2 and a reserve of 4: 109.9. Kept are 5
    % of certain cash."""
    tranches = deal_terms()["tranches"]
    tranches[1]["price"] = 1.1
    changes = deal_terms(
        tranches=tranches,
        closing_costs=2.0,
        retained=0.05,
        accounts=[{"name": "r", "initial": 4.0}],
    )
    changes["steps"].insert(1, {"kind": "reserve", "account": "r"})
    changes["accounts"][0]["target"] = {"kind": "fixed", "amount": 4.0}
    _, s = sold(annual(130, 40, 0), changes)
    # First date: 130 and interest 10, principal 100, sub 20; then 40 and, at the end, the reserve
    # of 4 for the residual.
    kept = 0.05 * (
        110 * 1.1 ** -YEARS[0]
        + 20 * 1.1 ** -YEARS[0]
        + 40 * 1.1 ** -YEARS[1]
        + 4 * 1.1 ** -YEARS[2]
    )
    assert s.proceeds.value == pytest.approx(95 + 19 * 1.1) and s.cash.value == pytest.approx(
        109.9
    )
    assert s.kept_value.value == pytest.approx(kept)
    assert s.net_carrying == 120.0 and s.day_one.value == pytest.approx(109.9 + kept - 120.0)
    assert s.discount.value == pytest.approx(1 - (115.9 + 6.0) / 500) and s.qualifying


def test_horizontal_retention_fills_from_the_bottom():
    _, s = sold(annual(60, 40, 50), retention={"kind": "horizontal", "share": 0.05})
    assert s.notes["kept"].tolist() == [5.0, 20.0]  # 5 % of 500
    _, s = sold(annual(60, 40, 50), retention={"kind": "horizontal", "share": 0.05, "of": "notes"})
    assert s.notes["kept"].tolist() == [0.0, 6.0]
    with pytest.raises(DealError, match="more than all notes"):
        sold(annual(60, 40, 50), retention={"kind": "horizontal", "share": 0.3})


def test_qualifying_needs_both():
    assert not sold(annual(60, 40, 50), non_performing_share=0.89)[1].qualifying
    assert sold(annual(60, 40, 50), non_performing_share=0.9)[1].qualifying
    assert not sold(annual(60, 40, 50), changes={"pool_balance": 239.0})[1].qualifying
    assert sold(annual(60, 40, 50), changes={"pool_balance": 240.0})[1].qualifying


def test_buyers_yields_set_prices_with_their_errors():
    run, s = sold(
        scenarios(), required_yields=[{"tranche": "sub", "rate": 0.15, "loss_multiple": 2.0}]
    )
    t = run.tranches["sub"]
    loss = (t.balance[:, -1] + t.unpaid[:, -1]).mean() / 20.0
    paid = t.principal.sum(axis=1)
    life = (t.principal[paid > 0] @ YEARS / paid[paid > 0]).mean()
    worth = t.cash @ (1.15 + 2 * loss / life) ** -YEARS / 20.0
    assert s.notes["price"][1] == pytest.approx(worth.mean())
    assert s.notes["price_se"][1] == pytest.approx(worth.std(ddof=1) / np.sqrt(len(worth)))
    assert s.notes["price"][0] == 1.0 and s.notes["price_se"][0] == 0.0
