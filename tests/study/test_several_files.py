"""Studies whose tape is in several files: same price bits, absolute paths, hashes of each
file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from npl_sim.cli import app
from npl_sim.core.errors import StudyError
from npl_sim.runs.batch.price import _tape_hashes
from npl_sim.runs.case import load_study
from npl_sim.runs.priced_run import study_facts
from tests.builders import studies

POLICY = {
    "name": "all",
    "collection": {
        "months": 12,
        "channels": [{"channel": "call", "contacts_per_month": 4, "settle_per_contact": 0.01}],
    },
}
COUNT = 9


def package(folder: Path) -> Any:
    """Return a small study with collateral-free loans of different size."""
    rows = [studies.loan(i, principal=1000 + 100 * i) for i in range(COUNT)]
    return studies.study(
        folder, rows, POLICY, simulation={"scenarios": 8, "seed": 3, "horizon_months": 24}
    )


def cut(folder: Path, at: int) -> list[str]:
    """Split the loan file of a study in two."""
    head, *rows = (folder / "loans.csv").read_text(encoding="utf-8").splitlines()
    for name, part in (("part_1.csv", rows[:at]), ("part_2.csv", rows[at:])):
        (folder / name).write_text("\n".join([head, *part]) + "\n", encoding="utf-8")
    return ["part_1.csv", "part_2.csv"]


@pytest.mark.parametrize("given", ["list", "pattern"])
def test_price_is_that_of_the_joined_file(tmp_path: Path, given: str) -> None:
    whole = package(tmp_path)
    names = cut(tmp_path, 4)
    loans = names if given == "list" else "part_*.csv"
    several = load_study(whole.loaded.path, {"tape.loans": loans})
    assert several.study.tape.loans == tuple(tmp_path / name for name in names)
    one, other = whole.price(), several.price()
    assert one.mean == other.mean
    assert one.sd == other.sd
    assert repr(one.values_by_probability) == repr(
        other.values_by_probability
    )  # a NaN equals no other


def test_study_is_read_after_the_folder_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = package(tmp_path / "base")
    cut(tmp_path / "base", 4)
    price = study.price().mean
    monkeypatch.chdir(tmp_path)
    path = study.loaded.path.relative_to(tmp_path)
    one = load_study(path)
    several = load_study(path, {"tape.loans": ["part_1.csv", "part_2.csv"]})
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert all(p.is_absolute() for p in several.study.tape.files["loans"])
    assert one.price().mean == several.price().mean == price


def test_manifest_and_batch_know_each_file(tmp_path: Path) -> None:
    path = package(tmp_path).loaded.path
    names = cut(tmp_path, 4)
    case = load_study(path, {"tape.loans": names})
    facts = study_facts(case.study, case.read(), ["price"])["tape"]
    assert [(f["role"], f["file"], f["rows"]) for f in facts] == [
        ("loans", "part_1.csv", 4),
        ("loans", "part_2.csv", COUNT - 4),
    ]
    assert [f["path"] for f in facts] == [str((tmp_path / n).resolve()) for n in names]
    before = _tape_hashes(case)
    assert before is not None
    assert before["loans"] == [f["sha256"] for f in facts]
    second = tmp_path / names[1]
    second.write_text(second.read_text(encoding="utf-8").replace("1500", "1501"), encoding="utf-8")
    after = _tape_hashes(case)
    assert after is not None
    assert [a == b for a, b in zip(before["loans"], after["loans"], strict=True)] == [True, False]
    # A file is read, and hashed, as it is when the tape is read.
    assert [s.sha256 for s in case.read().sources] == after["loans"]


def test_pattern_without_a_match_is_refused_where_it_stands(tmp_path: Path) -> None:
    path = package(tmp_path).loaded.path
    with pytest.raises(StudyError, match="tape.loans: no file matches"):
        load_study(path, {"tape.loans": "none_*.csv"})


def test_command_line_prices_several_files(tmp_path: Path) -> None:
    path = package(tmp_path).loaded.path
    cut(tmp_path, 4)
    setting = ["--set", "tape.loans=[part_1.csv, part_2.csv]"]
    found = CliRunner().invoke(app, ["validate", str(path), *setting])
    assert found.exit_code == 0, found.output
    assert "loans, part_2.csv: 5 rows with GBV 8,000.00 CNY in" in found.output
    out = tmp_path / "run"
    found = CliRunner().invoke(app, ["price", str(path), *setting, "--out", str(out)])
    assert found.exit_code == 0, found.output
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert [f["file"] for f in manifest["tape"]] == ["part_1.csv", "part_2.csv"]
    assert [f["rows_in"] for f in manifest.get("reconciliation", {"files": []})["files"]] in (
        [],
        [4, 5],
    )
