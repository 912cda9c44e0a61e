"""What a bid book computes: each bid once, and no scenario beyond those that are planned."""

from __future__ import annotations

import threading

import pytest

from npl_sim.analysis import committee
from npl_sim.analysis.changes import CHANGES
from npl_sim.analysis.committee import bid_book
from npl_sim.analysis.data_flags import data_flags
from npl_sim.analysis.reverse import reverse_stress
from npl_sim.analysis.sensitivity import base_of
from npl_sim.engine.tile import Simulator
from npl_sim.valuation import bid
from npl_sim.valuation.buyer import BuyerCase
from tests.builders.packages import package

SCENARIOS = 40
BUYER = {
    "target_irr": 0.15,
    "measure": "probability",
    "level": 0.6,
    "tax": {"rate": 0.25},
    "information_discount": 0.02,
}


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return package(tmp_path_factory.mktemp("work"), scenarios=SCENARIOS, buyer=BUYER)


@pytest.fixture
def simulated(monkeypatch):
    """Count the scenarios of each part of a simulation."""
    counts: list[int] = []
    simulate = Simulator.simulate

    def counted(self, first, count, *rest, **options):
        counts.append(count)
        return simulate(self, first, count, *rest, **options)

    monkeypatch.setattr(Simulator, "simulate", counted)
    return counts


def test_the_bid_of_the_price_is_not_solved_again(case, monkeypatch):
    """The price solves the bid of its cash; the bid book only those of other terms or cash."""
    made, solved = {}, []
    begin, solve = BuyerCase.__init__, bid.break_even_prices

    def noted(self, flows, *rest, **more):
        begin(self, flows, *rest, **more)
        made[id(self)] = self, flows

    def counted(problem):
        solved.append((made[id(problem)][1], problem.buyer))
        return solve(problem)

    monkeypatch.setattr(BuyerCase, "__init__", noted)
    monkeypatch.setattr(bid, "break_even_prices", counted)
    result = case.price()
    book = bid_book(case.study, case.table, result)
    own = [buyer for flows, buyer in solved if flows is result.flows]
    # Once for the bid, and once with higher costs of work-out.
    assert own.count(case.study.buyer) == 2 and len(solved) > 10
    assert book.bid.price == result.buyer_bid == book.deal.bid


def test_terms_that_differ_from_those_of_the_price_are_solved(case):
    result = case.price()
    pricing = case.study.pricing.model_copy(update={"servicing_rate": 0.2})
    other = case.study.model_copy(update={"pricing": pricing})
    assert committee._solved(case.study, result) is result.buyer_solved
    assert committee._solved(other, result)[0].value < result.buyer_solved[0].value


def test_a_bid_book_simulates_the_scenarios_that_are_planned(case, simulated):
    """Twice for contributions, once for each stress and each end of a change of the study.

    Few scenarios are simulated for four collateral prices, three cases, and without a change.
    """
    result = case.price()
    simulated.clear()
    _, base = base_of(case.study, case.table, result.flows)
    assert base is result.flows and not simulated
    data_flags(case.study, case.table, base)
    reverse_stress(case.study, case.table)
    apart = sum(simulated)
    simulated.clear()
    bid_book(case.study, case.table, result)
    changes = sum(c.kind != "cash" for c in CHANGES)
    stresses = len(case.study.market.stresses)
    assert sum(simulated) == apart + SCENARIOS * (2 + stresses + 2 * changes + 4 + 3 + 1)


@pytest.mark.parametrize("threads", [1, 2])
def test_the_second_method_runs_beside_the_simulations_where_a_core_is_free(
    case, monkeypatch, threads
):
    ran = []
    opinion = committee.second_opinion

    def noted(*arguments):
        ran.append(threading.current_thread())
        return opinion(*arguments)

    monkeypatch.setattr(committee, "second_opinion", noted)
    size = case.study.simulation.model_copy(update={"threads": threads})
    study = case.study.model_copy(update={"simulation": size})
    book = bid_book(study, case.table, case.price())
    assert book.second is not None
    assert (ran == [threading.current_thread()]) == (threads == 1)
