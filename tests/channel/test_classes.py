"""Classes of a securitization from vehicles and cash, stated figures against them, and whether the
relief is commensurate.
"""

from __future__ import annotations

import pytest

from npl_sim.capital.risk_transfer import commensurate
from npl_sim.channels.result import measure
from npl_sim.channels.verdict.assessment import assess
from npl_sim.channels.verdict.cash_facts import cash_facts
from npl_sim.core.errors import ChannelError
from tests.builders.contracts import contract, layer
from tests.channel.test_position import sold_outcomes

SECURED = {"form": "securitisation", "country": "other"}


def notes(*holders: str):
    """A senior of 50, a mezzanine of 30 and a first loss of 20."""
    names, shares = ("A", "B", "J"), (0.5, 0.3, 0.2)
    kinds = ("note", "note", "residual")
    return layer(
        *(
            {"kind": k, "name": n, "share": s, "holder": h}
            for k, n, s, h in zip(kinds, names, shares, holders, strict=True)
        )
    )


def judged(*holders: str, deal=None, more=(), **terms):
    accounting = {**SECURED, **({"deal": deal} if deal else {}), **terms.pop("accounting", {})}
    made = contract(vehicles=[notes(*holders), *more], accounting=accounting, **terms)
    result = measure(made, sold_outcomes())
    return assess(result, result.whole)


def test_classes_follow_from_the_layers_and_the_cash():
    """Loss on the notes of 100: 60, 20, 0, 0 with 10, 20, 30, 40 %: 10. Discount: 200 less 100, of
    200.
    """
    deal = judged("fund", "bank", "fund").cash.deal.measured
    assert [(p.name, p.rank, p.held_share) for p in deal.positions] == [
        ("A", "senior", 0.0),
        ("B", "mezzanine", 1.0),
        ("J", "first_loss", 0.0),
    ]
    assert [p.amount for p in deal.positions] == pytest.approx([50.0, 30.0, 20.0])
    assert [p.sold_price for p in deal.positions] == pytest.approx([50.0, 0.0, 20.0])
    assert (deal.outstanding, deal.expected_loss, deal.discount) == pytest.approx(
        (200.0, 10.0, 0.5)
    )


def test_a_share_that_is_stated_lower_than_held_has_no_effect():
    stated = {"positions": [{"name": "B", "held_share": 0.05}, {"name": "J", "held_share": 0.05}]}
    found, plain = judged("fund", "bank", "bank", deal=stated), judged("fund", "bank", "bank")
    facts = {(c.fact, c.stated, c.evidence) for c in found.cash.conflicts}
    assert facts == {
        ("deal.positions.B.held_share", "0.05", "1"),
        ("deal.positions.J.held_share", "0.05", "1"),
    }
    assert found.capital.earned == plain.capital.earned == found.capital.before
    # What is claimed is what is stated: relief claimed and denied.
    assert 0.0 < found.capital.claimed < found.capital.before
    assert found.capital.relief_denied == pytest.approx(found.capital.relief_claimed)


@pytest.mark.parametrize(
    ("deal", "fact"),
    [
        ({"expected_loss": 9.0}, "deal.expected_loss"),
        ({"outstanding": 210.0}, "deal.outstanding"),
        ({"positions": [{"name": "A", "sold_price": 49.0}]}, "deal.positions.A.sold_price"),
        ({"positions": [{"name": "A", "amount": 40.0}]}, "deal.positions.A.amount"),
        ({"positions": [{"name": "B", "rank": "first_loss"}]}, "deal.positions.B.rank"),
    ],
)
def test_a_stated_figure_that_is_milder_has_no_effect(deal, fact):
    found = judged("fund", "fund", "fund", deal=deal)
    assert [c.fact for c in found.cash.conflicts] == [fact]
    assert found.cash.deal.measured == judged("fund", "fund", "fund").cash.deal.measured


def test_a_stated_figure_that_is_more_adverse_counts():
    deal = {
        "expected_loss": 25.0,
        "outstanding": 150.0,
        "positions": [
            {"name": "B", "held_share": 0.8, "sold_price": 7.0},
            {"name": "J", "held_share": 0.0},
        ],
    }
    found = judged("fund", "fund", "fund", deal=deal)
    disclosed = found.cash.deal.measured
    assert found.cash.conflicts == ()
    assert (disclosed.expected_loss, disclosed.outstanding, disclosed.positions[1].held_share) == (
        25.0,
        150.0,
        0.8,
    )
    assert disclosed.positions[1].sold_price == 7.0
    assert (
        found.capital.earned
        == found.capital.before
        > judged("fund", "fund", "fund").capital.earned
    )


def test_a_class_held_by_an_own_product_is_looked_through():
    """A product that is no vehicle counts in full; one that owes its customers half of what it
    holds, by what the bank bears.
    """
    own = {"own_wealth_products": ["product"]}
    assert (
        judged("fund", "product", "fund", accounting=own)
        .cash.deal.measured.positions[1]
        .held_share
        == 1.0
    )
    units = {"kind": "note", "name": "u", "share": 1.0, "holder": "customers"}
    product = layer(units, {"kind": "residual", "share": 0.0, "holder": "bank"}, name="product")
    found = judged("fund", "product", "fund", more=[product], accounting=own)
    assert found.cash.deal.measured.positions[1].held_share == pytest.approx(
        found.cash.vehicles["product"].share
    )
    assert found.cash.vehicles["product"].share < 0.5


def test_a_deferred_price_makes_the_discount_refundable():
    made = contract(
        vehicles=[
            layer(
                {"kind": "deferred_price", "share": 0.1, "month": 2},
                {"kind": "note", "name": "n", "share": 0.5, "holder": "fund"},
            )
        ],
        accounting={**SECURED, "deal": {"refundable": False}},
    )
    found = cash_facts(measure(made, sold_outcomes()).whole)
    assert found.deal.measured.refundable and found.deal.measured.discount == 0.0
    assert [c.fact for c in found.conflicts] == ["deal.refundable"]


def test_classes_that_are_in_no_vehicle_are_refused():
    with pytest.raises(
        ValueError,
        match=r"accounting\.deal\.positions\.0\.name: got 'Z', no funded claim of the first "
        r"vehicle",
    ):
        judged("fund", "fund", "fund", deal={"positions": [{"name": "Z", "held_share": 0.5}]})
    made = contract(price={"kind": "amount", "amount": 0.0}, accounting=SECURED)
    with pytest.raises(ChannelError, match="no claim of the first vehicle is paid for"):
        cash_facts(measure(made, sold_outcomes()).whole)


@pytest.mark.parametrize(
    ("relief", "expected", "unexpected", "passed"),
    [
        (0.7, 0.3, 0.1, True),
        (0.71, 0.3, 0.1, False),
        (0.7, 0.1, 0.31, False),
        (0.0, 1.0, 1.0, True),
        (0.01, 1.0, 0.0, False),
    ],
)
def test_relief_is_at_most_the_smaller_share_of_risk_transferred(
    relief, expected, unexpected, passed
):
    found, step = commensurate(relief, expected, unexpected)
    assert found is passed
    assert [f.value for f in step.figures] == pytest.approx(
        [relief, 1.0 - expected, 1.0 - unexpected]
    )


def test_relief_beyond_the_risk_transferred_is_denied():
    """The seller keeps the senior half, at 100 %: of the loss before it keeps what exceeds 50 of
    notes: 10 % of 10.

    Kept of the expected loss: scenario 1 brings 40, so that the senior of 50 lacks 10: 1 of a mean
    loss of 10. The relief is 1 - 50 / 110, net of provisions: as much as 54.5 %, below 90 %:
    commensurate. A guarantee of the first loss that is not in the notes brings all of it back.
    """
    terms = {"loss_reference": "price"}
    found = judged("bank", "fund", "fund", **terms)
    (step,) = [s for s in found.capital.steps if "commensurate" in s.question]
    assert step.answer == "yes" and found.capital.earned == pytest.approx(50.0)
    assert step.figures[0].value == pytest.approx(1.0 - 50.0 / 110.0)
    assert step.figures[1].value == pytest.approx(0.9)
    promise = {"kind": "guarantee", "name": "g", "cap": 55.0}
    backed = judged("bank", "fund", "fund", undertakings=[promise], **terms)
    (step,) = [s for s in backed.capital.steps if "commensurate" in s.question]
    assert step.answer == "no" and backed.capital.earned == backed.capital.before
    assert any("247(2)" in step.paragraph for step in backed.capital.binding)
