"""Tests of the aims of the benchmarks, and of the measurements from outside; nothing is timed."""

from __future__ import annotations

import pytest

from benchmarks import aims as aims_module
from benchmarks import commands, precision, suite
from benchmarks.aims import aims
from benchmarks.provenance import latest
from benchmarks.targets import FINDERS, targets
from tests.test_benchmarks import made_record


def test_every_aim_is_measured_and_a_missed_one_states_why():
    assert aims().keys() == FINDERS.keys()
    assert {name for name, _ in FINDERS.values()} <= suite.MEASUREMENTS.keys()
    assert all(len(aim.reason) > 10 for aim in aims().values())
    rows = {row[0]: row for row in (t.row for t in targets(latest([made_record()])))}
    assert len(rows) == len(aims()) - 6  # those that the made record does not hold
    missed = rows[aims()["precision_price"].name]
    assert missed[1:3] == ("at least 20 x", "5.00 x (4.00 to 6.00)")
    assert missed[3] == f"missed: 0.25 times the aim. {aims()['precision_price'].reason}"
    assert rows[aims()["reading_memory"].name][3] == "reached"
    assert rows[aims()["price_figures"].name][2] == "1.02 s (1.01 to 1.03)"


def test_an_aim_has_one_place(monkeypatch, tmp_path):
    entry = (
        '[[aim]]\nkey = "a"\nname = "n"\naim = 1\nunit = "s"\nbound = "at most"\nreason = "r"\n'
    )
    monkeypatch.setattr(aims_module, "FILE", tmp_path / "aims.toml")
    aims_module.FILE.write_text(2 * entry)
    with pytest.raises(ValueError, match="the key a occurs twice"):
        aims.__wrapped__()


def test_every_command_is_timed_from_outside(tmp_path):
    """And an error of a command is one of the measurement."""
    found = commands.measure(rounds=1, names=("help",))["seconds"]
    assert found.keys() == {"bare", "imports", "help"} and found["imports"] > found["bare"]
    assert {line[0] for line in commands.COMMANDS.values()} >= {"price", "bid", "deal", "channel"}


def test_a_failed_command_is_no_measurement(monkeypatch):
    monkeypatch.setitem(commands.COMMANDS, "help", ("price", "no such study"))
    with pytest.raises(RuntimeError, match="no such study"):
        commands.measure(rounds=1, names=("help",))


def test_precision_is_measured_by_seed(monkeypatch):
    seen = []

    def gain(case):
        seen.append(case.study.simulation.seed)
        return {"gain": 2.0, "work": 3.0, "scenarios": 256, "seconds": 1.0}

    monkeypatch.setattr(precision, "gain", gain)
    found = precision.measure(rounds=2, loans=60)
    assert (
        found["price, shipped"]["gains"] == [2.0, 2.0] and found.keys() == precision.CASES.keys()
    )
    assert sorted(seen) == [1] * len(found) + [2] * len(found)


def test_a_gain_is_that_of_a_run_to_a_precision():
    case = precision.case_of("bid in expectation, shipped", 3, 0.05, loans=60)
    assert case.study.buyer.debt is None and case.study.buyer.measure == "expectation"
    found = precision.gain(case)
    assert found["half_width"] <= 0.05 and found["scenarios"] >= 256 and found["gain"] > 0.0
