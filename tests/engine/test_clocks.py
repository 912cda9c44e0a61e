"""Legal clocks of a tape under the shipped laws, worked by hand, and what the simulation makes of
them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from npl_sim.dcf.facts import loans_of
from npl_sim.engine.clocks import clocks_of
from npl_sim.engine.compile_model import compile_model
from npl_sim.runs.study_session import load_study
from tests.builders.shipped import text_of
from tests.builders.studies import loan, study

ROOT = Path(__file__).parents[2]
CASES = ROOT.parent / "shared" / "cases" / "clocks"
INCOME = {"garnishment_probability": 1.0, "garnishment_share": 0.1}
POLICY = {
    "litigation": {"after_months": 0, "lawsuit": {"win_probability": 1.0}},
    "enforcement": {**INCOME, "garnishment_months": 12},
}
NONE = np.datetime64("NaT", "D")


def law(name):
    return YAML(typ="safe").load(text_of(f"legal/{name}.yaml"))


def small_study(tmp_path, rows, valuation="2026-06-30", country="china", policy=POLICY):
    loans = [loan(i, **{"age_months": "", **row}) for i, row in enumerate(rows)]
    currency = {"china": "CNY", "italy": "EUR"}[country]
    return study(
        tmp_path,
        loans,
        policy,
        legal=law(country),
        valuation_date=valuation,
        currency=currency,
        simulation={"scenarios": 4, "horizon_months": 36},
    )


def clock(tmp_path, row, **settings):
    case = small_study(tmp_path, [row], **settings)
    found = clocks_of(case.study, case.table.loans, np.zeros(1, dtype=np.int64))
    return (
        found,
        compile_model(case.study, case.table).package.loans[0],
        loans_of(case.study, case.table),
    )


@pytest.mark.parametrize(
    ("row", "column", "end"),
    [
        # Civil Code 188 and 202: three years from the day of default, by the calendar.
        ({"default_date": "2023-11-30"}, "default_date", "2026-11-30"),
        ({"default_date": "2024-02-29"}, "default_date", "2027-02-28"),
        ({"days_past_due": 485}, "days_past_due", "2028-03-02"),  # 2025-03-02
        ({"age_months": 10}, "age_months", "2028-08-30"),
        # A date of default decides even where months are stated beside it.
        ({"age_months": 10, "default_date": "2025-08-20"}, "default_date", "2028-08-20"),
        (
            {"default_date": "2021-05-15", "last_interruption_date": "2025-01-31"},
            "last_interruption_date",
            "2028-01-31",
        ),
        # An event before default starts nothing.
        (
            {"default_date": "2024-05-15", "last_interruption_date": "2023-12-31"},
            "default_date",
            "2027-05-15",
        ),
        # Civil Code 189: installments, from the last due date, unless all was declared due.
        (
            {"default_date": "2020-05-15", "maturity_date": "2031-08-31"},
            "maturity_date",
            "2034-08-31",
        ),
        (
            {
                "default_date": "2020-05-15",
                "maturity_date": "2031-08-31",
                "acceleration_date": "2024-10-31",
            },
            "acceleration_date",
            "2027-10-31",
        ),
        (
            {
                "default_date": "2020-05-15",
                "maturity_date": "2031-08-31",
                "last_interruption_date": "2025-03-01",
            },
            "maturity_date",
            "2034-08-31",
        ),
        (
            {
                "default_date": "2020-05-15",
                "maturity_date": "2024-08-31",
                "last_interruption_date": "2025-03-01",
            },
            "last_interruption_date",
            "2028-03-01",
        ),
        # The long stop of twenty years from the day the claim was due.
        (
            {"default_date": "2006-09-30", "last_interruption_date": "2025-03-01"},
            "last_interruption_date",
            "2026-09-30",
        ),
        (
            {"default_date": "2026-01-01", "limitation_left_months": 8},
            "limitation_left_months",
            "2027-02-28",
        ),
        (
            {"default_date": "2026-01-01", "limitation_left_months": -0.01},
            "limitation_left_months",
            "2026-06-29",
        ),
    ],
)
def test_limitation_under_chinese_law(tmp_path, row, column, end):
    found, record, second = clock(tmp_path, row)
    assert (found.start_column[0], found.last_day[0]) == (column, np.datetime64(end))
    assert (record["limitation_left"] < 0.0) == (end < "2026-06-30")
    assert second.limitation_left[0] == pytest.approx(record["limitation_left"], rel=1e-12)
    assert second.stop_left[0] == pytest.approx(record["long_stop_left"], rel=1e-12)


@pytest.mark.parametrize(
    ("row", "end", "stop"),
    [
        # Codice civile 2946, ten years; no long stop is known.
        ({"default_date": "2016-02-29"}, "2026-02-28", NONE),
        (
            {"default_date": "2016-02-29", "last_interruption_date": "2019-07-31"},
            "2029-07-31",
            NONE,
        ),
        ({"default_date": "2019-02-28", "maturity_date": "2029-04-30"}, "2039-04-30", NONE),
    ],
)
def test_limitation_under_italian_law(tmp_path, row, end, stop):
    found, record, _ = clock(tmp_path, row, country="italy")
    assert found.last_day[0] == np.datetime64(end) and np.isnat(found.long_stop[0])
    assert np.isinf(record["long_stop_left"])


@pytest.mark.parametrize(
    ("row", "country", "end"),
    [
        # Civil Procedure Law 250: two years from the last day for performance; an interruption
        # restarts it.
        ({"stage_date": "2024-03-10"}, "china", "2026-03-25"),  # 15 days to perform
        (
            {"stage_date": "2021-03-10", "last_interruption_date": "2025-02-28"},
            "china",
            "2027-02-28",
        ),
        (
            {"stage_date": "2025-03-10", "last_interruption_date": "2025-03-09"},
            "china",
            "2027-03-25",
        ),
        ({"judgment_date": "2025-03-10"}, "china", "2027-03-25"),
        ({}, "china", "2028-07-15"),  # no date: judged today
        # Codice civile 2953: ten years.
        ({"stage_date": "2016-06-14"}, "italy", "2026-06-29"),
        ({"stage_date": "2016-06-15"}, "italy", "2026-06-30"),
        (
            {"stage_date": "2012-06-15", "last_interruption_date": "2020-05-31"},
            "italy",
            "2030-05-31",
        ),
    ],
)
def test_the_window_of_a_judgment(tmp_path, row, country, end):
    policy = {
        **POLICY,
        "enforcement": {"performance_window": 0.5, **INCOME},
    }
    row = {"default_date": "2010-01-01", "stage": "judged", **row}
    found, record, second = clock(tmp_path, row, country=country, policy=policy)
    assert found.window_last_day[0] == np.datetime64(end)
    assert (record["window_left"] < 0.0) == (end < "2026-06-30") == (second.window_left[0] < 0.0)


@pytest.mark.parametrize(("valuation", "alive"), [("2027-05-31", True), ("2027-06-01", False)])
def test_a_claim_is_sued_on_its_last_day_and_lost_the_day_after(tmp_path, valuation, alive):
    """Civil Code 201 to 203: three years from 2024-05-31 end with 2027-05-31."""
    case = small_study(tmp_path, [{"default_date": "2024-05-31"}], valuation)
    received = case.simulate().loans["received_mean"].iloc[0]
    assert (received > 0.0) == alive


@pytest.mark.parametrize(("valuation", "alive"), [("2017-10-01", True), ("2017-10-02", False)])
def test_the_last_day_of_two_years_is_the_first_of_three(tmp_path, valuation, alive):
    """Fa Shi (2018) 12: two years from 2015-10-01 had not run out on 2017-10-01, so three apply;
    from 09-30 they had."""
    rows = [
        {"default_date": "2014-03-01", "last_interruption_date": day}
        for day in ("2015-10-01", "2015-09-30")
    ]
    case = small_study(tmp_path, rows, valuation)
    found = clocks_of(case.study, case.table.loans, np.zeros(2, dtype=np.int64))
    assert found.last_day.tolist() == [date(2018, 10, 1), date(2017, 9, 30)]
    assert (case.simulate().loans["received_mean"] > 0.0).tolist() == [True, False]


@pytest.mark.parametrize(("valuation", "alive"), [("2026-02-15", True), ("2026-02-16", False)])
def test_a_judgment_is_enforced_on_the_last_day_of_its_window(tmp_path, valuation, alive):
    """The interruption of 2024-02-15 is what keeps it: two years from the judgment had ended in
    2023."""
    row = {
        "default_date": "2019-01-01",
        "stage": "judged",
        "stage_date": "2021-05-10",
        "last_interruption_date": "2024-02-15",
    }
    received = small_study(tmp_path, [row], valuation).simulate().loans["received_mean"].iloc[0]
    assert (received > 0.0) == alive


@pytest.mark.parametrize(("delay", "in_time"), [(24, True), (24.1, False)])
@pytest.mark.parametrize("judged", ["2026-01-15", "2025-08-31", "2024-06-30", "2026-06-29"])
def test_an_application_on_the_last_day_is_in_time(tmp_path, judged, delay, in_time):
    """The policy waits as long as the window lasts: the months of the simulation must not make
    that too late."""
    policy = {**POLICY, "enforcement": {**POLICY["enforcement"], "application_delay": delay}}
    row = {"default_date": "2020-01-01", "stage": "judged", "stage_date": judged}
    _, record, second = clock(tmp_path, row, policy=policy)
    wait = max(0.0, delay - float(record["stage_elapsed"]))
    assert (wait <= record["window_left"]) == in_time == (second.window_left[0] >= 0.0)


@pytest.mark.parametrize("today", ["2026-06-30", "2026-01-31", "2024-02-29", "2025-12-01"])
def test_a_claim_of_today_may_be_sued_in_month_36(tmp_path, today):
    """No filing within the period is late by rounding, whatever days the months have."""
    _, record, _ = clock(tmp_path, {"default_date": today}, valuation=today)
    assert record["limitation_left"] == 36.0


@pytest.mark.skipif(not CASES.is_dir(), reason="the shared cases are not here")
@pytest.mark.parametrize(
    ("tape", "valuation", "ends"),
    [
        (
            "t2.csv",
            "2017-12-01",
            {
                "L1_dead": "2017-06-01",
                "L2_alive": "2018-11-01",
                "L3_boundary": "2018-10-01",
                "L3b": "2017-09-30",
                "L4_nodate": "2019-03-01",
                "L5_judged": "2018-09-01",
                "L7_longstop": "2018-03-01",
                "L8_before_def": "2019-03-01",
            },
        ),
        ("t3j.csv", "2017-12-01", {"J1": "2019-06-01", "J2": "2019-09-01"}),
        ("bill.csv", "2026-06-30", {"K1": "2029-03-01"}),
    ],
)
def test_the_reported_cases(tmp_path, tape, valuation, ends):
    from npl_sim.analysis.action_plan import action_plan

    settings = {
        "name": "cases",
        "valuation_date": valuation,
        "currency": "CNY",
        "legal": law("china"),
        "tape": {
            "loans": str(CASES / tape),
            "cut_off_date": valuation,
            "confirmed": ["stage_date"],
        },
        "policies": [{"name": "sue", **POLICY}],
        "simulation": {"scenarios": 2},
    }
    path = tmp_path / "study.yaml"
    with path.open("w", encoding="utf-8") as file:
        YAML().dump(settings, file)
    case = load_study(path)
    plan = action_plan(case.study, case.table).set_index("loan_id")
    assert {k: str(plan["expiry"][k].date()) for k in ends} == ends
    for name, end in ends.items():
        assert f"on {end}" in case.explain(name), name
