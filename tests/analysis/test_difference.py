"""A change of price between two runs, taken apart."""

from __future__ import annotations

import json
import shutil

import pytest

from npl_sim.analysis.difference import _priced, _tape_stops, changed_settings, difference
from npl_sim.core.errors import RunFolderError
from npl_sim.reports.formats import money_unit
from npl_sim.runs.difference import difference_text, explain_difference
from npl_sim.runs.folder import open_run
from tests.builders.studies import loan, save_priced, study, write_csv

POLICY = {
    "collection": {"settle_hazard": 0.05, "settlement_discount": {"ages": [0], "shares": [0.1]}}
}
CERTAIN = {"collection": {"settle_hazard": 100.0}}
"""Everybody pays the whole claim in the first month."""


def options(**changes):
    return {
        "simulation": {"scenarios": 300, "horizon_months": 24, "seed": 5},
        "pricing": {"required_return": 0.1},
        **changes,
    }


def compared(a, b, scenarios=(300, 300)):
    return difference(a.study, a.table, b.study, b.table, scenarios)


def steps(found):
    return found.steps.set_index("step")


def test_steps_sum_to_the_whole_and_name_what_moved(tmp_path):
    loans = [loan(i, product="ab"[i % 2]) for i in range(10)]
    a = study(tmp_path / "a", loans, POLICY, **options())
    policy = {"collection": {**POLICY["collection"], "settle_hazard": 0.02}}
    b = study(tmp_path / "b", loans, policy, **options(pricing={"required_return": 0.2}))
    found = compared(a, b)
    rows = steps(found)
    assert rows["change"].iloc[1:-1].sum() == pytest.approx(found.total, rel=1e-12)
    assert set(rows.index[rows["changed"]]) == {
        "price of the first run",
        "work-out",
        "pricing",
        "price of the second run",
    }
    assert rows.loc["work-out", "change"] < 0.0 > rows.loc["pricing", "change"]
    assert rows["price"].iloc[0] == a.price().mean.value
    assert rows["price"].iloc[-1] == b.price().mean.value
    assert set(found.settings["key"]) == {
        "policies[policy 0].collection.settle_hazard",
        "pricing.required_return",
    }
    assert found.same_scenarios and 0.0 < found.se < a.price().mean.se


def test_a_step_by_hand(tmp_path):
    """1,000 a loan, paid for certain at the end of month 1: the price is 1,000 n (1 + r)^(-1/12)
    before costs."""
    a = study(tmp_path / "a", [loan(0), loan(1)], CERTAIN, **options())
    b = study(
        tmp_path / "b",
        [loan(1), loan(2), loan(3, principal=500)],
        CERTAIN,
        **options(pricing={"required_return": 0.3}),
    )
    rows = steps(compared(a, b))
    early, late = 1.1 ** (-1 / 12), 1.3 ** (-1 / 12)
    assert rows.loc["price of the first run", "price"] == pytest.approx(2000 * early)
    assert rows.loc["tape: loans that went (1)", "change"] == pytest.approx(-1000 * early)
    assert rows.loc["tape: loans that came (2)", "change"] == pytest.approx(1500 * early)
    assert rows.loc["pricing", "change"] == pytest.approx(2500 * (late - early))
    assert rows.loc["price of the second run", "price"] == pytest.approx(2500 * late)


def test_a_loan_that_changed(tmp_path):
    a = study(tmp_path / "a", [loan(0), loan(1)], CERTAIN, **options())
    b = study(tmp_path / "b", [loan(0), loan(1, principal=1300)], CERTAIN, **options())
    found = compared(a, b)
    change = steps(found).loc["tape: loans whose data changed (1)"]
    assert change["change"] == pytest.approx(300 * 1.1 ** (-1 / 12))
    row = found.tape.iloc[0]
    assert (row["loan_id"], row["what"], row["gbv_first"], row["gbv_second"]) == (
        "L000001",
        "changed",
        1000,
        1300,
    )
    assert "principal" in row["columns"]


def test_collateral_that_changed_is_seen(tmp_path):
    item = {"loan_id": "L000000", "kind": "residential", "region": "east", "appraisal_value": 900}
    terms = {"collateral": {"default": {}}, "market": {}}
    a = study(tmp_path / "a", [loan(0), loan(1)], CERTAIN, [item], **options(**terms))
    b = study(
        tmp_path / "b",
        [loan(0), loan(1)],
        CERTAIN,
        [{**item, "appraisal_value": 800}],
        **options(**terms),
    )
    found = compared(a, b)
    assert list(found.tape["loan_id"]) == ["L000000"] and found.tape["columns"][0] == "collateral"


def test_the_seed_is_the_last_step(tmp_path):
    loans = [loan(i) for i in range(10)]
    a = study(tmp_path / "a", loans, POLICY, **options())
    b = study(
        tmp_path / "b",
        loans,
        POLICY,
        **options(simulation={"scenarios": 200, "horizon_months": 24, "seed": 6}),
    )
    found = compared(a, b, (300, 200))
    rows = steps(found)
    last = rows.loc["seed and number of scenarios"]
    first, second = a.price().mean, b.price().mean
    assert last["change"] == pytest.approx(second.value - first.value)
    assert last["se"] == pytest.approx((first.se**2 + second.se**2) ** 0.5)
    assert not found.same_scenarios
    assert list(rows.index[rows["changed"]])[1:-1] == ["seed and number of scenarios"]


def test_nothing_changed(tmp_path):
    a = study(tmp_path / "a", [loan(0)], POLICY, **options())
    found = compared(a, a)
    assert (
        found.total == 0.0 and found.se == 0.0 and not len(found.settings) and not len(found.tape)
    )


def test_settings_go_by_the_names_of_policies(tmp_path):
    """A policy put in front of another is a policy that came, not a change of all that follow."""
    one, two = (
        {"name": "cards", "applies_to": {"products": ["card"]}, **POLICY},
        {"name": "rest", **POLICY},
    )
    a = study(tmp_path / "a", [loan(0)], [two], **options())
    b = study(tmp_path / "b", [loan(0)], [one, two], **options())
    keys = changed_settings(a.study, b.study)["key"]
    assert len(keys) and all(k.startswith("policies[cards]") for k in keys)


@pytest.fixture
def runs(tmp_path):
    loans = [loan(i) for i in range(6)]
    a = study(tmp_path / "a", loans, POLICY, **options())
    b = study(tmp_path / "b", loans[:5], POLICY, **options())
    for name, case in (("one", a), ("two", b)):
        save_priced(case, tmp_path / name)
    return tmp_path


def test_run_folders(runs):
    pair = explain_difference(runs / "one", runs / "two")
    prices = [open_run(runs / n).summary["price"]["mean"]["value"] for n in ("one", "two")]
    assert pair.found.total == pytest.approx(prices[1] - prices[0])
    assert pair.drift == pytest.approx((0.0, 0.0), abs=1e-9)
    text = difference_text(pair)
    assert "loans that went (1)" in text and "1 loan went: GBV 1,000.00 -> 0.00" in text
    assert "Note:" not in text
    assert json.loads(json.dumps(pair.values(), default=str))["total"] == pair.found.total


def test_a_program_that_changed_is_reported(runs):
    pair = explain_difference(runs / "one", runs / "two")
    pair.drift = (-5000.0, 0.0)
    text = difference_text(pair)
    shown = money_unit(float(pair.found.steps["price"].abs().max()), "CNY").show(5000.0)
    assert f"recorded a price that is {shown} " in text and "written by npl_sim" in text


def test_a_tape_that_moved_or_changed(runs):
    tape = runs / "b" / "loans.csv"
    (runs / "kept").mkdir()
    shutil.move(tape, runs / "kept" / "loans.csv")
    with pytest.raises(
        RunFolderError, match=r"the tape that was priced is not there; looked for .*loans\.csv"
    ):
        explain_difference(runs / "one", runs / "two")
    assert explain_difference(runs / "one", runs / "two", [runs / "kept"]).found.total < 0.0
    write_csv(tape, [loan(i) for i in range(4)])
    with pytest.raises(RunFolderError, match="was changed since the run.*SHA-256.*--tape"):
        explain_difference(runs / "one", runs / "two")


def test_two_currencies_are_refused(runs):
    b = study(runs / "c", [loan(0)], POLICY, **options(currency="EUR"))
    save_priced(b, runs / "three")
    with pytest.raises(RunFolderError, match="in CNY.* in EUR; expected runs in one currency"):
        explain_difference(runs / "one", runs / "three")


def test_a_run_to_a_precision_is_not_taken_for_another_program(tmp_path):
    """Its recorded price comes from repeated draws; one draw gives another, and nobody changed the
    program."""
    loans = [loan(i) for i in range(6)]
    plain = study(tmp_path / "a", loans, POLICY, **options())
    size = {"scenarios": 300, "horizon_months": 24, "seed": 5, "precision": 0.05}
    sharp = study(tmp_path / "b", loans, POLICY, **options(simulation=size))
    for name, case in (("one", plain), ("two", sharp)):
        save_priced(case, tmp_path / name)
    pair = explain_difference(tmp_path / "one", tmp_path / "two")
    pair.drift = (pair.drift[0], -0.5)  # so few loans are drawn once; many are not
    text = difference_text(pair)
    assert "higher than this program computes" not in text
    assert "was run to a precision and recorded" in text and "one draw" in text
    assert pair.values()["program_changed"] == [pytest.approx(0.0, abs=1e-9), None]
    recorded = [open_run(tmp_path / n).summary["price"]["mean"]["value"] for n in ("one", "two")]
    assert pair.values()["recorded_price"] == recorded


def test_amounts_with_marks_are_read_as_the_run_read_them(tmp_path):
    loans = [loan(i, principal=f"€ {1000 + i}") for i in range(4)]
    case = study(tmp_path / "a", loans, POLICY, **options(currency="EUR"))
    save_priced(case, tmp_path / "one")
    pair = explain_difference(tmp_path / "one", tmp_path / "one")
    assert pair.found.total == 0.0 and pair.drift == pytest.approx((0.0, 0.0), abs=1e-9)


def test_a_step_of_the_tape_has_the_error_of_its_paired_difference(tmp_path):
    """Loans that change stage keep their spread, which does not show the error of their change."""
    loans = [loan(i, product="ab"[i % 2]) for i in range(8)]
    moved = [row if i else loan(0, product="b", principal=990) for i, row in enumerate(loans)]
    policies = [
        {"name": "a", "applies_to": {"products": ["a"]}, **POLICY},
        {"name": "b", "collection": {**POLICY["collection"], "settle_hazard": 0.04}},
    ]
    a = study(tmp_path / "a", loans, policies, **options())
    b = study(tmp_path / "b", moved[:-1] + [loan(20)], policies, **options())
    found = compared(a, b)
    rows = steps(found)
    assert [r for r in rows.index if r.startswith("tape")] == [
        "tape: loans that went (1)",
        "tape: loans whose data changed (1)",
        "tape: loans that came (1)",
    ]
    assert rows["change"].iloc[1:-1].sum() == pytest.approx(found.total, rel=1e-12)
    tables = [a.table, *(t for _, t in _tape_stops(a.table, b.table, found.tape))]
    values = [_priced(a.study, t).values for t in tables]
    for name, before, after in zip(list(rows.index)[1:4], values, values[1:], strict=False):
        paired = after - before
        assert rows.loc[name, "change"] == pytest.approx(paired.mean(), rel=1e-9)
        assert rows.loc[name, "se"] == pytest.approx(paired.std(ddof=1) / 300**0.5, rel=1e-9)


def test_a_package_of_other_loans_is_one_step(tmp_path):
    a = study(tmp_path / "a", [loan(0), loan(1)], CERTAIN, **options())
    b = study(tmp_path / "b", [loan(7)], CERTAIN, **options())
    rows = steps(compared(a, b))
    change = rows.loc["tape: all 2 loans went, 1 others came", "change"]
    assert change == pytest.approx(-1000 * 1.1 ** (-1 / 12))
