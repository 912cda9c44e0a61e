"""A study imports the models of deal and channel when it holds one, and treats them as before."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from npl_sim.channels.terms.contract import ChannelContract
from npl_sim.core.fields import Spec
from npl_sim.core.on_demand import OnDemand, model_in
from npl_sim.securitization.terms.deal import Deal
from npl_sim.study.deal_file import load_deal
from npl_sim.study.model import Study
from npl_sim.study.schema import study_schema

ROOT = Path(__file__).parents[2]


class Direct(Spec):
    """The optional sections of a study, their models imported."""

    deal: Deal | None = None
    channel: ChannelContract | None = None


BASE = {
    "name": "a",
    "valuation_date": date(2026, 6, 30),
    "tape": {"loans": "tape.csv"},
    "policies": [{"name": "p"}],
}


@pytest.fixture(scope="module")
def deal():
    return load_deal(ROOT / "configs/deals/three_tranche.yaml")


def errors(model, data):
    with pytest.raises(ValidationError) as found:
        model.model_validate(data)
    return [
        (e["type"], e["loc"], e["msg"], repr(e["input"]))
        for e in found.value.errors()
        if e["loc"][0] in ("deal", "channel")
    ]


@pytest.mark.parametrize(
    "section",
    [
        {"deal": {"name": 1, "tranches": [{"kind": "note"}], "nonsense": 2}},
        {"deal": 7},
        {"channel": {"name": "x", "price": {"kind": "amount", "value": "much"}}},
        {"channel": {"name": "x", "vehicles": [{"nonsense": True}]}},
    ],
    ids=["deal", "no mapping", "price", "vehicle"],
)
def test_errors_are_those_of_the_model(section):
    found = errors(Study, {**BASE, **section})
    assert found and found == errors(Direct, section)


def test_values_and_their_text_are_those_of_the_model(deal):
    data = deal.model_dump(mode="json")
    read = Study.model_validate({**BASE, "deal": data})
    assert type(read.deal) is Deal and read.deal == deal
    study = Study.model_validate({**BASE, "deal": deal})
    assert study.deal is deal
    for mode in ("json", "python"):
        for unset in (True, False):
            expected = Direct(deal=deal).model_dump(mode=mode, exclude_unset=unset)["deal"]
            dumped = study.model_dump(mode=mode, exclude_unset=unset)["deal"]
            assert dumped == expected
    again = Study.model_validate_json(study.model_dump_json())
    assert again == study


def test_the_schema_names_the_models():
    schema, direct = study_schema(), Direct.model_json_schema()
    for name in ("deal", "channel"):
        found = schema["properties"][name]
        assert found["anyOf"] == direct["properties"][name]["anyOf"]
    for name in ("Deal", "ChannelContract"):
        assert schema["$defs"][name] == direct["$defs"][name]


def test_a_model_in_an_annotation():
    note = OnDemand("npl_sim.securitization.terms.deal", "Deal")
    assert model_in(Deal) is model_in(type("A", (), {"__metadata__": (note,)})) is Deal
    assert model_in(float) is None
