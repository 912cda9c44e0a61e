"""Other readings of a tape are valued on the same random numbers; much is an error until it is
confirmed."""

from __future__ import annotations

import math

import pytest

from npl_sim.analysis.other_readings import MOST_SHARE, measure_readings, name_readings, sized
from npl_sim.core.errors import TapeError
from tests.builders.studies import loan, study

SOLD = {
    "collection": {"months": 12, "settle_hazard": 0.05},
    "enforcement": {
        "performance_window": 0.5,
        "application_delay": 1,
        "garnishment_probability": 0.5,
        "garnishment_share": 0.01,
        "garnishment_months": 12,
    },
    "litigation": {"after_months": 6, "lawsuit": {"win_probability": 0.9}},
}
SIZE = {
    "simulation": {"scenarios": 60, "horizon_months": 60},
    "collateral": {"default": {"forced_sale_discount": 0.3}},
}


def small_study(tmp_path, rows, items=(), confirmed=(), **sections):
    rows = [loan(i, **columns) for i, columns in enumerate(rows)]
    return study(
        tmp_path, rows, SOLD, items, **{"tape": {"confirmed": list(confirmed)}, **SIZE, **sections}
    )


def flat(i, **columns):
    return {
        "loan_id": f"L{i:06d}",
        "kind": "house",
        "appraisal_value": 900,
        "appraisal_date": "2026-01-01",
        **columns,
    }


DORMANT = [{"stage": "dormant", "stage_date": "2025-12-31"}, {}, {}]


def test_a_large_effect_stops_the_run_until_it_is_confirmed(tmp_path):
    case = small_study(tmp_path, DORMANT, [flat(0)])
    for ask in (lambda: case.table, case.price, case.simulate):
        with pytest.raises(TapeError) as caught:
            ask()
        assert "these dormant loans carry collateral appraised at 900.00" in str(caught.value)
        assert "tape.confirmed: [dormant]" in str(caught.value)
    confirmed = small_study(tmp_path / "b", DORMANT, [flat(0)], ["dormant"])
    (finding,) = [f for f in confirmed.table.findings if f.name == "dormant"]
    assert finding.severity == "warning" and "the study confirms what was read" in finding.message


def test_quarantine_does_not_let_it_pass(tmp_path):
    case = small_study(tmp_path, DORMANT, [flat(0)])
    loose = study(
        tmp_path / "q",
        [loan(0, **DORMANT[0]), loan(1)],
        SOLD,
        [flat(0)],
        tape={"confirmed": [], "on_error": "quarantine"},
        **SIZE,
    )
    for each in (case, loose):
        with pytest.raises(TapeError):
            each.price()


def test_the_effect_is_that_of_the_other_tape(tmp_path):
    """What is measured is what the study gives on the tape that says the other thing."""
    first = small_study(tmp_path, DORMANT, [flat(0)], ["dormant", "stage_date"])
    other = small_study(
        tmp_path / "o", [{"stage": "enforcement"}, {}, {}], [flat(0)], ["stage_date"]
    )
    (finding,) = [f for f in first.table.findings if f.name == "dormant"]
    values = [float(case.price().mean.value) for case in (other, first)]
    plain = [case.simulate().net for case in (other, first)]
    assert finding.effect > 0.0
    assert finding.effect == pytest.approx(values[0] - values[1], rel=0.05)
    assert all(len(net) == 60 for net in plain)


def test_a_small_effect_is_a_warning(tmp_path):
    rows = [*DORMANT, *({} for _ in range(200))]
    case = small_study(tmp_path, rows, [flat(0, appraisal_value=50)])
    (finding,) = [f for f in case.table.findings if f.name == "dormant"]
    value = float(case.price().mean.value)
    assert finding.severity == "warning" and "confirmed" not in finding.message
    assert 0.0 < abs(finding.effect) < MOST_SHARE * value


def test_the_boundary_is_five_percent(tmp_path, monkeypatch):
    case = small_study(tmp_path, DORMANT, [flat(0)], ["dormant"])
    table = case.table
    bare = case.study.model_copy(
        update={"tape": case.study.tape.model_copy(update={"confirmed": ()})}
    )
    for share, severity in ((0.0501, "error"), (0.0499, "warning"), (-0.0501, "error")):
        values = iter([1000.0, 1000.0 * (1 + share)])
        monkeypatch.setattr(
            "npl_sim.analysis.other_readings.mean_value", lambda *_, v=values: next(v)
        )
        (finding,) = measure_readings(bare, table)
        assert (finding.severity, finding.effect) == (severity, pytest.approx(1000.0 * share))


def test_readings_are_named_where_no_study_values_them(tmp_path):
    case = small_study(tmp_path, DORMANT, [flat(0)])
    (finding,) = [f for f in case.validate(measure=False).findings if f.name == "dormant"]
    assert finding.severity == "warning" and math.isnan(finding.effect)
    assert "it may be that their enforcement resumes" in str(finding)
    assert name_readings(small_study(tmp_path / "c", [{}]).table) == ()


def test_a_reading_of_items_names_the_file_on_which_they_stand(tmp_path):
    """Items beside the loans are in the loan file, whatever other files follow it."""
    rows = [
        loan(i, kind="house", appraisal_value=900, lien_rank=2, stage="collection")
        for i in range(3)
    ]
    backers = [{"loan_id": "L000000", "guarantor_id": "G", "cap": 10}]
    beside = study(
        tmp_path / "a", rows, SOLD, (), backers, tape={"confirmed": ["prior_liens"]}, **SIZE
    )
    (finding,) = [f for f in beside.table.findings if f.name == "prior_liens" and f.message]
    assert finding.file == "loans.csv"
    apart = study(
        tmp_path / "b",
        [loan(0)],
        SOLD,
        [flat(0, lien_rank=2)],
        backers,
        tape={"confirmed": ["prior_liens"]},
        **SIZE,
    )
    (finding,) = [f for f in apart.table.findings if f.name == "prior_liens" and f.message]
    assert finding.file == "collateral.csv"


def test_a_tape_without_other_readings_costs_no_simulation(tmp_path, monkeypatch):
    def never(*_):
        raise AssertionError("simulated")

    monkeypatch.setattr("npl_sim.analysis.other_readings.simulate", never)
    assert len(small_study(tmp_path, [{}, {}]).table.loans) == 2


def test_second_liens_without_amounts(tmp_path):
    """An unknown prior lien takes the whole value; the study may confirm that nothing ranks
    first."""
    rows = [{"stage": "enforcement", "stage_date": "2026-05-31"}, {}]
    unknown = small_study(tmp_path, rows, [flat(0, lien_rank=2)])
    whole = small_study(tmp_path / "a", rows, [flat(0, lien_rank=2, prior_liens=900)])
    free = small_study(tmp_path / "b", rows, [flat(0, lien_rank=2)], ["prior_liens"])
    first = small_study(tmp_path / "c", rows, [flat(0)])
    assert unknown.price().mean.value == whole.price().mean.value
    assert free.price().mean.value == first.price().mean.value > whole.price().mean.value
    (finding,) = [f for f in unknown.table.findings if f.name == "prior_liens" and f.message]
    assert finding.severity == "warning" and finding.effect > 0.0
    assert "it may be that nothing ranks before ours" in str(finding)
    (finding,) = [f for f in free.table.findings if f.name == "prior_liens" and f.message]
    assert finding.effect < 0.0 and "the study confirms what was read" in str(finding)


def test_a_short_run_is_refused_as_a_long_one(tmp_path):
    """The value of another reading does not depend on the scenarios of a run."""
    messages = []
    for scenarios in (2, 60, 400):
        size = {**SIZE, "simulation": {**SIZE["simulation"], "scenarios": scenarios}}
        case = study(
            tmp_path / str(scenarios),
            [loan(i, **row) for i, row in enumerate(DORMANT)],
            SOLD,
            [flat(0)],
            tape={"confirmed": []},
            **size,
        )
        with pytest.raises(TapeError) as caught:
            case.price()
        messages.append(str(caught.value).replace(f"/{scenarios}/", "/"))
    assert messages[0] == messages[1] == messages[2]


def test_beside_a_package_worth_nothing_the_effect_is_measured_on_its_gbv(tmp_path, monkeypatch):
    case = small_study(tmp_path, DORMANT, [flat(0)], ["dormant"])
    table = case.table
    gbv = float(table.loans["gbv"].sum())
    bare = case.study.model_copy(
        update={"tape": case.study.tape.model_copy(update={"confirmed": ()})}
    )
    for share, severity in ((0.00051, "error"), (0.00049, "warning")):
        values = iter([0.0, share * gbv])
        monkeypatch.setattr(
            "npl_sim.analysis.other_readings.mean_value", lambda *_, v=values: next(v)
        )
        (finding,) = measure_readings(bare, table)
        assert finding.severity == severity


@pytest.mark.parametrize(
    ("loans", "scenarios"), [(0, 200), (10_000, 200), (20_000, 100), (10**6, 16)]
)
def test_a_reading_costs_two_million_loan_paths_at_most(tmp_path, loans, scenarios):
    wide = small_study(tmp_path, [{}], simulation={"scenarios": 5_000, "horizon_months": 60}).study
    small = sized(wide, loans).simulation
    assert (small.scenarios, small.detail, small.precision) == (scenarios, "totals", None)
