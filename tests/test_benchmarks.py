"""Tests of the page of results against its history; nothing is timed here."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from benchmarks import compare, figures, history, page, suite
from benchmarks.measure import Load, Spread, Times, interleaved
from benchmarks.provenance import busy, head_of, latest, origin
from benchmarks.runtables import PHASES
from benchmarks.targets import judge, targets

BENCHMARKS = Path(page.__file__).parent


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    page.write_page(history.read(), folder)
    return folder


def seconds(*names, rounds=5, of=1.0):
    return {name: [of * (1.0 + 0.01 * n) for n in range(rounds)] for name in names}


def record(results, commit="0123456789ab", load=None, **facts):
    facts = {"Processor": "some", "Cores": "2", "Date": "2026-01-01"} | facts
    return {"commit": commit, "facts": facts, "results": results, "load": load or {}}


def made_record(**more):
    """Return a record like those of the current suite."""
    step = {"imports": 0.5, "study and tape": 0.2, "compile the model": 0.1, "first tile": 0.1}
    full = {"simulate": 10.0, "price": 1.0, "peak_gib": 1.0, "planned_gib": 1.2}
    size = {
        "loans": 100,
        "scenarios": 50,
        "detail": "totals",
        "threads": 4,
        "planned_mib": 9.0,
        "disk_mib": 0.0,
    }
    size["peak_mib"] = {"simulate": 5.0, "tables": 6.0}
    size["seconds"] = dict.fromkeys(("read", "compile_model", "simulate", "value", "tables"), 1.0)
    peers = seconds("engine", "numpy", "plain", "cpp", "cpp, relaxed", "clang++")
    grown = {"1": [4.0] * 5, "2": [2.0] * 5, "4": [1.0] * 5}
    results = {
        "peers": {"seconds": peers, "flags": {"cpp": "g++ -O3"}, "paths": 10, "plain_paths": 1},
        "phases": {"seconds": seconds(*PHASES), "loans": 100, "scenarios": 50},
        "scaling": {
            "loans": grown,
            "tiles": grown,
            "threads": grown,
            "kernel": grown,
            "kernel_tiles": 8,
        },
        "full": {"2": [full, full], "1": [full, full]},
        "start": {
            "seconds": {"bare": [0.1] * 5, "help": [0.2] * 5},
            "cold_runs": [{"whole": 41.0, **step, "first tile": 40.0}] * 2,
            "warm_runs": [{"whole": 1.0, **step}] * 5,
        },
        "scale": {"100x50 totals 4": size},
        "core": {"seconds": peers, "paths": 10, "plain_paths": 1},
        "commands": {"seconds": seconds("bare", "imports", "price", "price --no-figures", "bid")},
        "reading": {"gib": [1.5, 1.6], "seconds": [30.0, 31.0], "megabytes": [200.0, 200.0]},
        "precision": {
            "price, shipped": {"gains": [4.0, 5.0, 6.0], "work": [8.0] * 3, "scenarios": [640] * 3}
        },
    }
    return record(results, **more)


def test_the_page_is_that_of_the_history(written):
    """If this fails: python -m benchmarks.page."""
    committed = (BENCHMARKS / "README.md").read_text(encoding="utf-8")
    assert (written / "README.md").read_text(encoding="utf-8") == committed


def test_every_figure_of_the_page_is_written_and_committed(written):
    names = sorted(path.name for path in (written / "figures").iterdir())
    assert names == sorted(path.name for path in (BENCHMARKS / "figures").iterdir())
    text = (written / "README.md").read_text(encoding="utf-8")
    assert all(f"(figures/{name})" in text for name in names)
    assert all((written / "figures" / name).stat().st_size > 5_000 for name in names)


def test_a_record_of_today_joins_the_old_ones(tmp_path):
    load = {"peers": {"load": 1.9, "own": 0.2}, "start": {"load": 1.9, "own": 1.8}}
    page.write_page([*history.read(), made_record(load=load)], tmp_path)
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert {path.stem for path in (tmp_path / "figures").iterdir()} == set(figures.FIGURES)
    assert text.count("**Busy: load 1.9 before the run, 0.2 from the suite itself.**") == 1
    assert "| 100 | 50 | totals | 4 |" in text and "| 0123456789ab | some |" in text
    assert text.count("may be too high") == 1  # of the old sizes; the largest run is of today
    assert "Gain of the second thread: 1.00 (1.00 to 1.00)" in text
    assert "plain Python (reference implementation) | 1,020,000,000 | 10 (10 to 10) |" in text


def test_a_record_alone_makes_a_page(tmp_path):
    page.write_page([record({"phases": made_record()["results"]["phases"]})], tmp_path)
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "## Run time by phase" in text and "## Peers" not in text


@pytest.mark.parametrize(
    ("values", "aim", "at_most", "outcome"),
    [
        ([0.8, 0.9, 0.9, 1.0], 1.1, True, "reached"),
        ([1.2, 1.3, 1.3, 1.4], 1.0, True, "missed: 1.30 times the aim"),
        ([0.8, 1.0, 1.2, 1.4], 1.1, True, "not decided: 0.95 to 1.25"),
        ([1.7, 1.9, 1.9, 2.0], 1.8, False, "reached"),
        ([1.0, 1.1, 1.1, 1.2], 2.2, False, "missed: 0.50 times the aim"),
        ([1.5, 1.7, 1.9, 2.1], 1.8, False, "not decided: 1.65 to 1.95"),
        ([0.5, 1.5], 1.0, True, "not decided: 0.50 to 1.50"),
        ([0.5], 1.0, True, "not decided: one run"),
    ],
)
def test_targets_are_judged_by_the_whole_range(values, aim, at_most, outcome):
    assert judge(Spread.of(values), aim, at_most) == outcome


def test_targets_of_a_busy_measurement_are_marked():
    load = {"start": {"load": 1.0, "own": 0.1}}
    rows = [target.row for target in targets(latest([made_record(load=load)]))]
    assert sum("busy: load 1.0 before the run" in row[-1] for row in rows) == 2
    row = next(row for row in rows if row[0] == "first compilation")
    assert row[1:3] == ("at most 40 s", "40.0 s (40.0 to 40.0)")
    assert row[3].startswith("not judged, busy: load 1.0") and row[3].endswith("; else reached")


def test_ratios_are_taken_by_round():
    times = Times({"a": [2.0, 8.0, 30.0], "b": [1.0, 2.0, 10.0]})
    assert times.ratio("a", "b") == Spread(2.0, 3.0, 4.0, 3)
    assert times.ratio("a", "b").text() == "3.00 (2.00 to 4.00)"
    assert times.difference("a", "b").middle == 6.0
    assert Spread.of([1.0, 2.0, 3.0, 4.0, 5.0]).errors == (1.0, 1.0)


def test_functions_take_turns():
    calls = []
    times = interleaved({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, rounds=2)
    assert calls == list("ababab")
    assert {len(values) for values in times.seconds.values()} == {2}


def test_own_load_is_separated(monkeypatch):
    load = Load()
    load.own = 5.0
    monkeypatch.setattr(os, "getloadavg", lambda: (1.5, 0.0, 0.0))
    now = load.now()
    assert now["load"] == 1.5
    assert 0.0 <= now["own"] <= 5.0
    assert busy(record({}, load={"x": {"load": 1.0, "own": 0.5}}), "x") == ""
    assert busy(record({}, load={"x": {"load": 1.1, "own": 0.5}}), "x").startswith(
        "busy: load 1.1"
    )
    assert busy(record({}), "x") == ""


def test_older_records_have_current_names(tmp_path):
    size = {"keep": "streamed", "seconds": {"lower": 1.0}}
    results = {"scale": {"1x1": size}, "scaling": {"walk": {"1": [1.0]}}, "phases": {"walk": 1}}
    path = tmp_path / "history.jsonl"
    path.write_text(json.dumps(record(results)) + "\n", encoding="utf-8")
    assert history.read(path)[0]["results"] == {
        "scale": {"1x1": {"detail": "streamed", "seconds": {"compile_model": 1.0}}},
        "scaling": {"kernel": {"1": [1.0]}},
        "phases": {"walk": 1},
    }


def test_the_history_gives_back_what_was_added(tmp_path, monkeypatch):
    monkeypatch.setattr(history, "commit", lambda: "abc")
    path = tmp_path / "history.jsonl"
    assert history.read(path) == []
    first = history.append("abc", {"Date": "today"}, {"peers": {"paths": 1}}, {}, path)
    moved = history.append("abd", {}, {}, {"peers": {"load": 0.1, "own": 0.0}}, path)
    assert history.read(path) == [first, moved]
    assert [first["commit"], moved["commit"]] == ["abc", "abd+"]
    assert json.loads(path.read_text(encoding="utf-8").splitlines()[0]) == first


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_only_what_the_suite_writes_is_no_change(tmp_path):
    def git(*arguments):
        who = ("-c", "user.name=n", "-c", "user.email=e")
        subprocess.run(["git", *who, *arguments], cwd=tmp_path, check=True, capture_output=True)

    assert history.commit(tmp_path) == "unknown"
    git("init")
    written = [tmp_path / path for path in (*history.WRITTEN[::2], "benchmarks/figures/new.png")]
    (tmp_path / "benchmarks" / "figures").mkdir(parents=True)
    for path in (*written, tmp_path / "benchmarks" / "suite.py"):
        path.write_text("1")
    git("add", ".")
    git("commit", "-m", "m")
    clean = history.commit(tmp_path)
    assert len(clean) == 12
    for path in (*written, tmp_path / "benchmarks" / "figures" / "another.png"):
        path.write_text("2")
    assert history.commit(tmp_path) == clean
    (tmp_path / "benchmarks" / "suite.py").write_text("2")
    assert history.commit(tmp_path) == clean + "+"


def test_sizes_keep_the_record_that_each_came_from():
    records = [
        record({"scale": {"a": {"n": 1}, "b": {"n": 1}}, "peers": {}, "start": {}}, commit="one"),
        record({"scale": {"b": {"n": 2}}}, commit="two", Cores="8"),
    ]
    found = latest(records)
    assert found["scale"].results == {"a": {"n": 1}, "b": {"n": 2}}
    assert {name: r["commit"] for name, r in found["scale"].rows.items()} == {
        "a": "one",
        "b": "two",
    }
    assert head_of(found) is records[0]
    assert origin(records[0], records[0]) == ""
    assert origin(records[1], records[0]) == "Measured 2026-01-01 at two; Cores: 8."


def test_two_commits_side_by_side():
    rounds = {"read": {"old": [1.0, 2.0, 1.0, 2.0], "new": [0.5, 1.0, 0.5, 1.0]}}
    starts = {side: {"import": 0.1, "first price": 40.0} for side in ("old", "new")}
    facts = {"Processor": "some", "Cores": "2"}
    same = compare.text(
        ("a", "b"), 1_000, 64, rounds, starts, {"old": 5.0, "new": 5.0}, facts
    ).splitlines()
    assert same[0] == "a (old) and b (new): 1,000 loans x 64 scenarios; some, 2 cores"
    assert same[2].split() == ["read", "1.500", "0.750", "0.50", "(0.50", "to", "0.50)"]
    assert same[4].endswith("once, with compilation")
    assert same[5] == "mean price: the same, 5.00"
    other = compare.text(("a", "b"), 1_000, 64, rounds, starts, {"old": 5.0, "new": 6.0}, facts)
    assert other.endswith("the commits compute different prices")


def test_neither_commit_always_goes_first():
    assert [compare.order(turn)[0] for turn in range(4)] == ["old", "new", "old", "new"]
    assert all(set(compare.order(turn)) == {"old", "new"} for turn in range(4))


@pytest.mark.parametrize(
    ("cores", "counts"), [(1, (1,)), (2, (1, 2)), (6, (1, 2, 4, 6)), (8, (1, 2, 4, 8))]
)
def test_threads_up_to_the_cores(monkeypatch, cores, counts):
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert suite.thread_counts() == counts


def test_every_section_has_its_measurement():
    assert {s.name for s in page.SECTIONS} == {*suite.MEASUREMENTS, "scale"}
    assert np.isfinite([d.size for d in figures.FIGURES.values()]).all()
