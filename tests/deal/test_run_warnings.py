"""What a deal that was carried out is warned of."""

from __future__ import annotations

import pytest

from npl_sim.securitization.waterfall.waterfall import run_deal
from npl_sim.study.deal_file import load_deal
from npl_sim.study.flow_file import load_flows
from tests.builders.deals import annual, before_last, deal, deal_terms, run_texts
from tests.deal.shipped import DEALS, NAMES


def test_a_call_that_leaves_a_junior_unpaid():
    """After 105 the senior has 5 left and is called for 5.5.

    The caller gets the 80 and 40 to come; the 20 of the sub are lost.
    """
    call = {"tranches": ["senior"], "below": 0.1, "first_date": 2, "price": {"kind": "notes"}}
    found = run_texts(run_deal(deal(clean_up_call=call), annual(105, 0, 120)))
    assert (
        len(found) == 1
        and "leaves 'sub' unpaid in 100.0% of the scenarios, on average 20.00 CNY" in found[0]
    )
    assert "later collects 120.00 net" in found[0]
    whole = {**call, "tranches": ["senior", "sub"], "below": 0.3}
    assert run_texts(run_deal(deal(clean_up_call=whole), annual(105, 0, 120))) == ()


def test_a_reserve_upon_which_nobody_can_draw():
    reserve = {"name": "reserve", "initial": 5.0, "target": {"kind": "fixed", "amount": 5.0}}
    steps = before_last({"kind": "reserve", "account": "reserve"})
    found = run_texts(run_deal(deal(accounts=[reserve], steps=steps), annual(30, 30, 30)))
    assert (
        len(found) == 1 and "account 'reserve' holds cash, but no step draws upon it" in found[0]
    )
    drawn = [
        {**deal_terms()["steps"][0], "sources": ["available", "reserve"]},
        steps[0],
        *deal_terms()["steps"][1:],
    ]
    for helped in (
        {"steps": drawn, "accounts": [reserve]},
        {"steps": steps, "accounts": [{**reserve, "sweep": True}]},
    ):
        assert run_texts(run_deal(deal(**helped), annual(30, 30, 30))) == ()


@pytest.mark.parametrize("name", NAMES)
def test_shipped_deals_give_no_cause(name):
    flows = load_flows(DEALS / f"{name}.flows.yaml", scenarios=60)
    assert run_texts(run_deal(load_deal(DEALS / f"{name}.yaml"), flows)) == ()
