"""Any random contract has one verdict, and milder statements never change it."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from npl_sim.channels.result import measure
from npl_sim.channels.terms.prices import FixedPrice
from npl_sim.channels.terms.undertakings import Guarantee, SellerCall
from npl_sim.channels.verdict.assessment import Assessment, assess
from npl_sim.core.errors import NplSimError
from tests.builders.random_contracts import contracts
from tests.builders.random_contracts import outcomes as random_outcomes

MILD = {
    "transferee_can_sell": True,
    "put_deters_sale": False,
    "transfers_contractual_rights": True,
}


ORDER = ("derecognize", "depends on control", "continuing involvement", "keep")


def outcome_of(terms, outcomes) -> Assessment | str:
    """Return the verdict, or why there is no verdict: a package without variability under a
    promise has none.
    """
    try:
        return assess(result := measure(terms, outcomes), result.whole)
    except NplSimError as error:
        return str(error)


@settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(contracts(), st.integers(0, 20))
def test_any_contract_has_one_verdict_and_terms_that_change_no_cash_do_not_turn_it(terms, seed):
    """Promises that are never used, and the same promises split in two parts, leave verdict,
    liability and capital alone.
    """
    outcomes = random_outcomes(seed)
    first = outcome_of(terms, outcomes)
    idle = [
        Guarantee(kind="guarantee", name="idle", cap=0.0),
        SellerCall(
            kind="call",
            name="never",
            months=(3,),
            strike=FixedPrice(kind="fixed", amount=1e9),
            knowledge="perfect",
        ),
    ]
    split = []
    for u in terms.undertakings:
        parts = (
            (0.25, 0.75)
            if isinstance(u, Guarantee) and u.cap is None and u.cap_share is None
            else (1.0,)
        )
        split += [
            u.model_copy(update={"name": f"{u.name}/{part}", "share": u.share * part})
            if len(parts) > 1
            else u
            for part in parts
        ]
    for promises in ((*terms.undertakings, *idle), tuple(split)):
        other = outcome_of(terms.model_copy(update={"undertakings": promises}), outcomes)
        assert isinstance(other, Assessment) is isinstance(first, Assessment)
        if not isinstance(first, Assessment) or not isinstance(other, Assessment):
            continue
        assert other.verdict.outcome is first.verdict.outcome
        assert other.verdict.measurement.liability == pytest.approx(
            first.verdict.measurement.liability, abs=1e-6
        )
        assert other.capital.earned == pytest.approx(first.capital.earned, abs=1e-6)


@settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(contracts(), st.integers(0, 20), st.sampled_from(list(MILD)))
def test_a_stated_fact_that_is_milder_than_the_cash_is_a_conflict_or_legal(terms, seed, fact):
    """Nothing stated takes capital off, and what turns the verdict is the buyer's freedom alone,
    where cash leaves it open.
    """
    outcomes = random_outcomes(seed)
    first = outcome_of(terms, outcomes)
    stated = terms.accounting.model_copy(update={fact: MILD[fact]})
    other = outcome_of(terms.model_copy(update={"accounting": stated}), outcomes)
    if not isinstance(first, Assessment) or not isinstance(other, Assessment):
        assert first == other
        return
    milder = ORDER.index(str(other.verdict.outcome)) < ORDER.index(str(first.verdict.outcome))
    assert not milder or (
        fact == "transferee_can_sell" and str(first.verdict.outcome) == "depends on control"
    )
    assert other.capital.earned <= other.capital.before
