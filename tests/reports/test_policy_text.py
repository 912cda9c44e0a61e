"""The assumptions are printed whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from npl_sim.policy.policy import Policy
from npl_sim.reports.policy_text import assumptions_text, spec_lines, unit_of, value_text
from npl_sim.runs.study_session import load_study

SHIPPED = Path(__file__).parents[2] / "configs/studies/first_package.yaml"


def leaves(model):
    """Every value that was set in a specification, however deep."""
    for name in model.model_fields_set:
        value = getattr(model, name)
        entries = (
            value
            if isinstance(value, tuple)
            else value.values()
            if isinstance(value, dict)
            else [value]
        )
        for entry in entries:
            if isinstance(entry, BaseModel):
                yield from leaves(entry)
            elif not isinstance(entry, bool) and entry is not None:
                yield name, entry


def test_no_word_of_the_shipped_study_is_missing():
    study = load_study(SHIPPED).study
    text = assumptions_text(study).replace(",", "")
    seen = 0
    for model in (*study.policies, *study.collateral.values(), study.legal, study.market):
        for name, value in leaves(model):
            shown = {str(value).replace(",", "")}
            if isinstance(value, int | float):
                shown |= {f"{value:.6g}", f"{100 * value:.6g} %", f"{value:.2f}"}
            assert any(s in text for s in shown), (name, value)
            seen += 1
    assert seen > 300


def test_units_and_defaults():
    options = {
        "name": "p",
        "collection": {
            "months": 9,
            "payer_share": 0.25,
            "promise": {"kept_probability": 0.6},
            "contact_methods": [
                {"method": "call", "contacts_per_month": 6, "cost_per_contact": 1.5}
            ],
        },
        "litigation": {
            "lawyer_fixed_fee": 3000,
            "lawsuit": {"duration": {"kind": "lognormal", "mean": 9, "sd": 5}},
        },
        "enforcement": {},
    }
    text = "\n".join(spec_lines(Policy.model_validate(options)))
    for shown in (
        "months 9;",
        "payer share 25 %",
        "kept probability 60 %",
        "contacts per month 6",
        "cost per contact 1.50",
        "lawyer fixed fee 3,000.00",
        "duration lognormal (mean 9, sd 5)",
        "enforcement: at its defaults",
    ):
        assert shown in text, shown
    assert "settle hazard" not in text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.125, "share of 1", "12.5 %"),
        (True, "", "yes"),
        (None, "", "none"),
        ((1.0, 2.5), "months", "1 months, 2.5 months"),
    ],
)
def test_values(value, unit, text):
    assert value_text(value, unit) == text


def test_units_equal_those_of_the_json_schema():
    """Units come from the types of the fields; the schema, which takes longer, says the same."""
    study = load_study(SHIPPED).study
    models = [study, study.simulation, study.pricing, study.legal, study.market, *study.policies]
    for model in models:
        schema = type(model).model_json_schema()["properties"]
        for name in type(model).model_fields:
            parts = [schema[name], *schema[name].get("anyOf", [])]
            parts += [part["items"] for part in parts if "items" in part]
            units = [part["unit"] for part in parts if "unit" in part]
            assert unit_of(model, name) == (units[0] if units else ""), (model, name)
