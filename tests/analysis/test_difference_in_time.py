"""The passage of time is a step of its own: the second tape is compared as of the first valuation
date."""

from __future__ import annotations

from datetime import date

import pytest

from npl_sim.analysis.difference import difference
from npl_sim.core.errors import NplSimError
from npl_sim.tape.ageing import as_of
from tests.builders.studies import loan, paired, study

LATER = "2027-06-30"
AGED = {
    "collection": {
        "settle_hazard": 100.0,
        "settlement_discount": {"ages": [0, 120], "shares": [0.0, 1.0]},
    }
}
"""Everybody settles in month 1; the discount grows by 1/120 of the claim with each month of
age."""


def options(**changes):
    size = {"scenarios": 2, "horizon_months": 24, "seed": 5}
    return {"simulation": size, "pricing": {"required_return": 0.0}, **changes}


def dated(i, default="2025-06-30", **columns):
    return loan(i, age_months="", default_date=default, **columns)


def compared(a, b):
    found = difference(a.study, a.table, b.study, b.table, (2, 2))
    return found, found.steps.set_index("step")


def changed(rows):
    return [name for name in rows.index[rows["changed"]] if not name.startswith("price of")]


def ends_are_those_of_the_runs(rows, a, b):
    assert rows["price"].iloc[0] == pytest.approx(a.price().mean.value)
    assert rows["price"].iloc[-1] == pytest.approx(b.price().mean.value)
    assert rows["change"].iloc[1:-1].sum() == pytest.approx(
        rows["price"].iloc[-1] - rows["price"].iloc[0]
    )


def pair(tmp_path, first, second, tapes=({}, {}), days=("2026-06-30", LATER), items=((), ())):
    made = []
    for name, rows, tape, day, own in zip("ab", (first, second), tapes, days, items, strict=True):
        section = {"tape": {"cut_off_date": None, **tape}, "valuation_date": day}
        terms = {"collateral": {"default": {"past_growth": -0.1}}} if own else {}
        made.append(study(tmp_path / name, rows, AGED, own, **options(**section, **terms)))
    return made


def test_a_later_date_alone_is_all_in_its_step(tmp_path):
    """Twelve months older: each of two loans of 1,000 settles for a tenth of it less, 200 in
    all."""
    rows = [dated(0), dated(1)]
    items = [
        {
            "loan_id": "L000000",
            "kind": "house",
            "appraisal_value": 900,
            "appraisal_date": "2026-01-31",
        }
    ]
    a, b = pair(tmp_path, rows, rows, items=(items, items))
    found, steps = compared(a, b)
    assert changed(steps) == ["valuation date"] and not steps.loc["tape", "changed"]
    assert steps.loc["valuation date", "change"] == pytest.approx(-200.0, abs=20.0)
    assert len(found.tape) == 0 and list(found.settings["key"]) == ["valuation_date"]
    ends_are_those_of_the_runs(steps, a, b)


def test_both_the_tape_and_the_date(tmp_path):
    """One loan pays 400, one comes that defaulted after the first date, one goes; then twelve
    months pass."""
    first = [dated(0), dated(1), dated(2)]
    second = [dated(0), dated(1, principal=600), dated(3, "2026-12-31")]
    a, b = pair(tmp_path, first, second)
    found, steps = compared(a, b)
    assert changed(steps) == [
        "tape: loans that went (1)",
        "tape: loans whose data changed (1)",
        "tape: loans that came (1)",
        "valuation date",
    ]
    kept = found.tape.set_index("loan_id")
    assert kept.loc["L000001", "columns"] == "principal, gbv" and "L000000" not in kept.index
    age = 365 / 30.4375  # of the old loans at the first date: a discount of floor(age) / 120
    old = 1000 * (1 - int(age) / 120)
    assert steps.loc["tape: loans that went (1)", "change"] == pytest.approx(-old, abs=10.0)
    assert steps.loc["tape: loans whose data changed (1)", "change"] == pytest.approx(
        -0.4 * old, abs=5.0
    )
    # Not yet in default at the first date: its age is 0, and nothing is taken off (one month at
    # the settlement).
    assert steps.loc["tape: loans that came (1)", "change"] == pytest.approx(1000.0, abs=10.0)
    ends_are_those_of_the_runs(steps, a, b)


def test_a_date_on_the_tape_is_named_and_not_the_age_that_follows(tmp_path):
    a, b = pair(tmp_path, [dated(0), dated(1)], [dated(0), dated(1, "2024-06-30")])
    found, steps = compared(a, b)
    assert list(found.tape["columns"]) == ["default_date"]
    assert changed(steps) == ["tape: loans whose data changed (1)", "valuation date"]
    ends_are_those_of_the_runs(steps, a, b)


def test_an_age_that_the_file_states_is_a_fact_of_the_file(tmp_path):
    """The same cells at another date: no loan has aged, so neither step moves the price."""
    rows = [loan(0, age_months=12), loan(1, age_months=30)]
    a, b = pair(tmp_path / "same", rows, rows)
    _, steps = compared(a, b)
    assert changed(steps) == ["valuation date"]
    assert steps.loc["valuation date", "change"] == pytest.approx(0.0, abs=1e-9)
    a, b = pair(tmp_path / "aged", rows, [loan(0, age_months=24), loan(1, age_months=30)])
    found, steps = compared(a, b)
    assert list(found.tape["columns"]) == ["age_months"]
    assert steps.loc["tape: loans whose data changed (1)", "change"] == pytest.approx(
        -100.0, abs=1e-6
    )
    ends_are_those_of_the_runs(steps, a, b)


@pytest.mark.parametrize("cut_off", [None, "2026-05-31"])
def test_days_past_due_count_from_the_cut_off_date(tmp_path, cut_off):
    """A tape of one cut-off date ages with the valuation date; without one the days are those of
    the valuation date."""
    rows = [loan(0, age_months="", days_past_due=365), loan(1, age_months="", days_past_due=730)]
    a, b = pair(tmp_path, rows, rows, tapes=({"cut_off_date": cut_off},) * 2)
    found, steps = compared(a, b)
    assert len(found.tape) == 0 and changed(steps) == ["valuation date"]
    expected = 0.0 if cut_off is None else -200.0
    assert steps.loc["valuation date", "change"] == pytest.approx(
        expected, abs=20.0 if cut_off else 1e-9
    )
    ends_are_those_of_the_runs(steps, a, b)


def test_another_cut_off_date_is_a_step_between(tmp_path):
    """Days past due as of a day half a year earlier are older by as much: a twentieth of the claim
    each."""
    rows = [loan(0, age_months="", days_past_due=365), loan(1, age_months="", days_past_due=730)]
    tapes = ({"cut_off_date": "2026-06-30"}, {"cut_off_date": "2025-12-31"})
    a, b = pair(tmp_path, rows, rows, tapes=tapes)
    found, steps = compared(a, b)
    assert changed(steps) == ["tape: cut-off date", "valuation date"] and len(found.tape) == 0
    assert not steps.loc["tape", "changed"]
    assert steps.loc["tape: cut-off date", "change"] == pytest.approx(-100.0, abs=20.0)
    assert steps.loc["valuation date", "change"] == pytest.approx(-200.0, abs=20.0)
    ends_are_those_of_the_runs(steps, a, b)


def test_back_in_time(tmp_path):
    """The order of the runs turned round gives the opposite step."""
    rows = [dated(0), dated(1)]
    a, b = pair(tmp_path, rows, rows)
    forth, back = compared(a, b)[1], compared(b, a)[1]
    assert changed(back) == ["valuation date"]
    assert back.loc["valuation date", "change"] == pytest.approx(
        -forth.loc["valuation date", "change"]
    )


def test_a_tape_as_of_another_date_is_the_tape_read_at_that_date(tmp_path):
    """Derived ages, by date and by days past due, and stated ones."""
    rows = [
        dated(0),
        loan(1, age_months="", days_past_due=400),
        loan(2, age_months=16, default_date="2025-02-28"),
    ]
    tape = {"cut_off_date": "2026-05-31"}
    a, b = pair(tmp_path, rows, rows, tapes=(tape, tape))
    there = as_of(b.table, a.study.valuation_date, a.study.tape.cut_off_date)
    assert there.loans.equals(a.table.loans) and not b.table.loans.equals(a.table.loans)
    again = as_of(a.table, b.study.valuation_date, b.study.tape.cut_off_date)
    assert again.loans.equals(b.table.loans)
    assert b.table.stated_ages == {"L000002"}


def test_a_loan_that_was_not_yet_in_default_has_the_age_0(tmp_path):
    _, b = pair(tmp_path, [dated(0)], [dated(0), dated(1, "2026-12-31")])
    assert list(as_of(b.table, date(2026, 12, 31), None).loans["age_months"])[1] == 0.0
    assert list(as_of(b.table, date(2026, 6, 30), None).loans["age_months"]) == pytest.approx(
        [365 / 30.4375, 0.0]
    )


def test_versions_in_two_currencies_are_not_compared(tmp_path):
    a = study(tmp_path / "a", [loan(0)], AGED, **options())
    b = study(tmp_path / "b", [loan(0)], AGED, **options(currency="USD"))
    with pytest.raises(
        NplSimError,
        match="the study is in CNY, the other version in USD; expected versions in one currency",
    ):
        paired(a, b)
