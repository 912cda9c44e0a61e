"""Errors of a structure that are refused, with key and value."""

from __future__ import annotations

import pytest

from tests.builders.deals import deal, deal_terms

STRUCTURE_ERRORS = [
    (
        {"size": [{"tranche": "senor", "limits": [{"kind": "wal", "at_most": 1}]}]},
        "structure.size.0.tranche: got 'senor', which is no tranche; expected one of: "
        "senior, sub; did you mean 'senior'",
    ),
    (
        {"size": [{"tranche": "senior", "limits": [{"kind": "expected_loss", "rating": "A"}]}]},
        "the structure has no table of ratings",
    ),
    (
        {"size": [{"tranche": "senior", "limits": [{"kind": "stress", "rating": "A"}]}]},
        "the structure has no stresses",
    ),
    (
        {"size": [{"tranche": "senior", "limits": [{"kind": "expected_loss"}]}]},
        "expected either rating or at_most",
    ),
    (
        {
            "size": [
                {
                    "tranche": "senior",
                    "limits": [{"kind": "advance_rate", "of": "purchase_price", "at_most": 1}],
                }
            ]
        },
        "the structure has none; expected purchase_price",
    ),
    (
        {
            "follow": [
                {"kind": "share_of_notes", "tranche": "sub", "share": 0.5},
                {"kind": "share_of_notes", "tranche": "senior", "share": 0.5},
            ]
        },
        "sum to 1 or more",
    ),
    (
        {
            "follow": [
                {"kind": "rest", "tranche": "sub", "total": 1},
                {"kind": "share_of_notes", "tranche": "senior", "share": 0.5},
            ]
        },
        "more than one rule depends on the sum",
    ),
    (
        {
            "solve": [
                {
                    "find": {"kind": "coupon", "tranche": "sub"},
                    "low": 0,
                    "high": 1,
                    "want": {"kind": "yield", "tranche": "sub", "value": 0.1},
                }
            ]
        },
        "of kind none; expected fixed or floating",
    ),
    (
        {
            "solve": [
                {
                    "find": {"kind": "price", "tranche": "sub"},
                    "low": 0.1,
                    "high": 1,
                    "want": {"kind": "expected_loss", "tranche": "sub", "value": 0.1},
                }
            ]
        },
        "a price changes nothing but the yield",
    ),
    (
        {
            "solve": [
                {
                    "find": {"kind": "price", "tranche": "sub"},
                    "low": 0.0,
                    "high": 1,
                    "want": {"kind": "yield", "tranche": "sub", "value": 0.1},
                }
            ]
        },
        "expected more than 0",
    ),
    (
        {
            "solve": [
                {
                    "find": {"kind": "coupon", "tranche": "senior"},
                    "low": -0.1,
                    "high": 1,
                    "want": {"kind": "yield", "tranche": "senior", "value": 0.1},
                }
            ]
        },
        "greater than or equal to 0",
    ),
    (
        {"seller": {"gross_carrying": 10, "provisions": 11, "retained_rate": 0.1}},
        "provisions are 11.00, above gross_carrying of 10.00",
    ),
    (
        {"seller": {"gross_carrying": 10, "provisions": 1, "retained_rate": -1}},
        "greater than or equal to -0.9",
    ),
    ({"frontier": {"tranche": "senior", "low": 0.5, "high": 0.2}}, "expected low below high"),
]


@pytest.mark.parametrize(("structure", "message"), STRUCTURE_ERRORS)
def test_refusals(structure, message):
    with pytest.raises(ValueError) as error:
        deal(structure=structure)
    assert message in str(error.value)


def test_scheduled_amounts_do_not_follow():
    steps = deal_terms()["steps"]
    steps[1] = {
        "kind": "principal",
        "to": ["senior"],
        "amount": {"kind": "scheduled", "amounts": [10.0]},
    }
    with pytest.raises(ValueError, match="repays it by scheduled amounts, which do not follow"):
        deal(
            steps=steps,
            structure={"size": [{"tranche": "senior", "limits": [{"kind": "wal", "at_most": 1}]}]},
        )
