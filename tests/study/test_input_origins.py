"""Reports name the layer of each value: a base, a line, a cell with its owner, an override."""

from __future__ import annotations

import pytest

from npl_sim.reports.bid_book.assumptions import assumption_table, assumptions
from npl_sim.reports.bid_book.layers import set_by
from npl_sim.reports.policy_text import assumptions_text
from npl_sim.study.inputs.layout import ASSUMPTIONS
from npl_sim.study.loader import load_study
from npl_sim.study.masking import masked_loaded
from tests.builders.input_books import edit, input_study

DISCOUNT = "collateral.default.forced_sale_discount"


@pytest.fixture
def study(tmp_path):
    """A study on a base with an untouched workbook of inputs."""
    return input_study(tmp_path)


def put(study, key, /, **cells):
    return edit(study.with_name("inputs.xlsx"), ASSUMPTIONS, {"key": key}, cells)


def layer_of(setting, origins):
    return set_by(setting.path, setting.stated, origins)


def test_reports_name_the_layer_of_each_value(study):
    row = put(study, DISCOUNT, value=0.4, owner="Li")
    loaded = load_study(study, {"pricing.required_return": 0.15})
    origins = loaded.origins()
    settings = {(a.section, a.key): a for a in assumptions(loaded.study)}
    discount = settings["Collateral: default", "forced_sale_discount"]
    assert discount.value == "40 %"
    assert layer_of(discount, origins) == f"inputs.xlsx, sheet Assumptions, row {row} (Li)"
    assert discount.origin == f"assumption: inputs.xlsx, sheet Assumptions, row {row} (Li)"
    assert layer_of(settings["Pricing", "required_return"], origins) == "--set"
    assert layer_of(settings["Buyer", "fixed_cost"], origins) == "base base.yaml"
    assert layer_of(settings["Pricing", "servicing_rate"], origins) == "study.yaml:6"
    assert layer_of(settings["Buyer", "overhead_rate"], origins) == "default"
    lines = assumptions_text(loaded.study, origins).split("Values set above")[1].splitlines()[1:]
    assert sorted(lines) == [
        f"  {DISCOUNT}: inputs.xlsx, sheet Assumptions, row {row} (Li)",
        "  pricing.required_return: --set",
    ]


def test_an_override_takes_the_origin_of_a_cell_away(study):
    put(study, DISCOUNT, value=0.4, owner="Li")
    loaded = load_study(study, {DISCOUNT: 0.2})
    assert loaded.study.collateral["default"].forced_sale_discount == 0.2
    assert not loaded.study.sources


def test_the_table_of_assumptions_has_a_column_for_the_layer(study):
    row = put(study, DISCOUNT, value=0.4, owner="Li")
    loaded = load_study(study)
    table = assumption_table(loaded.study, loaded.origins())
    assert table.columns[-1].name == "set by"
    (found,) = [r for r in table.rows if r[:2] == ("Collateral: default", "forced_sale_discount")]
    assert found[-1] == f"inputs.xlsx, sheet Assumptions, row {row} (Li)"


def test_a_masked_study_names_neither_cell_nor_owner(study):
    put(study, DISCOUNT, value=0.4, owner="Zhang Wei")
    masked = masked_loaded(load_study(study))
    assert masked.origins() == {}
    assert "Zhang" not in masked.study.model_dump_json()
    assert "inputs.xlsx" not in masked.study.model_dump_json()
