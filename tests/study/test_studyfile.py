"""Reading a study: every fault at once, each with its place, what came and what was expected."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from npl_sim.core.errors import StudyError
from npl_sim.study.loader import load_study, parse_settings, schema, study_of_tape
from npl_sim.study.model import Study

GOOD = """\
name: a
valuation_date: 2026-06-30
tape: {loans: tape.csv}
policies:
  - name: p
    collection:
      settle_hazard: 0.02
"""
ROOT = Path(__file__).parents[2]


def write(folder, text, name="study.yaml"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def messages(folder, text, **overrides):
    with pytest.raises(StudyError) as caught:
        load_study(write(folder, text), overrides)
    return caught.value.errors


def test_a_good_study_loads_with_its_paths_resolved(tmp_path):
    loaded = load_study(write(tmp_path, GOOD + "market: {congestion: {volatility: 0.1}}\n"))
    assert loaded.study.tape.loans == tmp_path / "tape.csv"
    assert loaded.study.policies[0].collection.settle_hazard == 0.02
    assert loaded.warnings == ()


@pytest.mark.parametrize(
    ("old", "new", "line", "parts"),
    [
        (
            "settle_hazard",
            "settle_hazrd",
            7,
            ["policies.0.collection.settle_hazrd", "did you mean 'settle_hazard'"],
        ),
        ("0.02", "2%", 7, ["settle_hazard", '"2%"', "write 0.02", "per month"]),
        ("0.02", "-1", 7, ["got -1", "at least 0"]),
        ("0.02", ".nan", 7, ["got nan", "finite"]),
        ("0.02", ".inf", 7, ["got inf"]),
        ("0.02", "true", 7, ["true", "expected a number"]),
        ("0.02", "1e400", 7, ["got inf"]),
        ("2026-06-30", "2026-02-30", 2, ["valuation_date", "2026-02-30", "a date such as"]),
        ("2026-06-30", "yes", 2, ["valuation_date", "a date such as"]),
        ("name: p", "nam: p", 5, ["policies.0.name: missing"]),
        ("{loans: tape.csv}", "{}", 3, ["tape.loans: missing"]),
        ("policies:", "policy:", 4, ["unknown key; did you mean 'policies'"]),
        (
            "settle_hazard: 0.02",
            "frailty: {kind: gama, mean: 1}",
            7,
            ["kind 'gama'", "did you mean 'gamma'"],
        ),
        ("settle_hazard: 0.02", "frailty: 2", 7, ["the mean is 2", "mean 1"]),
        ("settle_hazard: 0.02", "frailty: [1]", 7, ["expected a number, or a mapping with kind"]),
        (
            "settle_hazard: 0.02",
            "channels: [{channel: sms, contacts_per_month: 1}]",
            7,
            ["sms", "'call'"],
        ),
        (
            "settle_hazard: 0.02",
            "curve: {months: [3, 2], cumulative: [0.1, 0.2]}",
            7,
            ["months do not rise"],
        ),
        ("name: a", "name: ''", 1, ["name", "some text"]),
    ],
)
def test_one_fault_names_its_line_key_value_and_what_was_expected(tmp_path, old, new, line, parts):
    found = messages(tmp_path, GOOD.replace(old, new, 1))
    matching = [m for m in found if all(p in m for p in parts)]
    assert matching, found
    assert f"study.yaml:{line}:" in matching[0]


def test_errors_are_reported_together(tmp_path):
    text = GOOD.replace("0.02", "-1").replace("name: a", "nme: a").replace("2026-06-30", "never")
    assert len(messages(tmp_path, text)) >= 4


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"", "empty"),
        (b"- a\n", "got a list; expected a mapping"),
        (b"just text\n", "expected a mapping"),
        (b"a: 1\na: 2\n", "duplicate"),
        (b"a: &x 1\nb: &x 2\nc: *x\n", '2:4: duplicate anchor "x" (first on line 1)'),
        (b"a: 1\n\tb: 2\n", "tabs cannot indent"),
        (b"a: [1\n", "study.yaml:1:4: what opens here is not closed"),
        (b'a: "1\nb: 2\n', "study.yaml:1:4: what opens here is not closed"),
        (b"a: 1\n b: 2\n", "check the indentation"),
        (b"a: b: c\n", "colon in quotes"),
        (b"a: 1\n---\nb: 2\n", "take --- away"),
        (b"a: 1\nb: \x07\n", "study.yaml:2:4: found the control character U+0007"),
        (b"a: " + b"9" * 5000, "holds a value that cannot be read"),
        (b"a: !!int x\n", "holds a value that cannot be read"),
        (b"a: !!binary aGk=\n", "study.yaml:1:1: a: holds a tagged value"),
        (b"a: {1: x, '1': y}\n", "a.1: is given twice"),
        (b"a: " + b"{a: " * 3000, "nested too deeply"),
        (b"name: \xff\xfe\n", "not UTF-8"),
        (
            b"a: &a ["
            + b"x," * 50
            + b"x]\n"
            + b"".join(
                f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n".encode()
                for i in range(6)
            ),
            "50,000 values",
        ),
        (b"x: !!python/object/apply:os.system ['true']\n", "unknown key"),
        (b"[" * 2000, "expected"),
    ],
)
def test_hostile_files_are_refused_politely(tmp_path, content, part):
    path = tmp_path / "study.yaml"
    path.write_bytes(content)
    with pytest.raises(StudyError, match=re.escape(part)):
        load_study(path)


def test_missing_files_and_folders(tmp_path):
    write(tmp_path, GOOD)
    with pytest.raises(StudyError, match="did you mean 'study.yaml'"):
        load_study(tmp_path / "stdy.yaml")
    with pytest.raises(StudyError, match="is a folder"):
        load_study(tmp_path)


def test_a_section_in_its_own_file_is_named_in_its_errors(tmp_path):
    write(tmp_path, "cooperation: {volatility: -1}\n", "market.yaml")
    found = messages(tmp_path, GOOD + "market: market.yaml\n")
    assert found == (
        f"{tmp_path}/market.yaml:1:15: market.cooperation.volatility: got -1; expected at least "
        "0 [log]",
    )
    found = messages(tmp_path, GOOD + "market: wrld.yaml\n")
    assert "study.yaml:8:1" in found[0] and "did you mean 'market.yaml'" in found[0]


def test_errors_of_every_section_s_file_come_together(tmp_path):
    found = messages(tmp_path, GOOD.replace("0.02", "-1") + "market: a.yaml\nlegal: b.yaml\n")
    assert len(found) == 3 and "a.yaml" in "".join(found) and "b.yaml" in "".join(found)
    lost = messages(tmp_path, GOOD.split("policies")[0] + "policies: gone.yaml\n")
    assert len(lost) == 1 and "gone.yaml: does not exist" in lost[0]


def test_any_section_may_lie_in_a_file_the_tape_s_too(tmp_path):
    write(tmp_path, "loans: tape.csv\n", "tape.yaml")
    text = GOOD.replace("{loans: tape.csv}", "tape.yaml")
    assert load_study(write(tmp_path, text)).study.tape.loans == tmp_path / "tape.csv"
    assert (
        "expected keys such as loans"
        in messages(tmp_path, GOOD.replace("{loans: tape.csv}", "tape.csv"))[0]
    )
    write(tmp_path, "market: {index_correlation: 0.1}\n", "market.yaml")
    assert (
        "market.yaml:1:1: market: duplicate nesting"
        in messages(tmp_path, GOOD + "market: market.yaml\n")[0]
    )


def test_overrides(tmp_path):
    path = write(tmp_path, GOOD)
    study = load_study(path, {"simulation.scenarios": 77, "policies.0.name": "q"}).study
    assert study.simulation.scenarios == 77 and study.policies[0].name == "q"
    with pytest.raises(
        StudyError, match="simulation.scenaros: unknown key; did you mean 'scenarios'"
    ):
        load_study(path, {"simulation.scenaros": 77})
    with pytest.raises(StudyError, match="expected 0 to 0"):
        load_study(path, {"policies.3.name": "q"})
    with pytest.raises(StudyError, match="expected keys below it"):
        load_study(path, {"name.x": 1})


def test_a_fault_of_an_override_is_not_laid_on_the_file(tmp_path):
    with pytest.raises(StudyError) as caught:
        load_study(
            write(tmp_path, GOOD),
            {"policies.0.collection": {"settle_hazard": -1}, "pricing.servicing_rate": 2},
        )
    assert [f.split(": got")[0] for f in caught.value.errors] == [
        "override: policies.0.collection.settle_hazard",
        "override: pricing.servicing_rate",
    ]


def test_overrides_reach_empty_sections_and_sections_in_files(tmp_path):
    write(tmp_path, "index_correlation: 0.1\n", "market.yaml")
    path = write(tmp_path, GOOD + "simulation:\n")
    study = load_study(
        path, {"market.cooperation.volatility": 0.2, "market": "market.yaml", "simulation.seed": 3}
    ).study
    assert (study.market.index_correlation, study.market.cooperation.volatility) == (0.1, 0.2)
    assert study.simulation.seed == 3


@pytest.mark.parametrize("key", ["", "a..b", "policies.-1.name", "policies.²", "policies.x"])
def test_keys_that_lead_nowhere_are_refused(tmp_path, key):
    with pytest.raises(StudyError, match="override"):
        load_study(write(tmp_path, GOOD), {key: 1})


def test_settings_are_read_as_yaml():
    assert parse_settings(["a.b=3", "c=[x, y]", "d=text"]) == {
        "a.b": 3,
        "c": ["x", "y"],
        "d": "text",
    }
    assert parse_settings(["a=2026-02-30"]) == {"a": "2026-02-30"}
    for bad in ("a", "=1", "a=[1", "a={b: 1, b: 2}", "a=\x07", "a=" + "9" * 5000):
        with pytest.raises(StudyError):
            parse_settings([bad])


def test_sections_are_checked_against_one_another(tmp_path):
    text = (
        GOOD
        + """\
stress: [slmp]
market:
  stresses:
    - name: slump
      overlays: [{factor: "indx:*", multiply: 0.5}]
legal:
  name: Somewhere
  contact_caps: [{channel: call, per_month: 10, rule: "Act 7"}]
"""
    )
    text = text.replace(
        "settle_hazard: 0.02", "channels: [{channel: call, contacts_per_month: 11}]"
    )
    found = messages(tmp_path, text)
    assert any("stress.0" in m and "did you mean 'slump'" in m for m in found)
    assert any("overlays.0.factor" in m and "names no factor" in m for m in found)
    assert any("study.yaml:7:" in m and "at most 10" in m and "Act 7" in m for m in found)


def test_two_channels_of_one_kind_count_together(tmp_path):
    text = GOOD.replace(
        "settle_hazard: 0.02",
        "channels: [{channel: call, contacts_per_month: 6}, {channel: call, contacts_per_month: "
        "6}]",
    )
    text += "legal: {contact_caps: [{channel: call, per_month: 10, rule: Act 7}]}\n"
    assert "got 12 calls a month" in messages(tmp_path, text)[0]


def test_what_is_legal_but_hardly_meant_draws_a_warning(tmp_path):
    text = GOOD + "  - name: q\n    sale: {month: 500}\nsimulation: {horizon_months: 24}\n"
    warnings = load_study(write(tmp_path, text)).warnings
    assert any("never apply" in w for w in warnings) and any(
        "beyond the horizon" in w for w in warnings
    )


POLICIES = GOOD.split("policies:")[0] + "policies:\n"


@pytest.mark.parametrize(
    ("policies", "part"),
    [
        ("  - {name: a, applies_to: {stages: [colection]}}\n", "did you mean 'collection'?"),
        (
            "  - {name: a, applies_to: {minimum_gbv: 9, maximum_gbv: 5}}\n",
            "at least minimum_gbv, 9",
        ),
        ("  - {name: a}\n  - {name: a}\n", "'a' a second time"),
    ],
)
def test_conditions_that_no_loan_can_meet_are_refused(tmp_path, policies, part):
    assert part in messages(tmp_path, POLICIES + policies)[0]


def test_one_stress_twice_and_two_currencies_are_refused(tmp_path):
    market = "market: {stresses: [{name: a, overlays: [{factor: cooperation, multiply: 0.5}]}]}\n"
    assert (
        "stress.1: got 'a' a second time"
        in messages(tmp_path, GOOD + market + "stress: [a, a]\n")[0]
    )
    text = GOOD.replace("{loans: tape.csv}", "{loans: tape.csv, currency: EUR}")
    assert "tape.currency: got 'EUR'; expected 'CNY'" in messages(tmp_path, text)[0]


@pytest.mark.parametrize(
    ("policies", "part"),
    [
        (
            "  - {name: a, applies_to: {products: [x, y]}}\n"
            "  - {name: b, applies_to: {products: [x], minimum_gbv: 5}}\n",
            "'b' can never apply: 'a' comes before it and takes all of its loans",
        ),
        (
            "  - {name: a, collection: {months: 2}, restructuring: {offer_month: 3}}\n",
            "no offer will be made",
        ),
        (
            "  - {name: a, restructuring: {offer_month: 3}, litigation: {after_months: 3}, "
            "enforcement: {}}\n",
            "when every loan left is sued: no offer",
        ),
        (
            "  - {name: a, collection: {months: 6, agencies: [{name: z, from_month: 6, months: "
            "4}]}}\n",
            "'z' will get no account",
        ),
    ],
)
def test_plans_that_come_to_nothing_draw_a_warning(tmp_path, policies, part):
    assert any(part in w for w in load_study(write(tmp_path, POLICIES + policies)).warnings)


@pytest.mark.parametrize(
    "policies",
    [
        "  - {name: a, applies_to: {products: [x]}}\n  - {name: b, applies_to: {products: [x, "
        "y]}}\n",
        "  - {name: a, applies_to: {secured: true}}\n  - {name: b}\n",
        "  - {name: a, applies_to: {maximum_gbv: 5}}\n  - {name: b, applies_to: {maximum_gbv: "
        "9}}\n",
        "  - {name: a, collection: {months: 3}, restructuring: {offer_month: 3}}\n",
        "  - {name: a, restructuring: {offer_month: 3}, litigation: {after_months: 3, "
        "minimum_claim: 5}, enforcement: {}}\n",
    ],
)
def test_plans_that_come_to_something_draw_none(tmp_path, policies):
    text = POLICIES + policies + "market: {congestion: {volatility: 0.1}}\n"
    assert load_study(write(tmp_path, text)).warnings == ()


def test_a_world_without_volatility_draws_a_hint(tmp_path):
    assert any(
        "no factor has a volatility" in w for w in load_study(write(tmp_path, GOOD)).warnings
    )
    assert load_study(write(tmp_path, GOOD), {"simulation.scenarios": 2}).warnings == ()


def test_unverified_law_is_reported(tmp_path):
    legal = (
        "legal: {sources: ['Art. 1 (assumption)'], court_fee: {source: 'assumption: "
        "mine', brackets: [{fixed: 5}]}}\n"
    )
    warnings = "\n".join(load_study(write(tmp_path, GOOD + legal)).warnings)
    assert "legal.court_fee: the schedule is not from a published tariff" in warnings
    assert "legal.sources.0: not verified: Art. 1" in warnings


def test_a_tape_alone_makes_a_study(tmp_path):
    loaded = study_of_tape(tmp_path / "tape.csv", {"tape.columns": {"principal": "balance"}})
    assert loaded.study.tape.loans == tmp_path / "tape.csv"
    assert loaded.study.tape.columns == {"principal": "balance"}
    assert "checked against today" in loaded.warnings[0]
    with pytest.raises(
        StudyError, match="override: tape.colums: unknown key; did you mean 'columns'"
    ):
        study_of_tape(tmp_path / "tape.csv", {"tape.colums": {}})


def test_a_payment_order_excludes_presuit_preservation(tmp_path):
    text = (
        GOOD + "    enforcement: {}\n    litigation: {route: payment_order, preservation: "
        "{before_suit: true}}\n"
    )
    assert "427(7)" in messages(tmp_path, text)[0]


# Every field explains itself


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
        )  # a model that holds itself stands among its own definitions
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
