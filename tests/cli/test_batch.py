"""Many runs with one command: what fails costs only itself, what is done is not done again."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from npl_sim.runs.batch.table import Row
from npl_sim.runs.folder import open_run

pytestmark = pytest.mark.usefixtures("here")


def test_a_grid_gives_every_combination(batch, studies, tmp_path):
    out = tmp_path / "out"
    code, output, progress = batch(
        studies,
        "--grid",
        "pricing.required_return=0.1,0.2",
        "--grid",
        "simulation.seed=4,5,6",
        "--out",
        out,
    )
    assert code == 0, progress
    frame = pd.read_parquet(out / "results.parquet")
    assert len(frame) == 12 and (frame["status"] == "done").all()
    assert (
        progress.count("done in") == 12
        and "[12/12]" in progress
        and "12 done, 0 skipped" in progress
    )
    assert "one required_return=0.2 seed=6" in output
    again = pd.read_csv(out / "results.csv", encoding="utf-8-sig")
    assert list(again["mean"]) == pytest.approx(list(frame["mean"]), rel=1e-14)
    # Each row is the run of `npl-sim price` with the same overrides.
    row = frame.query(
        "study == 'two' and `set.pricing.required_return` == '0.2' "
        "and `set.simulation.seed` == '5'"
    ).iloc[0]
    from npl_sim.runs.study_session import load_study

    alone = load_study(
        studies / "two.yaml", {"pricing.required_return": 0.2, "simulation.seed": 5}
    ).price()
    assert row["mean"] == alone.mean.value and row["se"] == alone.mean.se
    assert (
        row["value_at_target"] == alone.value_at_target.value
        and np.isnan(row["buyer_bid"])
        and row["es"] == alone.expected_shortfall.value
    )
    assert row["q5"] == alone.quantiles[0.05].value and row["of_gbv"] == alone.price_of_gbv.value
    assert (
        row["q5"] == np.sort(open_run(out / row["folder"]).table("prices")["pv"])[4]
    )  # the 5th of 100


def test_a_failure_costs_only_its_own_run(batch, studies, tmp_path):
    (studies / "bad.yaml").write_text(
        (studies / "one.yaml").read_text().replace("residual_share", "residual_shar")
    )
    (studies / "lost.yaml").write_text(
        (studies / "one.yaml").read_text().replace("loans.csv", "none.csv")
    )
    (studies / "vast.yaml").write_text(
        (studies / "one.yaml").read_text().replace("scenarios: 100", "scenarios: 4000000000")
    )
    code, output, _ = batch(studies, "--out", tmp_path / "out")
    assert code == 4
    frame = pd.read_parquet(tmp_path / "out" / "results.parquet").set_index("file")
    frame.index = [name.rsplit("/")[-1] for name in frame.index]
    assert dict(frame["status"]) == {
        "bad.yaml": "failed",
        "lost.yaml": "failed",
        "one.yaml": "done",
        "two.yaml": "done",
        "vast.yaml": "failed",
    }
    assert "did you mean 'residual_share'" in frame.loc["bad.yaml", "message"]
    assert "none.csv: no such file" in frame.loc["lost.yaml", "message"]
    assert "GiB" in frame.loc["vast.yaml", "message"]
    assert "residual_shar" in output and "Traceback" not in output
    assert np.isnan(frame.loc["bad.yaml", "mean"]) and frame.loc["two.yaml", "mean"] > 0


@pytest.mark.parametrize("fault", [MemoryError(), ZeroDivisionError("by zero")])
def test_a_fault_of_ours_or_of_the_machine_costs_only_its_own_run(
    batch, studies, tmp_path, monkeypatch, fault
):
    from npl_sim.runs.batch import price as module

    real = module.simulate_cash

    def simulate_cash(case, *rest):
        if case.study.name == "one":
            raise fault
        return real(case, *rest)

    monkeypatch.setattr(module, "simulate_cash", simulate_cash)
    code, _, _ = batch(studies, "--out", tmp_path / "out")
    frame = pd.read_parquet(tmp_path / "out" / "results.parquet")
    assert code == 4 and list(frame["status"]) == ["failed", "done"]
    assert ("out of memory" if isinstance(fault, MemoryError) else "ZeroDivisionError") in frame[
        "message"
    ][0]


def test_what_is_done_is_skipped_and_what_changed_is_done_again(batch, studies, tmp_path):
    out = tmp_path / "out"
    assert batch(studies, "--out", out)[0] == 0
    first = pd.read_parquet(out / "results.parquet")
    stamp = {p: p.stat().st_mtime_ns for p in out.rglob("summary.json")}
    code, _, progress = batch(studies, "--out", out)
    second = pd.read_parquet(out / "results.parquet")
    assert (
        code == 0
        and progress.count("was done before") == 2
        and list(second["status"]) == ["skipped"] * 2
    )
    pd.testing.assert_frame_equal(first.drop(columns="status"), second.drop(columns="status"))
    assert stamp == {p: p.stat().st_mtime_ns for p in out.rglob("summary.json")}

    def statuses():
        assert batch(studies, "--out", out)[0] == 0
        return list(pd.read_parquet(out / "results.parquet")["status"])

    # A tape that changed, a study that changed, a run folder that was tampered with.
    tape = tmp_path / "one" / "loans.csv"
    tape.write_text(tape.read_text().replace(",1000,", ",1001,", 1))
    assert statuses() == ["done", "skipped"]
    study_file = studies / "two.yaml"
    study_file.write_text(
        study_file.read_text().replace("residual_share: 0.1", "residual_share: 0.2")
    )
    assert statuses() == ["skipped", "done"]
    (next(out.glob("two-*")) / "summary.json").write_text("{}")
    assert statuses() == ["skipped", "done"]
    assert statuses() == ["skipped", "skipped"]


def test_json_and_quiet(batch, studies, tmp_path):
    code, output, progress = batch(studies / "*.yaml", "--out", tmp_path / "out", "--json")
    found = json.loads(output)
    assert (
        code == 0
        and progress == ""
        and found["done"] == 2
        and [r["study"] for r in found["runs"]] == ["one", "two"]
    )
    (studies / "bad.yaml").write_text("name: 1\n")
    code, output, progress = batch(studies, "--out", tmp_path / "out", "--json")
    found = json.loads(output)
    assert (
        code == 4
        and (found["skipped"], found["failed"]) == (2, 1)
        and found["runs"][0]["mean"] is None
    )
    code, output, progress = batch(studies, "--out", tmp_path / "out", "-q")
    assert code == 4 and output == "" and "bad.yaml" in progress


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none/*.yaml"], "matches no file"),
        (["none"], "does not exist"),
        (["studies", "--grid", "simulation.seed"], "expected KEY=VALUE,VALUE"),
        (["studies", "--grid", "simulation.seed=1,1"], "a value twice"),
        (["studies", "--grid", "simulation.seed=1", "--seed", "2"], "by --grid and by --set"),
        (["studies", "--grid", "a=1", "--grid", "a=2"], "is given twice"),
        (["studies", "--grid", "a=[1,"], "not valid YAML"),
        (["studies", "--backend", "mpi"], "expected threads or dask"),
        (["studies", "--dask", "tcp://127.0.0.1:1"], "expected --backend dask with it"),
    ],
)
def test_bad_arguments_are_refused_before_any_run(
    batch, studies, tmp_path, monkeypatch, arguments, message
):
    monkeypatch.chdir(tmp_path)
    code, _, progress = batch(*arguments, "--out", "out")
    assert code == 2 and message in progress and progress.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_somebody_else_s_table_is_not_touched(batch, studies, tmp_path):
    (tmp_path / "results.csv").write_text("mine\n")
    code, _, progress = batch(studies, "--out", tmp_path)
    assert (
        code == 2
        and "is not touched" in progress
        and (tmp_path / "results.csv").read_text() == "mine\n"
    )


def test_every_field_of_a_row_is_in_the_table():
    assert set(Row("", "", "", "failed").plain()) >= {
        "study",
        "overrides",
        "mean",
        "se",
        "of_gbv",
        "value_at_target",
        "buyer_bid",
        "q5",
        "es",
        "seconds",
        "status",
    }


def test_a_batch_that_was_stopped_goes_on_from_finished_scenarios(
    batch, studies, tmp_path, monkeypatch
):
    from npl_sim.cli.batch_display import BatchLines
    from npl_sim.engine.checkpoint import block_file as blockfile
    from npl_sim.engine.checkpoint import store
    from npl_sim.runs.batch import price as module

    monkeypatch.setattr(module, "LONG", 0)
    monkeypatch.setattr(store, "EVERY", 0.0)
    monkeypatch.setattr(blockfile.os, "fsync", lambda handle: None)
    advance, tiles = BatchLines.advance, []

    def stop(self, done):
        advance(self, done)
        tiles.append(done)
        if len(tiles) == 8:  # in the middle of the second study
            raise KeyboardInterrupt

    monkeypatch.setattr(BatchLines, "advance", stop)
    size = ("--scenarios", 5 * 64)
    code, _, _ = batch(studies, "--out", tmp_path / "out", *size)
    assert code == 130
    assert list(pd.read_csv(tmp_path / "out" / "results.csv", encoding="utf-8-sig")["status"]) == [
        "done"
    ]
    assert [p.parent.parent.name[:4] for p in (tmp_path / "out" / ".work").rglob("plan.json")] == [
        "two-"
    ]
    assert len(list((tmp_path / "out" / ".work").rglob("*-rows-*"))) == 3
    code, _, progress = batch(studies, "--out", tmp_path / "out", *size)
    assert code == 0 and progress.count("was done before") == 1 and len(tiles) == 8 + 2
    assert not (tmp_path / "out" / ".work").exists()
    assert batch(studies, "--out", tmp_path / "whole", *size)[0] == 0
    whole = next((tmp_path / "whole").glob("two-*"))
    for path in whole.rglob("*"):
        if path.is_file() and path.name != "manifest.json":
            other = tmp_path / "out" / whole.name / path.relative_to(whole)
            assert path.read_bytes() == other.read_bytes(), path.name
