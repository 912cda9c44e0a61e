"""Output of a batch: quarantine, warnings, JSON, `--debug` and progress bars."""

from __future__ import annotations

import io
import json
import re
import sys

import pandas as pd
import pytest
from rich.console import Console

from npl_sim.cli.batch_display import _BatchBars
from npl_sim.runs.batch import price as module
from npl_sim.runs.batch.names import shown
from tests.builders.studies import loan, write_csv

pytestmark = pytest.mark.usefixtures("here")


def test_quarantine_and_warnings_are_reported(batch, studies, tmp_path):
    write_csv(
        tmp_path / "one" / "loans.csv", [loan(0), loan(1), loan(2, principal=2000, age_months="?")]
    )
    out = tmp_path / "out"
    code, output, progress = batch(
        studies, "--out", out, "--no-figures", "--set", "tape.on_error=quarantine"
    )
    assert code == 0
    found = pd.read_parquet(out / "results.parquet").set_index("study")
    assert list(found["loans"]) == [2, 6] and list(found["loans_quarantined"]) == [1, 0]
    assert list(found["gbv_quarantined"]) == [2000.0, 0.0] and found.loc["one", "warnings"] > 0
    assert "done !" in output
    assert re.search(r"1 row in quarantine \(GBV 2.00 CNY thousand\), \d+ warnings", output)
    assert found.loc["one", "errors"] == 0 and "set aside" in found.loc["one", "top_issue"]
    assert "in quarantine" in progress


def test_an_ascii_terminal_takes_the_table(batch, studies, tmp_path, monkeypatch):
    (studies / "one.yaml").rename(studies / "不良.yaml")
    for arguments in ((), ("--json",)):
        stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True)
        monkeypatch.setattr(sys, "stdout", stream)
        assert batch(studies, "--out", tmp_path / "out", "--no-figures", *arguments)[0] == 0
        text = stream.buffer.getvalue().decode("ascii")
        assert "\\u4e0d" in text
    assert json.loads(text)["runs"][1]["file"].endswith("不良.yaml")


def test_json_holds_the_grid(batch, studies, tmp_path):
    arguments = (
        "--out",
        tmp_path / "out",
        "--no-figures",
        "--json",
        "--grid",
        "simulation.seed=1,2",
    )
    _, output, _ = batch(studies / "one.yaml", *arguments)
    assert [run["grid"] for run in json.loads(output)["runs"]] == [
        {"simulation.seed": 1},
        {"simulation.seed": 2},
    ]


def test_debug_shows_where_a_fault_happened(batch, studies, tmp_path, monkeypatch):
    def simulate_cash(*arguments):
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(module, "simulate_cash", simulate_cash)
    arguments = (studies / "one.yaml", "--out", tmp_path / "out", "--no-figures", "--json")
    assert "Traceback" not in batch(*arguments)[2]
    code, output, progress = batch(*arguments, "--debug")
    assert code == 4 and "Traceback" in progress and "in simulate_cash" in progress
    assert json.loads(output)["failed"] == 1


def test_seconds_count_writing(batch, studies, tmp_path, monkeypatch):
    import time

    from npl_sim.runs import priced_run as store

    real = store.write_inputs

    def slow(*arguments):
        time.sleep(0.5)
        return real(*arguments)

    monkeypatch.setattr(store, "write_inputs", slow)
    assert batch(studies / "one.yaml", "--out", tmp_path / "out", "--no-figures")[0] == 0
    found = pd.read_parquet(tmp_path / "out" / "results.parquet")
    manifest = json.loads((tmp_path / "out" / found["folder"][0] / "manifest.json").read_text())
    assert manifest["timings_seconds"]["write"] >= 0.5 and found["seconds"][0] >= 0.5


def test_the_bar_of_the_batch_never_goes_back_and_has_no_rate():
    stream = io.StringIO()
    display = _BatchBars(Console(file=stream, force_terminal=True, width=120))
    display.open(2)
    display.begin("one")
    seen = []
    for total in (100, 1000):  # a pilot, then the run
        display.start(total, "simulating")
        for _ in range(4):
            display.advance(total // 4)
            seen.append(display._bars.tasks[0].completed)
        display.finish()
    assert seen == sorted(seen) and display._bars.tasks[1].description == "one (2)"
    columns = display._bars.columns
    rates = [
        [column.render(task).plain for task in display._bars.tasks] for column in columns[3:4]
    ]
    assert rates[0][0] == "" and "loan-paths/s" in rates[0][1]
    display.end("one", "done")
    display.close()


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, "null"), ("null", '"null"'), (1, "1"), ("1", '"1"'), (True, "true"), ("a b", "a b"),
     ([1, "x, y"], '[1, "x, y"]'), ({"a": 1}, "{a: 1}"), ("", '""'), ("-x", '"-x"')],
)  # fmt: skip
def test_values_are_printed_as_yaml(value, expected):
    assert shown(value) == expected


@pytest.mark.parametrize(
    ("grid", "parts"),
    [
        ("pricing.required_return=0,12", ["asks for 0 and 12", "as in 0.12", "0.0,1.0"]),
        ("pricing.servicing_rate=0,05,0,10", ["as in 0.05"]),
    ],
)
def test_a_decimal_comma_in_a_grid_of_rates_is_refused(tmp_path, studies, batch, grid, parts):
    code, _, err = batch(studies, "--out", tmp_path / "out", "--grid", grid)
    assert code == 2 and all(part in err for part in parts), err
    assert not (tmp_path / "out").exists()
