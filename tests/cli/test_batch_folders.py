"""Folders of a batch: what is replaced, repeated or kept, and which files are studies."""

from __future__ import annotations

import json
import os
import sys

import pandas as pd
import pytest

from npl_sim.core.disk.locks import NoLocks
from npl_sim.engine.checkpoint import identity
from npl_sim.runs.batch import files
from npl_sim.runs.batch import price as module
from npl_sim.runs.batch.find import find_studies
from npl_sim.runs.batch.jobs import make_entries
from tests.builders.studies import loan, write_csv

pytestmark = pytest.mark.usefixtures("here")


def rows(out):
    return pd.read_parquet(out / "results.parquet")


def place(out, name):
    return out / rows(out).set_index("study").loc[name, "folder"]


def test_a_folder_that_no_batch_made_of_this_study_is_not_touched(batch, studies, tmp_path):
    out = tmp_path / "out"
    assert batch(studies, "--out", out, "--no-figures")[0] == 0
    (out / "results.csv").unlink()
    folder = place(out, "one")
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (
        manifest["batch"]["file"] == str(studies / "one.yaml") and manifest["batch"]["grid"] == []
    )
    for change in ({"batch": None}, {"batch": {**manifest["batch"], "mark": "0123456789"}}):
        (folder / "manifest.json").write_text(json.dumps(manifest | change))
        code, _, _ = batch(studies, "--out", out, "--no-figures")
        assert code == 4 and list(rows(out)["status"]) == ["failed", "skipped"]
        assert "is not touched" in rows(out)["message"][0]
        assert json.loads((folder / "manifest.json").read_text()) == manifest | change
    # One of another study's file, but for its name, is of this run and gives way.
    (folder / "manifest.json").write_text(json.dumps(manifest | {"study_sha256": "old"}))
    assert batch(studies, "--out", out, "--no-figures")[0] == 0
    assert list(rows(out)["status"]) == ["done", "skipped"]


@pytest.mark.parametrize("order", ["CNY,EUR", "EUR,CNY"])
def test_a_tape_is_lent_with_its_currency(batch, studies, tmp_path, order):
    marked = [loan(i, principal="¥1000") for i in range(6)]
    write_csv(tmp_path / "one" / "loans.csv", marked)
    out = tmp_path / "out"
    code, _, _ = batch(
        studies / "one.yaml", "--grid", f"currency={order}", "--out", out, "--no-figures"
    )
    found = rows(out).set_index("set.currency")
    assert code == 4 and found.loc["CNY", "status"] == "done"
    assert (
        found.loc["EUR", "status"] == "failed"
        and "another currency" in found.loc["EUR", "message"]
    )


def test_what_other_code_did_is_done_again(batch, studies, tmp_path, monkeypatch):
    out = tmp_path / "out"
    assert batch(studies, "--out", out, "--no-figures")[0] == 0
    monkeypatch.setattr(module, "_program_hash", lambda: "other")
    assert batch(studies, "--out", out, "--no-figures")[0] == 0
    assert list(rows(out)["status"]) == ["done"] * 2
    assert batch(studies, "--out", out, "--no-figures")[0] == 0
    assert list(rows(out)["status"]) == ["skipped"] * 2


def test_finished_scenarios_of_other_libraries_do_not_stop_a_run(
    batch, studies, tmp_path, monkeypatch
):
    from npl_sim.cli.batch_display import BatchLines
    from npl_sim.engine.checkpoint import store

    monkeypatch.setattr(module, "LONG", 0)
    monkeypatch.setattr(store, "EVERY", 0.0)
    advance = BatchLines.advance

    def stop(self, done):
        raise KeyboardInterrupt

    monkeypatch.setattr(BatchLines, "advance", stop)
    arguments = (
        studies / "one.yaml",
        "--out",
        tmp_path / "out",
        "--no-figures",
        "--scenarios",
        320,
    )
    assert batch(*arguments)[0] == 130 and list((tmp_path / "out" / ".work").rglob("plan.json"))
    monkeypatch.setattr(BatchLines, "advance", advance)
    monkeypatch.setattr(identity, "version_hash", lambda: "an upgrade")
    code, _, progress = batch(*arguments)
    assert code == 0, progress


def test_rows_of_earlier_calls_stay_until_they_are_done_again(batch, studies, tmp_path):
    out = tmp_path / "out"
    size = ("--out", out, "--no-figures")
    assert batch(studies / "one.yaml", *size, "--grid", "simulation.seed=1,2")[0] == 0
    assert batch(studies / "two.yaml", *size)[0] == 0
    assert batch(studies / "one.yaml", *size, "--grid", "simulation.seed=2,3")[0] == 0
    found = rows(out)
    assert list(
        zip(found["study"], found["set.simulation.seed"], found["status"], strict=True)
    ) == [
        ("one", "1", "done"),
        ("two", "", "done"),
        ("one", "2", "skipped"),
        ("one", "3", "done"),
    ]
    again = pd.read_csv(out / "results.csv", encoding="utf-8-sig")
    assert list(again["mean"]) == pytest.approx(list(found["mean"]))
    (out / "results.parquet").write_text("")
    code, _, progress = batch(studies / "two.yaml", *size)
    assert code == 2 and "would lose its rows" in progress


def test_two_batches_do_not_share_a_folder(batch, studies, tmp_path):
    out = tmp_path / "out"
    with files.locked(out):
        code, _, progress = batch(studies, "--out", out, "--no-figures")
        assert code == 2 and not list(out.glob("*.csv"))
    assert not out.exists()
    assert code == 2 and "in use by another batch" in progress
    assert batch(studies, "--out", out, "--no-figures")[0] == 0


def test_a_disk_that_cannot_lock_is_not_reported_as_another_batch(
    batch, studies, tmp_path, monkeypatch
):
    def refused(*arguments, **named):
        raise NoLocks("Function not implemented")

    monkeypatch.setattr(files, "Claim", refused)
    code, _, progress = batch(studies, "--out", tmp_path / "out", "--no-figures")
    assert code == 2 and "cannot lock (Function not implemented)" in progress
    assert "another batch" not in progress


def test_a_table_that_cannot_be_written_is_tried_again(batch, studies, tmp_path, monkeypatch):
    out, real = tmp_path / "out", pd.DataFrame.to_parquet
    tries = []

    def to_parquet(self, path, **arguments):
        if "results" in str(path):
            tries.append(path)
            if len(tries) in lost:
                raise OSError(28, "No space left on device")
        return real(self, path, **arguments)

    monkeypatch.setattr(pd.DataFrame, "to_parquet", to_parquet)
    lost = {1}
    code, _, progress = batch(studies, "--out", out, "--no-figures")
    assert code == 0 and "is tried again" in progress and len(rows(out)) == 2
    tries.clear()
    lost = {1, 2}
    code, output, progress = batch(studies, "--out", out, "--no-figures")
    assert (
        code == 4
        and "No space left" in progress
        and "the same command makes the table" in progress
    )
    assert "one" in output and list(rows(out)["status"]) == ["done"] * 2
    assert not list(out.glob(".results*"))


def test_sections_in_files_of_their_own_are_no_studies(batch, studies, tmp_path):
    text = (studies / "one.yaml").read_text()
    at = text.index("simulation:")
    inner = text[at:].partition("\n")[2].splitlines()
    size = [line for line in inner if line.startswith("  ")]
    (studies / "size.yaml").write_text("\n".join(line[2:] for line in size) + "\n")
    (studies / "one.yaml").write_text(
        text.replace("\n".join(["simulation:", *size]), "simulation: size.yaml")
    )
    (studies / "half.yaml").write_text("name: half\n")  # a study that was not written to its end
    kept, left = find_studies([str(studies)])
    assert [p.name for p in kept] == ["half.yaml", "one.yaml", "two.yaml"]
    assert [p.name for p in left] == ["size.yaml"]
    code, _, progress = batch(studies, "--out", tmp_path / "out", "--no-figures")
    assert code == 4 and "size.yaml: is a section of a study and is not run" in progress
    assert list(rows(tmp_path / "out")["status"]) == ["failed", "done", "done"]
    # By its own name it is what was asked for.
    assert [p.name for p in find_studies([str(studies / "size.yaml")])[0]] == ["size.yaml"]
    # One that has a key of a study is a study, whoever names it.
    (studies / "size.yaml").write_text("valuation_date: 2026-06-30\n")
    assert find_studies([str(studies)])[1] == []


@pytest.mark.skipif(sys.platform != "linux", reason="names of any bytes")
def test_a_row_that_is_odd_stops_nothing(batch, studies, tmp_path):
    os.rename(studies / "two.yaml", os.fsencode(studies) + b"/tw\xff.yaml")
    out = tmp_path / "out"
    code, _, progress = batch(
        studies, "--out", out, "--no-figures", "--grid", f"simulation.seed={2**64},1,x"
    )
    assert code == 4 and "Traceback" not in progress
    found = rows(out)
    assert list(found["set.simulation.seed"]) == [str(2**64), "1", "x"] * 2
    assert list(found["status"]) == ["failed", "done", "failed"] * 2
    assert "tw�" in found["file"][4]


def test_a_table_runs_nothing_in_a_spreadsheet(batch, studies, tmp_path):
    text = (studies / "one.yaml").read_text().replace("name: one", 'name: "=1+1"')
    (studies / "one.yaml").write_text(text)
    assert batch(studies / "one.yaml", "--out", tmp_path, "--no-figures")[0] == 0
    csv = pd.read_csv(tmp_path / "results.csv", encoding="utf-8-sig")
    assert list(csv["study"]) == ["'=1+1"] and list(rows(tmp_path)["study"]) == ["=1+1"]
    assert files.earlier_rows(tmp_path)["study"][0] == "=1+1"


def test_folders_are_named_by_study_and_place_on_the_grid_alone(tmp_path):
    for name in ("x/a.yaml", "y/a.yaml", "y/b.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    paths, _ = find_studies(
        [str(tmp_path / "x"), str(tmp_path / "y"), str(tmp_path / "**" / "b.yaml")]
    )
    assert [p.name for p in paths] == ["a.yaml", "a.yaml", "b.yaml"]  # each once
    grid, out = (
        {"pricing.required_return": [0.1, 0.2], "stress": [["deep slump"], []]},
        tmp_path / "out",
    )
    some = {e.folder: e for e in make_entries(paths, grid, {}, out)}
    more = {
        e.folder
        for e in make_entries(
            paths, {**grid, "pricing.required_return": [0.05, 0.1, 0.2]}, {}, out
        )
    }
    assert len(some) == 12 and len(more) == 18 and set(some) < more
    (name,) = [f for f in some if f.startswith("b,required_return=0.1,stress=_deep_slump_-")]
    assert some[name].overrides["stress"] == ["deep slump"]
    # Keys that end in the same word are distinguished by their full names, also between calls.
    one, other = (make_entries(paths[2:], {key: [1]}, {}, out)[0].folder for key in ("a.x", "b.x"))
    assert one != other and one.startswith("b,x=1-")
    clash = make_entries(paths[2:], {"k": ["a b", "a_b"]}, {}, out)
    assert len({e.folder for e in clash}) == 2
    turned = dict(reversed(grid.items()))
    assert {e.folder for e in make_entries(paths, turned, {}, out)} == set(some)


def test_no_two_studies_share_a_folder(tmp_path, monkeypatch):
    """Nor does the folder depend on how the file is named, or on what else is run."""
    names = [
        "deal a.yaml",
        "deal_a.yaml",
        "x.yaml",
        "x.yml",
        "A.yaml",
        "a.yaml",
        "results.csv.yaml",
        "p/x.yaml",
    ]
    (tmp_path / "p").mkdir()
    for name in [*names, f"{'不良资产包' * 12}.yaml"]:
        (tmp_path / name).write_text("name: 1")
    out = tmp_path / "out"
    paths, _ = find_studies([str(tmp_path), str(tmp_path / "p")])
    entries = make_entries(paths, {"k": ["不良" * 60, 1]}, {}, out)
    folders = [e.folder for e in entries]
    assert len(folders) == 18 and len({f.casefold() for f in folders}) == 18
    assert max(len(f.encode()) for f in folders) <= 180 and "results.csv" not in folders
    alone = make_entries([tmp_path / "p" / "x.yaml"], {}, {}, out)[0].folder
    monkeypatch.chdir(tmp_path / "p")
    assert (
        make_entries(find_studies(["../p/*.yaml"])[0], {}, {}, tmp_path / "p/../out")[0].folder
        == alone
    )


def test_studies_of_one_name_are_distinguished_by_their_folders(tmp_path):
    paths = [
        tmp_path / name
        for name in ("a/north/s.yaml", "a/south/s.yaml", "b/south/s.yaml", "b/t.yaml", "b/t.yml")
    ]
    labels = [entry.label for entry in make_entries(paths, {"k": [1]}, {}, tmp_path)]
    assert labels == ["north/s k=1", "a/south/s k=1", "b/south/s k=1", "t.yaml k=1", "t.yml k=1"]
