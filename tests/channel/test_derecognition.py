"""The derecognition tree: every leaf, the examples of the standard's guidance, and what must
always hold.
"""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from npl_sim.accounting.decision_tree import Leaf, derecognition
from npl_sim.accounting.thresholds import Thresholds
from npl_sim.core.errors import NplSimError
from npl_sim.core.judgment import Outcome
from tests.channel.decision_cases import GUARANTEE, HALF, MEAN, TABLE, facts


@pytest.mark.parametrize(("changes", "leaf", "outcome", "cites"), TABLE)
def test_the_tree(changes, leaf, outcome, cites):
    found = derecognition(facts(**changes))
    assert (found.leaf, found.outcome) == (leaf, outcome)
    assert cites in found.paragraph
    assert found.reason


def test_every_leaf_is_in_the_table():
    assert {leaf for _, leaf, _, _ in TABLE} == set(Leaf)


def test_questions_come_in_the_order_of_the_figure():
    questions = [
        step.question.split()[1] for step in derecognition(facts(**HALF, **GUARANTEE)).steps
    ]
    assert questions == ["the", "the", "the", "the", "substantially", "substantially", "control"]
    rules = [step.paragraph for step in derecognition(facts(**HALF, **GUARANTEE)).steps]
    order = ["3.2.1", "3.2.2", "3.2.3", "3.2.4", "3.2.6(a)", "3.2.6(b)", "3.2.6(c)"]
    assert [
        name for rule, name in zip(rules, order, strict=True) if f"IFRS 9 {name}" in rule
    ] == order


def test_no_contract_counts_as_a_transfer_against_the_figures():
    assert (
        derecognition(facts(repurchase="fair_value", variability={MEAN: 0.95})).outcome
        is Outcome.KEEP
    )


def test_a_share_with_a_guarantee_is_judged_as_a_whole():
    """IFRS 9 3.2.2(b): 90 % of the cash flows with a guarantee of losses is no fully proportionate
    share.
    """
    share = {"part": "proportionate_share", "transferred_share": 0.9, "proceeds": 900.0}
    clean, enhanced = (
        derecognition(facts(**share)),
        derecognition(facts(**share, **GUARANTEE, **HALF)),
    )
    assert (clean.steps[1].answer, enhanced.steps[1].answer) == ("the part", "the whole")
    assert "3.2.2(b)" in enhanced.steps[1].paragraph


def test_the_thresholds_are_parameters_and_called_practice():
    seen = facts(variability={MEAN: 0.15}, transferee_can_sell=False)
    assert derecognition(seen).outcome is Outcome.CONTINUING
    strict = derecognition(seen, Thresholds(transferred_at_most=0.2))
    assert strict.outcome is Outcome.DERECOGNISE
    assert "20 %" in strict.assumptions[0]
    assert "practice and not rule" in strict.assumptions[0]
    assert derecognition(facts(repurchase="fixed_price")).assumptions == ()


def test_a_contract_that_settles_the_question_against_its_figure_says_so():
    (warning,) = derecognition(facts(total_return_swap=True, variability={MEAN: 0.01})).warnings
    assert "1.00 % would by itself say transferred" in warning


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"variability": {"range": 0.2}}, "got range; expected mean_absolute_deviation"),
        (GUARANTEE, "got nothing; expected mean_absolute_deviation"),
        (
            {"repurchase": "call_option", "option_moneyness": "near"},
            "got nothing; expected mean_absolute_deviation",
        ),
    ],
)
def test_a_figure_that_is_needed_and_missing(changes, message):
    with pytest.raises(NplSimError, match=message):
        derecognition(facts(**changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"repurchase": "put_option"},
            "option_moneyness: got nothing with repurchase 'put_option'",
        ),
        ({"option_moneyness": "near"}, "expected neither with repurchase 'none'"),
        (
            {"repurchase": "put_option", "option_moneyness": "near", "measured_at": "fair_value"},
            "option_strike: got nothing",
        ),
        ({"rights_expired": True, "total_return_swap": True}, "a claim that has ended"),
        ({"vehicle_transfers_rights": True}, "does not control the vehicle"),
        ({"transferred_share": 0.9}, "expected 1, or part: proportionate_share"),
        ({"transferred_share": 0.0}, "transferred_share: got 0; expected more than 0"),
        ({"guarantee_fair_value": 5.0}, "expected none without guarantee_cap"),
        ({"guarantee_cap": 5.0, "proceeds": 900.0}, "the price is 100.00 below the fair value"),
        ({"repurchase_unconditional": False}, "expected an obligation"),
        ({"variability": {MEAN: float("nan")}}, "finite"),
        ({"variability": {MEAN: -0.1}}, "greater than or equal to 0"),
        ({"carrying_amount": -1.0}, "greater than or equal to 0"),
    ],
)
def test_facts_that_contradict_each_other(changes, message):
    with pytest.raises(ValidationError) as error:
        facts(**changes)
    assert message in str(error.value)


def test_thresholds_that_cross():
    with pytest.raises(
        ValidationError, match="expected less than retained_at_least, which is 0.1"
    ):
        Thresholds(transferred_at_most=0.5, retained_at_least=0.1)
