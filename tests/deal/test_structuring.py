"""Terms solved for, the seller's side, the frontier and pools from recipes: closed forms and cases
by hand."""

from __future__ import annotations

import numpy as np
import pytest

from npl_sim.core.errors import DealError
from npl_sim.securitization.results.tranches import yield_of_mean
from npl_sim.securitization.sizing.solve import solve_term
from npl_sim.securitization.terms.structure import Solve
from npl_sim.securitization.waterfall.waterfall import run_deal
from tests.builders.deals import annual, deal, deal_terms
from tests.deal.structuring_terms import YEARS
from tests.deal.test_sizing import scenarios


def solve(find, low, high, want):
    return Solve.model_validate({"find": find, "low": low, "high": high, "want": want})


def test_a_price_is_the_present_value_of_the_mean_cash():
    flows = scenarios()
    request = solve(
        {"kind": "price", "tranche": "sub"},
        0.01,
        5.0,
        {"kind": "yield", "tranche": "sub", "value": 0.12},
    )
    found = solve_term(deal(), request, flows)
    cash = run_deal(deal(), flows).tranches["sub"].cash
    values = cash @ 1.12**-YEARS / 20.0
    assert found.value.value == pytest.approx(values.mean(), rel=1e-10)
    assert found.value.se == pytest.approx(values.std(ddof=1) / np.sqrt(len(values)), rel=1e-6)
    assert found.deal.tranche("sub").price == found.value.value


def test_a_coupon_for_a_yield():
    """Notes paid in full on whole years yield their coupon at par.

    The leap day, which the dates count, makes the only difference.
    """
    request = solve(
        {"kind": "coupon", "tranche": "senior"},
        0.0,
        0.4,
        {"kind": "yield", "tranche": "senior", "value": 0.08},
    )
    found = solve_term(deal(), request, annual(300, 0, 0))
    assert 1 + found.value.value == pytest.approx(1.08 ** YEARS[0], rel=1e-10)
    run = run_deal(found.deal, annual(300, 0, 0))
    rate = yield_of_mean(run.tranches["senior"].cash, run.terms.dates.years, 100.0).value
    assert rate == pytest.approx(0.08, abs=1e-9)


def test_a_margin_for_a_yield_and_its_error():
    """The error of the margin, by the delta method, against new scenarios; as wide as four errors
    of 30 sets."""
    tranches = deal_terms()["tranches"]
    tranches[0] = {
        "name": "senior",
        "balance": 100.0,
        "coupon": {"kind": "floating", "spread": 0.05},
    }
    floating = deal(tranches=tranches, index={"kind": "flat", "rate": 0.02})
    request = solve(
        {"kind": "coupon", "tranche": "senior"},
        0.0,
        0.5,
        {"kind": "yield", "tranche": "senior", "value": 0.07},
    )
    found = [solve_term(floating, request, scenarios(150, s)).value for s in range(30)]
    assert np.mean([f.se for f in found]) == pytest.approx(
        np.std([f.value for f in found], ddof=1), rel=0.6
    )


def test_a_reserve_for_an_interest_cover():
    """Nothing comes in the first year: interest of 10 is covered 1.5 times by a reserve of 15 % of
    the senior notes."""
    changes = deal_terms(
        accounts=[
            {
                "name": "r",
                "target": {"kind": "share_of", "tranches": ["senior"], "share": 0.01},
                "sweep": True,
            }
        ],
        structure={"initial": [{"account": "r", "tranches": ["senior"], "share": 0.01}]},
    )
    changes["steps"].insert(1, {"kind": "reserve", "account": "r"})
    request = solve(
        {"kind": "reserve", "account": "r"},
        0.0,
        0.5,
        {"kind": "interest_cover", "tranche": "senior", "quantile": 0.5, "value": 1.5},
    )
    found = solve_term(deal(**changes), request, annual(0, 60, 200))
    assert found.value.value == pytest.approx(0.15, abs=1e-9)
    account = found.deal.accounts[0]
    from npl_sim.reports.deal.structuring_text import _solved_row
    from npl_sim.reports.formats import money_unit

    assert _solved_row(found, money_unit(100.0))[:2] == ["reserve of r", "15.000%"]
    assert account.initial == pytest.approx(15.0) and account.target.share == pytest.approx(0.15)


def test_no_value_in_range_is_reported():
    request = solve(
        {"kind": "price", "tranche": "senior"},
        0.5,
        0.6,
        {"kind": "yield", "tranche": "senior", "value": 0.1},
    )
    start = r"no price of senior between 0\.5 and 0\.6 gives yield of senior 10\.000%; got "
    worth = "its cash is worth .* more than its price to its cash"
    with pytest.raises(DealError, match=start + worth):
        solve_term(deal(), request, annual(60, 40, 50))
    request = solve(
        {"kind": "coupon", "tranche": "senior"},
        0.0,
        0.1,
        {"kind": "expected_loss", "tranche": "senior", "value": 0.5},
    )
    with pytest.raises(DealError, match="got it is 0.0000%"):
        solve_term(deal(), request, annual(60, 40, 50))
