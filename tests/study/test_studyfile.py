"""Reading a study: every fault at once, each with its place, what came and what was expected."""

from __future__ import annotations

import re

import pytest

from npl_sim.core.errors import StudyError
from npl_sim.study.loader import load_study
from npl_sim.study.overrides import parse_settings
from tests.study.studyfile_texts import GOOD, messages, write


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
            "contact_methods: [{method: sms, contacts_per_month: 1}]",
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
    found = messages(tmp_path, GOOD + "market: mrket.yaml\n")
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
