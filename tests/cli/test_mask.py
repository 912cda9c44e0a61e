"""`--mask`: no name, id or cell of a tape comes out of any command, and no number changes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from npl_sim.core.errors import StudyError, TapeError
from npl_sim.runs.study_session import load_study
from tests.builders.masked_studies import RARE, leaks, write
from tests.builders.shipped import EXAMPLES

DEAL = Path(__file__).parents[1] / "deal" / "files" / "example.yaml"
FLOWS = (
    "scenario,month,received,costs\n1,3,50e6,1e6\n1,20,350e6,3e6\n4,6,20e6,1e6\n4,20,90e6,9e6\n"
)


@pytest.fixture
def masked(tmp_path, command):
    """Run a command with `--mask` into `out`; return its text.

    Check the exit code, and that the rare word is nowhere.
    """
    (tmp_path / "out").mkdir()

    def run(*arguments, code=0):
        status, out, err = command(*arguments, "--mask")
        assert RARE.lower() not in (out + err).lower()
        assert leaks(tmp_path / "out") == []
        assert (status or 0) == code, err
        return out + err

    return run


@pytest.fixture(scope="module")
def soundly(tmp_path_factory):
    return write(tmp_path_factory.mktemp("sound") / RARE)


@pytest.fixture(scope="module")
def faulty(tmp_path_factory):
    return write(tmp_path_factory.mktemp("faulty") / RARE, faulty=2)


@pytest.fixture(scope="module")
def stopping(tmp_path_factory):
    return write(tmp_path_factory.mktemp("stop") / RARE, faulty=2, on_error="stop")


def test_price_of_a_faulty_tape(masked, faulty, tmp_path):
    text = masked("price", faulty, "--out", "out/run", "--json")
    assert "(text of " in text  # a faulty cell is described by kind and length
    rows = pd.read_csv(tmp_path / "out" / "run" / "quarantine.csv")
    assert list(rows) == ["file", "row", "reasons", "gbv_counted"]
    assert {"loan file", "collateral file", "guarantor file"} == set(rows["file"])
    manifest = json.loads((tmp_path / "out" / "run" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["command"] == [
        "npl-sim",
        "price",
        "(text)",
        "--out",
        "(text)",
        "--json",
        "--mask",
    ]
    assert all("path" not in source for source in manifest["tape"])


def test_bid_with_workbook_report_and_figures(masked, faulty):
    masked("bid", faulty, "--out", "out/run")


@pytest.mark.parametrize("kind", ["soundly", "faulty", "stopping"])
def test_validate(masked, kind, request):
    masked("validate", request.getfixturevalue(kind), code=3 if kind == "stopping" else 0)


def test_validate_of_a_tape_alone(masked, faulty):
    masked("validate", faulty.with_name(f"{RARE} loans.csv"), code=3)


def test_explain_by_the_id_of_the_tape_and_by_pseudonym(masked, soundly):
    assert "loan 1 " in masked("explain", soundly)  # the calendar lists claims
    # The third loan of the file has the id 1 of 7 * 2 modulo 13.
    assert masked("explain", soundly, "--loan", f"{RARE} 1") == masked(
        "explain", soundly, "--loan", "loan 3"
    )
    masked("explain", soundly, "--loan", f"{RARE} 99", code=2)
    # Its item is seized by a court with a name.
    assert "another court seized it first" in masked("explain", soundly, "--loan", "loan 4")


def test_compare(masked, faulty):
    masked("compare", faulty, "--with", "pricing.required_return=0.2")


def test_runs_that_are_refused(masked, soundly, stopping, tmp_path):
    masked("price", stopping, "--out", "out/run", code=3)
    masked("price", soundly, "--set", f"tape.loans={RARE} none.csv", code=3)
    masked("price", soundly, "--set", f"market={RARE} none.yaml", code=2)
    masked("price", soundly, "--set", f"simulation.detail={RARE}", code=2)
    masked("price", soundly.with_name(f"{RARE} none.yaml"), code=2)
    other = soundly.with_name(f"{RARE} broken.yaml")
    other.write_text(f"name: [{RARE}\ntape: '{RARE}", encoding="utf-8")
    masked("price", other, code=2)


def test_a_batch_and_its_second_call(masked, soundly, faulty, stopping, tmp_path):
    files = [soundly, faulty, stopping]
    arguments = (
        "batch",
        *files,
        "--out",
        "out/batch",
        "--grid",
        "simulation.seed=1,2",
        "--set",
        f"description={RARE}",
    )
    masked(*arguments, "--json", code=4)
    text = masked(*arguments, code=4)
    assert "4 skipped" in text
    rows = pd.read_csv(tmp_path / "out" / "batch" / "results.csv")
    assert sorted(set(rows["study"])) == ["study 1", "study 2", "study 3"]


def test_a_deal_a_structure_and_a_contract(masked, soundly, tmp_path):
    folder = tmp_path / RARE
    folder.mkdir()
    arguments = DEAL.read_text(encoding="utf-8")
    name = next(line for line in arguments.splitlines() if line.startswith("name:"))
    (folder / f"{RARE} deal.yaml").write_text(
        arguments.replace(name, f"name: {RARE} deal"), encoding="utf-8"
    )
    (folder / f"{RARE} flows.csv").write_text(FLOWS, encoding="utf-8")
    (folder / f"{RARE} bad.csv").write_text(FLOWS.replace("20e6", RARE), encoding="utf-8")
    deal = folder / f"{RARE} deal.yaml"
    masked("deal", "run", deal, "--flows", folder / f"{RARE} flows.csv", "--out", "out/deal")
    masked("deal", "run", deal, "--flows", folder / f"{RARE} bad.csv", "--out", "out/no", code=2)
    masked("deal", "run", soundly, "--deal", deal, "--out", "out/study", "--no-figures")
    masked(
        "deal",
        "size",
        deal,
        "--flows",
        folder / f"{RARE} flows.csv",
        "--out",
        "out/structure",
        code=2,
    )
    contract = folder / f"{RARE} contract.yaml"
    lines = (
        (EXAMPLES / "channel" / "first_loss_guarantee.yaml")
        .read_text(encoding="utf-8")
        .splitlines()
    )
    lines = [f"name: {RARE} sale" if line.startswith("name:") else line for line in lines]
    contract.write_text("\n".join(lines), encoding="utf-8")
    outcomes = folder / f"{RARE} outcomes.csv"
    shutil.copy(EXAMPLES / "channel" / "first_loss_outcomes.csv", outcomes)
    masked("channel", contract, "--outcomes", outcomes, "--out", "out/channel")
    masked("channel", soundly, "--contract", contract, "--out", "out/sale", "--no-figures")
    # Columns that nothing reads, and none that anything reads.
    lines = outcomes.read_text(encoding="utf-8").splitlines()
    more = [f"{lines[0]},{RARE} bank", *(f"{line},{RARE}" for line in lines[1:])]
    outcomes.write_text("\n".join(more), encoding="utf-8")
    text = masked(
        "channel", contract, "--outcomes", outcomes, "--out", "out/unused", "--no-figures"
    )
    assert "columns not used: (text of " in text
    outcomes.write_text(f"{RARE},b\n1,2\n", encoding="utf-8")
    masked("channel", contract, "--outcomes", outcomes, "--out", "out/none", code=2)


def test_parties_of_a_contract(masked, command, soundly, tmp_path):
    """Vehicles and investors have pseudonyms, also in the side letter; their cash is the same."""
    arguments = (EXAMPLES / "channel" / "layered_channel.yaml").read_text(encoding="utf-8")
    for name in ("channel trust", "wealth product", "holder: fund", "holder: customers"):
        arguments = arguments.replace(name, f"{name} {RARE}")
    contract = tmp_path / f"{RARE}.yaml"
    contract.write_text(arguments, encoding="utf-8")
    sale = ("channel", soundly, "--contract", contract, "--no-figures", "--full-cash", "--out")
    assert command(*sale, "plain")[0] in (0, 5)
    masked(*sale, "out/sale")
    written = (tmp_path / "out" / "sale" / "contract.json").read_text(encoding="utf-8")
    assert all(
        name in written
        for name in ("vehicle 1", "vehicle 2", "investor 01", "investor 02", '"bank"')
    )
    same_figures(tmp_path / "plain", tmp_path / "out" / "sale")


def same_figures(first, second):
    """Assert that two run folders have the same tables, names aside, to the last bit."""
    names = [sorted(p.name for p in (folder / "tables").iterdir()) for folder in (first, second)]
    assert names[0] == names[1]
    for name in names[0]:
        one, two = (pd.read_parquet(folder / "tables" / name) for folder in (first, second))
        assert one.shape == two.shape, name
        for i in range(one.shape[1]):  # a column may be called after a party
            if one.iloc[:, i].dtype.kind in "ifub":
                np.testing.assert_array_equal(
                    one.iloc[:, i], two.iloc[:, i], f"{name} {one.columns[i]}"
                )


def test_default_folder_and_work_folder(masked, soundly, tmp_path):
    masked("price", soundly, "--no-figures", "--work", "out/work")
    (folder,) = (tmp_path / "runs").iterdir()
    assert folder.name.startswith("study-")
    assert leaks(tmp_path / "runs") == []


def test_diff_of_masked_runs(masked, command, soundly, faulty):
    masked("price", soundly, "--out", "out/a", "--no-figures")
    masked("price", faulty, "--out", "out/b", "--no-figures")
    folders = ("--tape", soundly.parent, "--tape", faulty.parent)
    found = json.loads(masked("compare", "out/a", "out/b", *folders, "--json", "--quiet"))
    went = [row["loan_id"] for row in found["tape"] if row["what"] == "went"]
    assert went == ["loan 1", "loan 2"]  # the two faulty ones: the first of the file
    assert found["program_changed"] == [0.0, 0.0]
    code, _, err = command("compare", "out/a", "out/b")
    assert code == 2
    assert "does not say in which folder" in err


def test_no_number_moves(command, faulty, tmp_path):
    for name, more in (("plain", ()), ("masked", ("--mask",))):
        assert (
            command("bid", faulty, "--out", name, "--no-figures", "--no-documents", *more)[0] == 0
        )
    same_figures(tmp_path / "plain", tmp_path / "masked")
    first, second = (
        json.loads((tmp_path / n / "summary.json").read_text()) for n in ("plain", "masked")
    )
    for summary in (first, second):
        del summary["issues"]
    assert first == second


def test_pseudonyms_are_those_of_the_order_on_the_tape(soundly):
    table = load_study(soundly, mask=True).table
    assert list(table.loans["loan_id"]) == [f"loan {i + 1}" for i in range(13)]
    assert list(table.loans["borrower_id"]) == [f"borrower {i // 2 + 1}" for i in range(13)]
    assert set(table.loans["group_id"]) == {"", "group 1"}
    # A guarantor who borrows too has one name; the others are guarantors.
    assert list(table.guarantors["guarantor_id"].iloc[:2]) == ["guarantor 1", "borrower 4"]


def test_errors_in_python_are_masked_too(soundly, stopping):
    with pytest.raises(StudyError) as refused:
        load_study(soundly, {"simulation.detail": RARE}, mask=True)
    with pytest.raises(TapeError) as stopped:
        _ = load_study(stopping, mask=True).table
    assert RARE not in f"{refused.value} {stopped.value}"
