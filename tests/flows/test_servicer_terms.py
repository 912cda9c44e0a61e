"""Validation of agency terms, placements, and the worked example of the documentation."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

from npl_sim.cashflows.agency_fees import Placement, settle_contract, settle_placements
from npl_sim.cashflows.agency_statement import PARTS
from npl_sim.policy.agency_contracts import AgencyContract, Bonus, Clawback, CommissionTier
from tests.flows.servicer_contracts import contract

PAGE = Path(__file__).parents[2] / "docs" / "contracts.md"


@pytest.mark.parametrize(
    "terms, message",
    [
        (
            {"tiers": [{"rate": 0.1}, {"rate": 0.2}]},
            "the tiers end at none, none; expected every tier but the last",
        ),
        ({"tiers": [{"up_to": 0.2, "rate": 0.1}]}, "the tiers end at 0.2; expected"),
        (
            {"tiers": [{"up_to": 0.2}, {"up_to": 0.1}, {}]},
            "a tier up to 0.1 follows one up to 0.2; expected rising up_to",
        ),
        (
            {"tiers": [{"up_to": 0.2, "rate": 0.3}, {"rate": 0.2}], "tier_basis": "whole"},
            "rate 0.2 follows 0.3 with tier_basis whole",
        ),
        ({"minimum_fee": 10, "maximum_fee": 9}, "minimum_fee is 10 and maximum_fee 9; expected"),
        (
            {"clawback": {"target": 0.3, "share": 0.1}, "bonus": {"above": 0.2, "rate": 0.1}},
            "the bonus begins above 0.2 of the balance but the clawback's target is 0.3; expected",
        ),
    ],
)
def test_faulty_terms_are_refused_with_a_sentence(terms, message):
    with pytest.raises(ValidationError, match=re.escape(message)):
        contract(**terms)


def test_every_field_explains_itself():
    for model in (AgencyContract, Bonus, Clawback, CommissionTier):
        properties = model.model_json_schema()["properties"]
        assert model.__doc__.strip().endswith(".")
        for name in model.model_fields:
            assert properties[name]["description"].rstrip().endswith("."), name
            for option in (properties[name], *properties[name].get("anyOf", [])):
                assert option.get("type") != "number" or {"unit", "maximum"} <= set(option), name


@pytest.mark.parametrize(
    "change, message",
    [
        (
            {"placed": np.ones((1, 2))},
            r"collected has shape \(1, 1, 3\) and placed \(1, 2\); expected",
        ),
        ({"window": (2, 2)}, r"the window is \(2, 2\); expected 0 <= from_month < last_month"),
        (
            {"window": (1, 5)},
            "ends in month 5 but the horizon is month 2; expected its end within the horizon",
        ),
        ({"collected": np.array([[[0, -1.0, 0]]])}, "collected has negative or missing amounts"),
        ({"placed": np.array([[np.nan]])}, "placed has negative or missing amounts"),
        ({"placed": np.array([[0.0]])}, "collections without a balance placed"),
    ],
)
def test_faulty_numbers_are_refused_with_a_sentence(change, message):
    given = {
        "collected": np.array([[[0, 1.0, 2.0]]]),
        "placed": np.array([[9.0]]),
        "window": (0, 2),
    } | change
    with pytest.raises(ValueError, match="agency 'North'.*" + message):
        settle_contract(contract(minimum_fee=1), **given)


def test_placements_find_their_contract_and_their_cells():
    receipts = np.array([[[0, 100.0], [0, 200.0], [0, 400.0]]])
    a = AgencyContract(name="A", tiers=[{"rate": 0.1}])
    b = AgencyContract(name="B", tiers=[{"rate": 0.2}])
    places = [
        Placement("B", (0, 1), (1,), np.array([[500.0]])),
        Placement("A", (0, 1), (0, 2), np.array([[500.0, 500.0]])),
    ]
    first, second = settle_placements([a, b], places, receipts)
    assert first.fees[0, :, 1].tolist() == [40]
    assert second.fees[0, :, 1].tolist() == [10, 40]
    with pytest.raises(
        ValueError, match="a placement names agency 'B'; expected one with a contract: 'A'"
    ):
        settle_placements([a], places, receipts)
    with pytest.raises(ValueError, match="contracts for 'A', 'A'; expected one for each agency"):
        settle_placements([a, a], places[1:], receipts)


def worked_example():
    text = PAGE.read_text(encoding="utf-8")
    terms = AgencyContract(**YAML(typ="safe").load(re.search(r"```yaml\n(.*?)```", text, re.S)[1]))
    good, bad = (
        [0, 0, 12_000, 20_000, 18_000, 9_000, 6_000],
        [0, 0, 4_000, 6_000, 5_000, 3_000, 2_000],
    )
    receipts = np.array([[good], [bad]]) * np.array([[0.6], [0.4]])
    settled = settle_contract(terms, receipts, np.array([[600_000.0, 400_000.0]] * 2), (0, 6))
    settled.check()
    return text, {"good": settled.ledger(0), "bad": settled.ledger(1)}


def markdown(table) -> str:
    def cell(name, value):
        return {"month": "{:.0f}", "share_of_placed": "{:.1%}", "tier_rate": "{:.0%}"}.get(
            name, "{:,.2f}"
        ).format(value)

    total = {name: table[name].sum() for name in ("collected", *PARTS, "paid")}
    rows = [[cell(n, v) for n, v in row.items()] for row in table.to_dict("records")]
    rows.append(
        [
            "total" if n == "month" else cell(n, total[n]) if n in total else ""
            for n in table.columns
        ]
    )
    heads = [n.replace("_", " ") for n in table.columns]
    return "\n".join("| " + " | ".join(r) + " |" for r in [heads, ["---:"] * len(heads), *rows])


@pytest.mark.parametrize("name", ["good", "bad"])
def test_the_page_s_ledgers_are_what_the_code_prints(name):
    text, tables = worked_example()
    shown = re.search(rf"<!-- ledger: {name} -->\n(.*?)\n<!-- end -->", text, re.S)[1]
    assert shown == markdown(tables[name])
