"""Run folders whose files were damaged and hashed again: a clear error that names the file, never
a traceback."""

from __future__ import annotations

import json
import shutil
import sys

import pytest

from npl_sim.cli import main
from npl_sim.core.errors import RunFolderError
from npl_sim.core.provenance import file_hash
from npl_sim.runs.difference import explain_difference
from tests.builders.studies import loan, save_priced, study


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    size = {"simulation": {"scenarios": 2, "horizon_months": 12}}
    case = study(
        folder / "study",
        [loan(i) for i in range(3)],
        {"collection": {"settle_hazard": 0.1}},
        **size,
    )
    save_priced(case, folder / "run")
    return folder / "run"


@pytest.fixture
def damaged(run, tmp_path):
    shutil.copytree(run, tmp_path / "run")
    return tmp_path / "run"


def rehash(folder):
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    for name, facts in manifest["files"].items():
        facts["sha256"] = file_hash(folder / name)
    path.write_text(json.dumps(manifest), encoding="utf-8")


def edited(folder, name, **changes):
    path = folder / name
    content = json.loads(path.read_text(encoding="utf-8"))
    content.update(changes)
    path.write_text(
        json.dumps({k: v for k, v in content.items() if v is not ...}), encoding="utf-8"
    )
    rehash(folder)


CUT, NOT_JSON, EMPTY = "cut", b"hello", b""
DAMAGES = {
    "cut": (CUT, "is not JSON|Invalid JSON"),
    "text": (NOT_JSON, "is not JSON|Invalid JSON"),
    "empty": (EMPTY, "is not JSON|Invalid JSON"),
    "not UTF-8": (b'{"name": "\xff\xfe"}', "byte 11 is not UTF-8"),
    "a list": (b"[1, 2]", r"holds '\[1, 2\]'|expected a study|Input should be"),
    "null": (b"null", "holds 'None'|Input should be"),
    "deep": (b"[" * 200_000, "is not readable JSON|Invalid JSON"),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["summary.json", "study.json"])
@pytest.mark.parametrize("first", [True, False])
def test_a_damaged_file_is_named(run, damaged, name, damage, first):
    content, messages = DAMAGES[damage]
    path = damaged / name
    path.write_bytes(path.read_bytes()[:100] if content is CUT else content)
    rehash(damaged)
    with pytest.raises(RunFolderError, match=messages) as error:
        explain_difference(*((damaged, run) if first else (run, damaged)))
    assert str(error.value).startswith(str(path))


@pytest.mark.parametrize(
    ("changes", "messages"),
    [
        ({"price": ...}, "price.mean.value is missing"),
        ({"price": None}, "price.mean.value is missing"),
        ({"price": {"mean": {"value": "12"}}}, "price.mean.value is '12'; expected an amount"),
        ({"price": {"mean": {"value": None}}}, "price.mean.value is 'None'"),
        ({"price": {"mean": {"value": float("nan")}}}, "price.mean.value is 'nan'"),
        ({"price": {"mean": {"value": True}}}, "price.mean.value is 'True'"),
    ],
)
def test_a_summary_without_a_price_is_refused(run, damaged, changes, messages):
    edited(damaged, "summary.json", **changes)
    with pytest.raises(RunFolderError, match=messages):
        explain_difference(run, damaged)


@pytest.mark.parametrize(
    ("changes", "messages"),
    [
        ({"scenarios": ...}, "scenarios is 'None'; expected a whole number above 0"),
        ({"scenarios": "many"}, "scenarios is 'many'"),
        ({"scenarios": 0}, "scenarios is '0'"),
        ({"tape": ...}, "tape lists no files"),
        ({"tape": []}, "tape lists no files"),
        ({"tape": ["x"]}, "tape.0 is 'x'; expected role and sha256"),
        ({"tape": [{"role": ["loans"], "sha256": "0"}]}, "tape.0 is"),
        ({"tape": [{"role": "loans"}]}, "tape.0 is"),
    ],
)
def test_a_manifest_that_lacks_what_diff_needs_is_refused(run, damaged, changes, messages):
    path = damaged / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8")) | changes
    path.write_text(
        json.dumps({k: v for k, v in content.items() if v is not ...}), encoding="utf-8"
    )
    with pytest.raises(RunFolderError, match=messages):
        explain_difference(run, damaged)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b"[]", b"{}", b'{"files": 3}', b"[" * 200_000]
)
def test_a_damaged_manifest_is_refused(run, damaged, content):
    (damaged / "manifest.json").write_bytes(content)
    with pytest.raises(
        RunFolderError, match="manifest.json: .*expected the manifest of a finished run"
    ):
        explain_difference(run, damaged)


def test_another_hash_is_refused(run, damaged):
    path = damaged / "summary.json"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(RunFolderError, match="summary.json: was changed since the run"):
        explain_difference(run, damaged)


def test_versions_that_are_missing_stop_nothing(run, damaged):
    path = damaged / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**content, "versions": None}), encoding="utf-8")
    assert explain_difference(run, damaged).found.total == 0.0


def test_the_command_ends_with_2_and_one_line(run, damaged, monkeypatch, capsys):
    (damaged / "summary.json").write_bytes(b"{")
    rehash(damaged)
    monkeypatch.setattr(sys, "argv", ["npl-sim", "diff", str(run), str(damaged)])
    with pytest.raises(SystemExit) as done:
        main()
    messages = capsys.readouterr()
    assert done.value.code == 2 and messages.out == ""
    assert (
        "summary.json: is not JSON from line 1, column 2 on" in messages.err
        and "Traceback" not in messages.err
    )
