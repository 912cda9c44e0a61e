"""Cash that is written to a run folder and read back: the same price, returns, deal and
channel.
"""

from __future__ import annotations

import zipfile
from datetime import date

import numpy as np
import pytest

from npl_sim.analysis import precision
from npl_sim.cashflows.stored_cash import CASH_FILE, read_cash, write_cash
from npl_sim.channels.outcomes import outcomes_of_flows
from npl_sim.core.errors import NplSimError
from npl_sim.runs.study_session import load_study
from npl_sim.securitization.collections import from_package
from npl_sim.stats.irr import IrrSolver
from npl_sim.valuation.bid import buyer_bid
from npl_sim.valuation.parties import Buyer
from npl_sim.valuation.price import price
from npl_sim.valuation.spec import Pricing
from tests.builders.studies import study
from tests.engine.test_same_bits import MARKET, POLICIES, tape

BUYER = Buyer(servicing_rate=0.07)


@pytest.fixture
def simulated(tmp_path):
    """Return the cash of a small study at a level of detail."""
    loans, items = tape(30)
    size = {"scenarios": 70, "horizon_months": 24, "seed": 5, "group_by": "region"}
    terms = {"house": {"appraisal_error": 0.1, "drift_volatility": 0.1, "bid_volatility": 0.1}}
    study(
        tmp_path,
        loans,
        POLICIES,
        items,
        market=MARKET,
        collateral=terms,
        simulation=size,
        pricing={"servicing_rate": 0.08, "required_return": 0.1},
    )

    def run(keep, **values):
        settings = {f"simulation.{name}": value for name, value in values.items()}
        case = load_study(tmp_path / "study.yaml", {"simulation.keep": keep, **settings})
        return case, case.simulate()

    return run


def same_valuation(one, other, pricing):
    """Compare all numbers of two valuations to the last bit."""
    a, b = (price(cash, pricing, buyer=BUYER) for cash in (one, other))
    assert np.array_equal(a.pv, b.pv) and np.array_equal(a.net_total, b.net_total)
    for name in (
        "mean",
        "sd",
        "expected_shortfall",
        "quantiles",
        "values_by_probability",
        "value_at_target",
        "life",
    ):
        assert repr(getattr(a, name)) == repr(getattr(b, name)), name
    assert repr(a.buyer_bid) == repr(b.buyer_bid)
    assert a.recovery.equals(b.recovery)
    assert a.breakdowns["group"].equals(b.breakdowns["group"])
    assert np.array_equal(a.breakdowns["kind"]["pv"], b.breakdowns["kind"]["pv"])
    paid = a.value_at_target.value
    first, second = (
        IrrSolver(cash.every("net"), pricing.cash_timing).solve(paid) for cash in (one, other)
    )
    assert np.array_equal(first.rate, second.rate, equal_nan=True)
    assert np.array_equal(first.status, second.status)


@pytest.mark.parametrize("keep", ["kinds", "totals", "streamed"])
def test_price_and_returns_are_recomputed_exactly(simulated, tmp_path, keep):
    case, cash = simulated(keep)
    size = write_cash(tmp_path / CASH_FILE, cash)
    assert size == (tmp_path / CASH_FILE).stat().st_size
    stored = read_cash(tmp_path / CASH_FILE)
    assert (stored.streams_from is not None) == (keep == "streamed")
    assert len(cash.groups) > 1 and not len(stored.loans)
    same_valuation(cash, stored, case.study.pricing)
    bids = [repr(buyer_bid(x, BUYER, case.study.pricing)) for x in (cash, stored)]
    assert bids[0] == bids[1]


def test_replicates_and_control_variates_are_stored(simulated, tmp_path):
    for keep in ("kinds", "streamed"):
        case, cash = simulated(keep, precision=0.005, scenarios=64)
        assert cash.draws > 1 and cash.control_variates.size
        write_cash(tmp_path / CASH_FILE, cash)
        stored = read_cash(tmp_path / CASH_FILE)
        assert stored.draws == cash.draws and stored.precision == cash.precision
        assert np.array_equal(stored.sample.weights, cash.sample.weights)
        same_valuation(cash, stored, case.study.pricing)
    assert cash.scenarios >= precision.FEWEST


def test_deal_and_channel_take_stored_cash(simulated, tmp_path):
    _, cash = simulated("kinds")
    write_cash(tmp_path / CASH_FILE, cash)
    stored = read_cash(tmp_path / CASH_FILE)
    deals = [from_package(x, date(2026, 6, 30), leave_out=("servicing",)) for x in (cash, stored)]
    channels = [outcomes_of_flows(x, 0.1) for x in (cash, stored)]
    for one, other in (deals, channels):
        assert np.array_equal(one.received, other.received)
        assert np.array_equal(one.costs, other.costs)
    assert np.array_equal(channels[0].drivers, channels[1].drivers)
    assert np.array_equal(channels[0].probability, channels[1].probability)


def test_stored_cash_by_group_is_priced_at_any_rate(simulated, tmp_path):
    _, cash = simulated("kinds")
    write_cash(tmp_path / CASH_FILE, cash)
    other = Pricing(required_return=0.2, servicing_rate=0.08)
    result = price(read_cash(tmp_path / CASH_FILE), other)
    assert repr(result.mean) == repr(price(cash, other).mean)
    assert set(result.breakdowns) == {"kind", "group"}
    assert "Loans are not stored with this cash" in " ".join(result.notes)


def test_equal_cash_gives_equal_files_that_numpy_opens(simulated, tmp_path):
    _, cash = simulated("totals")
    paths = [tmp_path / name for name in ("a.npz", "b.npz")]
    for path in paths:
        write_cash(path, cash)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    with np.load(paths[0]) as arrays:
        amounts = arrays["blocks/000000/amounts"]
        assert amounts.shape == (cash.scenarios, cash.months + 1, 2, len(cash.groups))
        assert amounts.sum(axis=(2, 3)) == pytest.approx(cash.net)
        assert np.array_equal(arrays["weights"], cash.sample.weights)


def test_a_file_that_is_no_cash_is_refused(simulated, tmp_path):
    _, cash = simulated("totals")
    path = tmp_path / CASH_FILE
    with pytest.raises(NplSimError, match="expected the cash.npz of a run folder"):
        read_cash(path)
    path.write_bytes(b"no archive")
    with pytest.raises(NplSimError, match="expected the cash.npz of a run folder"):
        read_cash(path)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("header.json", '{"format": "other"}')
    with pytest.raises(NplSimError, match="format 'other'"):
        read_cash(path)
    write_cash(path, cash)
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(NplSimError, match="expected the cash.npz of a run folder"):
        read_cash(path)
