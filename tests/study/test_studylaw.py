"""A study is held to its law, and the rule is cited."""

from __future__ import annotations

from pathlib import Path

import pytest

from npl_sim.core.errors import StudyError
from npl_sim.study.loader import load_study

ROOT = Path(__file__).parents[2]
HEAD = """\
name: a
valuation_date: 2026-06-30
tape: {loans: tape.csv}
simulation: {scenarios: 2}
"""
LAW = """\
legal:
  name: Somewhere
  contact_caps:
    - {channel: call, per_day: 2, per_week: 7, per_month: 28, rule: Act 7}
    - {channel: visit, per_week: 1, rule: Act 8}
  quiet_hours: {begin: 21.5, end: 8, rule: Act 9}
  security_cap_in_suit: 0.3
  reserve_floors: [0.7, 0.56]
  reserve_source: Act 10
"""


def load(folder, text, law=LAW):
    path = folder / "study.yaml"
    path.write_text(HEAD + text + law, encoding="utf-8")
    return load_study(path)


def refused(folder, text, law=LAW):
    with pytest.raises(StudyError) as caught:
        load(folder, text, law)
    return caught.value.errors


def own(channels):
    return f"policies:\n  - name: p\n    collection: {{channels: [{channels}]}}\n"


def placed(channels):
    agency = f"{{name: z, from_month: 1, months: 3, channels: [{channels}]}}"
    return f"policies:\n  - name: p\n    collection: {{agencies: [{agency}]}}\n"


@pytest.mark.parametrize("who", [own, placed], ids=["own", "agency"])
@pytest.mark.parametrize(
    ("channels", "key", "parts"),
    [
        (
            "{channel: call, contacts_per_month: 29}",
            "0.contacts_per_month",
            ["29 calls a month", "at most 28", "Act 7"],
        ),
        (
            "{channel: visit, contacts_per_month: 5}",
            "0.contacts_per_month",
            ["1.15 visits a week", "at most 1", "Act 8"],
        ),
        (
            "{channel: call, contacts_per_month: 20, most_per_day: 3}",
            "0.most_per_day",
            ["3 calls a day", "at most 2", "Act 7"],
        ),
        (
            "{channel: call, contacts_per_month: 9, most_per_day: 1.5}, {channel: letter, "
            "contacts_per_month: 9}, "
            "{channel: call, contacts_per_month: 9, most_per_day: 1}",
            "2.most_per_day",
            ["2.5 calls a day", "at most 2"],
        ),
        (
            "{channel: call, contacts_per_month: 9, hours: [7.5, 18]}",
            "0.hours",
            ["7:30 to 18:00", "none from 21:30 to 8:00", "Act 9"],
        ),
        (
            "{channel: letter, contacts_per_month: 9, hours: [9, 22]}",
            "0.hours",
            ["9:00 to 22:00", "Somewhere"],
        ),
    ],
)
def test_contacts_beyond_the_law_are_refused(tmp_path, who, channels, key, parts):
    (found,) = refused(tmp_path, who(channels))
    assert f"channels.{key}: got" in found and all(part in found for part in parts), found


def test_contacts_at_the_caps_are_lawful(tmp_path):
    channels = (
        "{channel: call, contacts_per_month: 14, most_per_day: 1}, {channel: call, "
        "contacts_per_month: 14, most_per_day: 1}, "
        "{channel: visit, contacts_per_month: 4.348214285714286, hours: [8, 21.5]}, {channel: "
        "letter, contacts_per_month: 900}"
    )
    load(tmp_path, own(channels))


def test_without_a_most_contacts_are_spread_over_thirty_days(tmp_path):
    law = "legal: {contact_caps: [{channel: call, per_day: 1, rule: Act 7}]}\n"
    load(tmp_path, own("{channel: call, contacts_per_month: 30}"), law)
    (found,) = refused(tmp_path, own("{channel: call, contacts_per_month: 45}"), law)
    assert "contacts_per_month: got 1.5 calls a day" in found


@pytest.mark.parametrize(
    ("channels", "part"),
    [
        (
            "{channel: call, contacts_per_month: 60, most_per_day: 1}",
            "60 contacts a month are 2 a day",
        ),
        (
            "{channel: call, contacts_per_month: 1, hours: [18, 9]}",
            "expected the first before the last",
        ),
        ("{channel: call, contacts_per_month: 1, hours: [9, 25]}", "at most 24"),
        ("{channel: call, contacts_per_month: 1, diminishing: 0}", "diminishing"),
    ],
)
def test_channels_that_contradict_themselves_are_refused(tmp_path, channels, part):
    assert any(part in found for found in refused(tmp_path, own(channels), ""))


def test_security_is_held_to_the_cap_of_its_time(tmp_path):
    text = (
        "policies:\n  - name: p\n    enforcement: {{}}\n    litigation: {{preservation: "
        "{{before_suit: {}, security: 0.4}}}}\n"
    )
    (found,) = refused(tmp_path, text.format("false"))
    assert (
        "preservation.security: got 0.4; expected at most 0.3" in found
        and "in a pending suit under Somewhere" in found
    )
    load(tmp_path, text.format("true"))
    law = "legal: {security_cap_before_suit: 0.1}\n"
    assert "before suit" in refused(tmp_path, text.format("true"), law)[0]
    load(tmp_path, text.format("false"), law)


def test_reserves_below_the_floor_are_refused(tmp_path):
    text = (
        "policies: [{name: p}]\ncollateral:\n  home:\n    rounds: [{reserve: 0.7}, "
        "{reserve: 0.55}, {reserve: 0.5}]\n"
    )
    second, third = refused(tmp_path, text)
    assert "collateral.home.rounds.1.reserve: got 0.55 of the appraisal in round 2" in second
    assert "at least 0.56 under Somewhere: Act 10" in second and "round 3" in third
    load(tmp_path, text.replace("0.55", "0.56").replace("0.5}", "0.56}"))


def test_what_is_assumed_is_reported(tmp_path):
    law = """\
legal:
  limitation: [{months: 60, source: "assumption: as elsewhere"}]
  contact_caps:
    - {channel: call, per_day: 2, per_week: 9, rule: a prudent reading, assumption: true}
  quiet_hours: {begin: 22, end: 8, rule: by custom, assumption: true}
  reserve_floors: [0.5]
  reserve_source: "Assumption: half"
"""
    warnings = "\n".join(load(tmp_path, "policies: [{name: p}]\n", law).warnings)
    assert "legal.limitation.0: the period of 60 months is an assumption" in warnings
    assert (
        "legal.contact_caps.0: the cap of 2 calls a day, 9 calls a week is an assumption: a "
        "prudent" in warnings
    )
    assert (
        "legal.quiet_hours: no contact from 22:00 to 8:00 is an assumption: by custom" in warnings
    )
    assert "legal.reserve_floors: the floors are an assumption" in warnings


def test_old_names_are_refused_with_the_new_ones(tmp_path):
    (found,) = refused(tmp_path, "policies: [{name: p}]\n", "legal: {limitation_months: 36}\n")
    assert "limitation_months: unknown key; did you mean 'limitation" in found


def test_the_shipped_study_keeps_the_law_it_names():
    assert not [
        w
        for w in load_study(ROOT / "configs/studies/first_package.yaml").warnings
        if "expected" in w
    ]
