"""Capital claimed and earned: each rule by hand, and no rule lowers the requirement of another."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from npl_sim.capital.facts import CapitalRules
from npl_sim.capital.irb import vasicek_loss
from npl_sim.capital.relief import capital_relief
from npl_sim.core.judgment import Outcome
from tests.builders.capital import package, two_classes

# The same examples on every run.
many = settings(max_examples=150, deadline=None, derandomize=True)


def test_a_clean_sale_earns_all_that_it_claims():
    """Loans of 100 with provisions of 30 %: 70 at 100 %; capital at 8 % is 5.6."""
    view = capital_relief(package())
    assert (view.before, view.claimed, view.earned) == (70.0, 0.0, 0.0)
    assert view.in_capital(view.relief_earned) == pytest.approx(5.6)
    assert view.relief_denied == 0.0


@pytest.mark.parametrize(
    ("provisions", "residential", "before"),
    [
        (19.0, False, 121.5),  # 81 at 150 %
        (20.0, False, 80.0),  # 80 at 100 %
        (0.0, True, 100.0),
        (100.0, False, 0.0),
    ],
)
def test_weights_of_defaulted_loans(provisions, residential, before):
    """Basel II 75 and 78: 150 % below 20 % of provisions, else 100 %, net of provisions;
    residential property 100 %.
    """
    assert capital_relief(
        package(specific_provisions=provisions, residential=residential)
    ).before == pytest.approx(before)


def test_internal_ratings_weigh_what_the_downturn_adds():
    view = capital_relief(
        package(approach="internal_ratings", downturn_lgd=0.6, best_estimate_loss=0.5)
    )
    assert view.before == pytest.approx(12.5 * 0.1 * 100.0)


def test_a_downturn_derived_from_means():
    """PD 8 %, LGD 40 %, rho 0.2: loss rate of Vasicek at mean 3.2 % over default rate of Vasicek
    at mean 8 %, at 99.9 %.
    """
    terms = {
        "approach": "internal_ratings",
        "best_estimate_loss": 0.4,
        "downturn": {"pd": 0.08, "lgd": 0.4, "rho": 0.2},
    }
    lgd = vasicek_loss(0.032, 0.2) / vasicek_loss(0.08, 0.2)
    assert lgd > 0.4
    assert capital_relief(package(**terms)).before == pytest.approx(12.5 * 100.0 * (lgd - 0.4))


@pytest.mark.parametrize(
    ("changes", "earned", "cites"),
    [
        ({"outcome": Outcome.KEEP}, 70.0, "IFRS 9 3.2"),
        ({"outcome": Outcome.CONTINUING, "kept_share": 0.2}, 14.0, "IFRS 9 3.2"),
        ({"kept_share": 0.1}, 7.0, "IFRS 9 3.2"),
        ({"contractual_return": True}, 70.0, "83(i)"),
        ({"implicit_support": True}, 70.0, "CA-6.4.5"),
        ({"form": "income_right"}, 70.0, "(2016) No. 82"),
        ({"form": "income_right", "country": "other"}, 0.0, "IFRS 9 3.2"),
        ({"recourse_cap": 2.0}, 25.0, "261(1)"),  # 1,250 % of 2
        ({"recourse_cap": 10.0}, 70.0, "268"),  # but no more than before
    ],
)
def test_what_each_rule_asks_for(changes, earned, cites):
    view = capital_relief(package(**changes))
    assert view.earned == pytest.approx(earned)
    assert view.relief_denied == pytest.approx(earned)
    assert any(cites in step.paragraph for step in view.binding)


def test_rules_that_ask_for_the_same_are_all_named():
    view = capital_relief(
        package(form="income_right", implicit_support=True, outcome=Outcome.KEEP)
    )
    assert len(view.binding) == 3


def test_ratios_before_as_claimed_and_as_earned():
    """NPL 200 of 10,000 with allowances of 300; a package of 100 with 30 leaves on paper and stays
    in truth.
    """
    before, claimed, earned = capital_relief(package(outcome=Outcome.KEEP)).ratios
    assert (before.npl, before.coverage) == (0.02, 1.5)
    assert claimed.npl == pytest.approx(100 / 9_900)
    assert claimed.coverage == pytest.approx(2.7)
    assert earned == before


def test_what_stays_by_continuing_involvement_counts_in_the_ratios():
    """Notice No. 82 of 2016, section 2(2): 40 % stays: NPL 140 of 9,940, allowances 282."""
    earned = capital_relief(
        package(form="income_right", outcome=Outcome.CONTINUING, kept_share=0.4)
    ).ratios[2]
    assert earned.npl == pytest.approx(140 / 9_940)
    assert earned.coverage == pytest.approx(282 / 140)


def test_coverage_of_nothing_is_infinite():
    book = package().bank.model_copy(update={"non_performing": 100.0})
    assert math.isinf(capital_relief(package(bank=book)).ratios[1].coverage)


def test_a_securitization_that_transfers_risk_weighs_the_notes_kept():
    """5 % of a senior of 24 at 100 % and of a first loss of 6 at 1,250 %: 1.2 + 3.75 = 4.95, above
    5 % of 70.
    """
    view = capital_relief(package(form="securitisation", deal=two_classes()))
    assert (
        view.claimed == view.earned == pytest.approx(3.5)
    )  # the ceiling: 5 % of what the loans weighed
    roomy = capital_relief(package(form="securitisation", deal=two_classes(senior=0.15)))
    assert roomy.earned == pytest.approx(0.15 * 24.0 + 12.5 * 0.3)


def test_a_securitization_that_keeps_the_first_loss_earns_nothing():
    view = capital_relief(package(form="securitisation", deal=two_classes(first_loss=0.5)))
    assert view.claimed < view.earned == view.before
    assert "247(2)" in view.binding[-1].paragraph


def test_implicit_support_undoes_a_securitization():
    view = capital_relief(
        package(form="securitisation", deal=two_classes(), implicit_support=True)
    )
    assert view.earned == view.before


def test_a_seller_s_own_report_is_its_claim():
    view = capital_relief(package(reported_rwa=20.0, outcome=Outcome.KEEP))
    assert (view.relief_claimed, view.relief_earned, view.relief_denied) == (50.0, 0.0, 50.0)


def test_assumptions_are_stated():
    terms = " ".join(
        capital_relief(package(form="securitisation", deal=two_classes())).assumptions
    )
    for part in (
        "8 %",
        "from memory",
        "attachment is measured on the notes",
        "substantial margin",
        "in China",
    ):
        assert part in terms
    assert "10.5 %" in capital_relief(package(), CapitalRules(capital_ratio=0.105)).assumptions[0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"specific_provisions": 101.0}, "expected at most the outstanding 100.00"),
        ({"form": "securitisation"}, "deal: got nothing with form 'securitisation'"),
        ({"deal": two_classes()}, "deal: got one with form 'outright_sale'"),
        ({"approach": "internal_ratings"}, "one of downturn_lgd and downturn"),
        ({"downturn": {"pd": 0.0, "lgd": 0.4, "rho": 0.2}}, "pd: got 0; expected more than 0"),
        (
            {"outstanding": 300.0},
            "bank: got non_performing 200.00 of loans 10,000.00; expected the package (300.00) "
            "within non_performing",
        ),
        (
            {"bank": {"loans": 1e4, "non_performing": 200.0, "allowances": 10.0}},
            "bank.allowances: got 10.00; expected at least the specific provisions of the "
            "package, 30.00",
        ),
    ],
)
def test_facts_that_contradict_each_other(changes, message):
    with pytest.raises(ValidationError) as error:
        package(**changes)
    assert message in str(error.value)


@many
@given(
    st.sampled_from(list(Outcome)),
    st.floats(0.0, 1.0),
    st.floats(0.0, 100.0),
    st.floats(0.0, 50.0),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["outright_sale", "income_right"]),
)
def test_no_rule_lowers_what_another_asks_for(
    outcome, kept, provisions, recourse, returns, support, form
):
    terms = {
        "outcome": outcome,
        "kept_share": kept,
        "specific_provisions": provisions,
        "form": form,
        "bank": None,
    }
    plain = capital_relief(package(**terms))
    more = capital_relief(
        package(
            **terms, recourse_cap=recourse, contractual_return=returns, implicit_support=support
        )
    )
    assert 0.0 <= plain.earned <= more.earned <= more.before
    assert more.relief_claimed == pytest.approx(more.relief_earned + more.relief_denied)
    if support or returns:
        assert more.relief_earned == 0.0
