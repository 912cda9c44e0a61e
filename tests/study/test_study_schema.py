"""Schema of a study: descriptions, units and bounds of all fields; shipped studies load."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import BaseModel

from npl_sim.core.errors import StudyError
from npl_sim.study.loader import load_study
from npl_sim.study.model import Study
from npl_sim.study.schema import schema
from tests.study.studyfile_texts import GOOD, messages, write

ROOT = Path(__file__).parents[2]


def models(model=Study, seen=None):
    seen = set() if seen is None else seen
    if model not in seen:
        seen.add(model)
        for info in model.model_fields.values():
            for inner in _inner(info.annotation):
                models(inner, seen)
    return seen


def _inner(annotation):
    import typing

    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for a in typing.get_args(annotation) for m in _inner(a)]


def test_every_field_has_a_sentence_and_every_number_a_unit_and_bounds():
    assert len(models()) > 30
    for model in models():
        deal_terms = (
            model.model_json_schema()
        )  # a model that contains itself is among its own definitions
        properties = (
            deal_terms.get("properties") or deal_terms["$defs"][model.__name__]["properties"]
        )
        assert model.__doc__ and model.__doc__.strip().endswith("."), model
        for name in model.model_fields:
            where = f"{model.__name__}.{name}"
            assert properties[name]["description"].rstrip().endswith("."), where
            options = [properties[name], *properties[name].get("anyOf", [])]
            for option in options:
                if option.get("type") in ("number", "integer"):
                    assert "unit" in option or "unit" in properties[name], where
                    assert any(k in option for k in ("minimum", "exclusiveMinimum", "maximum")), (
                        where
                    )


def test_the_schema_is_json_and_allows_sections_in_files():
    text = json.dumps(schema())
    assert "2020-12" in text and "did you mean" not in text
    assert {"type": "string"}.items() <= schema()["properties"]["market"]["anyOf"][1].items()


@pytest.mark.parametrize(
    "path", sorted((ROOT / "configs" / "studies").glob("*.yaml")), ids=lambda p: p.name
)
def test_shipped_studies_load(path):
    load_study(path)


def test_long_and_hostile_values_and_keys_are_shown_short_and_escaped(tmp_path):
    key, value = "k\\e[31m" + "x" * 900, "v\\e[31m" + "y" * 5000
    found = messages(
        tmp_path, GOOD + f'"{key}": 1\nmarket: {{cooperation: {{volatility: "{value}"}}}}\n'
    )
    assert len(found) == 2 and all(m.isprintable() and len(m) < 3000 for m in found), found
    assert any('"v\\u001b[31myyy' in m for m in found)
    found = messages(tmp_path, GOOD + f'stress: ["{"z" * 1900}\\a"]\n')
    assert len(found[0]) < 400 and found[0].isprintable()


def test_a_warning_holds_no_control_characters(tmp_path):
    text = (
        GOOD
        + 'market: {indices: [{region: "a\\u202eb"}]}\nlegal: {sources: ["assumption \\e[31m"]}\n'
    )
    (line,) = [w for w in load_study(write(tmp_path, text)).warnings if "assumption" in w]
    assert "\\x1b[31m" in line and line.isprintable()


def test_control_characters_in_the_path_of_a_study_are_written_out(tmp_path):
    with pytest.raises(StudyError) as caught:
        load_study(tmp_path / "a\x1b[31m.yaml")
    assert "\\x1b" in str(caught.value) and str(caught.value).isprintable()
