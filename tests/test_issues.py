"""Issues: order, lines, counts, and how findings and sentences become issues."""

from __future__ import annotations

import json
import math

import pytest

from npl_sim.core.issues import DOUBT, FORM, LEFT_OUT, NOTICE, RESULT, Issue
from npl_sim.tables.findings import Finding
from npl_sim.tape.issues import counts, head, of_finding, of_text, ranked, records


def issue(message, severity="warning", **figures):
    return Issue(severity, "somewhere", message, **figures)


def test_order_is_errors_then_effect_then_gbv_then_the_rest():
    rest, other = issue("rest"), issue("other")
    touched, more = issue("touched", gbv=5.0), issue("more", gbv=50.0)
    down, up = issue("down", effect=-9.0, gbv=1.0), issue("up", effect=3.0, gbv=1e3)
    wrong = issue("wrong", "error")
    costly = issue("costly", "error", effect=1.0)
    shuffled = [rest, touched, up, wrong, other, down, more, costly]
    reported = [x.message for x in ranked(shuffled)]
    assert reported == ["costly", "wrong", "down", "up", "more", "touched", "rest", "other"]


def test_a_doubt_comes_before_what_is_only_assumed():
    """The grade counts before the amounts: an absent column concerns every loan."""
    shuffled = [
        issue("form", grade=FORM),
        issue("assumed", gbv=1e3),
        issue("doubt", gbv=1.0, grade=DOUBT),
        issue("left out", grade=LEFT_OUT),
        issue("measured", effect=5.0, grade=DOUBT),
    ]
    assert [x.message for x in ranked(shuffled)] == [
        "left out",
        "measured",
        "doubt",
        "assumed",
        "form",
    ]


@pytest.mark.parametrize(
    ("name", "gbv", "grade"),
    [
        ("balances", 5.0, DOUBT),
        ("", 5.0, NOTICE),
        ("absent.fees", 5.0, NOTICE),
        ("blank.region", math.nan, FORM),
        ("", math.nan, FORM),
    ],
)
def test_grades_of_findings(name, gbv, grade):
    finding = Finding("warning", "a.csv", "x", "y", 1, (2,), ("z",), name, gbv)
    assert of_finding(finding).grade == grade
    reported = Finding(
        "warning", "a.csv", "x", "y (confirmed in tape.confirmed as z)", 1, (2,), ("z",), name, gbv
    )
    assert of_finding(reported).grade != DOUBT


def test_a_message_of_its_own_names_no_row():
    finding = Finding(
        "warning", "a.csv", "stage", "", 3, (1,), ("",), "dormant", 5.0, 2.0, message="three loans"
    )
    assert str(of_finding(finding)) == "warning: a.csv, stage: three loans"


def test_an_effect_measured_to_be_slight_does_not_lead():
    """A second lien on an item of 1 must not hide a tenth of the package that is worth nothing."""
    nothing, slight = issue("worth nothing", gbv=1e8), issue("second lien", effect=-0.2, gbv=1e3)
    large, rest = issue("dormant", effect=1e6, gbv=1e7), issue("rest")
    reported = [x.message for x in ranked([slight, rest, nothing, large])]
    assert reported == ["dormant", "worth nothing", "rest", "second lien"]
    assert [x.message for x in ranked([rest, issue("zero", effect=0.0)])] == ["zero", "rest"]


def test_what_is_wrong_with_the_result_itself_comes_first():
    sale = issue("sale above GBV", gbv=1.0, grade=RESULT)
    reported = ranked(
        [issue("dormant", effect=1e6, grade=DOUBT), issue("rows", grade=LEFT_OUT), sale]
    )
    assert [x.message for x in reported] == ["sale above GBV", "rows", "dormant"]


def test_head_shows_the_first_and_counts_the_rest_with_the_command():
    found = [issue(f"w{i}", gbv=float(i)) for i in range(6)] + [
        issue("bad", "error"),
        issue("worse", "error", effect=-2e6),
    ]
    lines = head(found, 3, money=lambda x: f"{x / 1e6:g} m")
    assert lines[0] == "error: somewhere: worse [effect -2 m]"
    assert lines[1] == "error: somewhere: bad"
    assert lines[2] == "warning: somewhere: w5 [GBV 5e-06 m]"
    assert lines[3].startswith("and 5 more warnings: npl-sim validate STUDY") and len(lines) == 4
    assert "and 1 more error and 6 more warnings" in head(found, 1)[-1]


def test_no_issue_gives_no_line_and_few_give_no_count():
    assert head([]) == []
    assert len(head([issue("a")] * 5)) == 5


def test_a_positive_effect_shows_its_sign():
    assert head([issue("x", effect=1234.0)]) == ["warning: somewhere: x [effect +1,234]"]


def test_a_long_text_is_shortened_in_a_line_and_whole_in_the_record():
    long = issue("x" * 5000)
    (line,) = head([long])
    assert len(line) < 400 and "..." in line
    assert records([long])[0]["message"] == "x" * 5000


def test_records_are_json_without_nan_and_at_most_five():
    reported = records([issue("a", gbv=math.inf), *[issue(str(i)) for i in range(9)]])
    assert len(reported) == 5 and all(r["effect"] is None for r in reported)
    json.loads(json.dumps(reported, allow_nan=False))


def test_a_name_of_any_bytes_can_be_stored():
    odd = b"tw\xff.csv".decode("utf-8", "surrogateescape")
    assert json.dumps(records([Issue("warning", odd, odd)]), ensure_ascii=False).encode("utf-8")


def test_counts_name_both_severities():
    assert counts([]) == {"error": 0, "warning": 0}
    assert counts([issue("a"), issue("b", "error")]) == {"error": 1, "warning": 1}


@pytest.mark.parametrize(
    ("text", "location", "message"),
    [
        (
            "policies.2.applies_to: the tape has no such loan: only sme",
            "policies.2.applies_to",
            "the tape has no such loan: only sme",
        ),
        (
            "a b/law.yaml:46:5: legal.caps.0: the cap is",
            "a b/law.yaml:46:5: legal.caps.0",
            "the cap is",
        ),
        ("the deal: calls early", "", "the deal: calls early"),
        ("no colon at all", "", "no colon at all"),
    ],
)
def test_a_sentence_is_split_into_location_and_message(text, location, message):
    found = of_text(text)
    assert (found.severity, found.location, found.message) == ("warning", location, message)
    assert str(found).endswith(text)


@pytest.mark.parametrize("column", ["", "stage (立案日期)"])
def test_a_finding_keeps_its_place_its_rows_and_its_figures(column):
    finding = Finding(
        "error",
        "tape: a.csv",
        column,
        "a date",
        3,
        (7, 8, 9),
        ("x: y", "", ""),
        "stage_date",
        100.0,
        -5.0,
    )
    found = of_finding(finding)
    assert str(finding) == f"{found} [GBV 100.00]"
    assert found.location.startswith("tape: a.csv row 7")
    assert (found.gbv, found.effect, found.name) == (100.0, -5.0, "stage_date")


def test_a_line_keeps_300_characters_and_the_sign_of_an_effect():
    assert head([Issue("warning", "", "x" * 291)]) == ["warning: " + "x" * 291]
    assert head([Issue("warning", "", "x" * 292)]) == ["warning: " + "x" * 291 + "..."]
    assert [head([Issue("warning", "", "x", effect=e)])[0][12:] for e in (2.0, 0.0, -2.0)] == [
        "effect +2]",
        "effect 0]",
        "effect -2]",
    ]
