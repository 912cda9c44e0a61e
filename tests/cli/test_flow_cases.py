"""Tables of flows and outcomes on the command line: errors in one line, notes in the result."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CASES = ROOT.parent / "shared" / "cases"
DEAL = ROOT / "configs" / "deals" / "three_tranche.yaml"
ROWS = "".join(
    f"{s},{m},{1e6 * m},{1e5},{1e6 * m - 1e5}\n" for s in (0, 1) for m in range(3, 60, 3)
)
CONTRACT = (
    "name: sale\nface: 100\ncurrency: CNY\ndiscount_rate: 0.0\nprice: {kind: amount, amount: 80}\n"
)


@pytest.fixture
def tranche(command):
    """Run the shipped deal on a file of flows; return exit code, output and messages."""
    return lambda path: command(
        "deal", "run", DEAL, "--flows", path, "--out", "run", "--no-figures"
    )


def summary(folder):
    return json.loads((folder / "run" / "summary.json").read_text(encoding="utf-8"))


def test_notes_reach_the_screen_and_the_summary(tmp_path, tranche):
    (tmp_path / "f.csv").write_text(
        "scenario,month,received,costs,net\n" + ROWS + ROWS.splitlines()[2] + "\n"
    )
    code, _, err = tranche("f.csv")
    assert code == 0
    for message in (
        "f.csv: 1 row repeats the scenario and month of an earlier row (row 40); their "
        "amounts are added to it: received 9,000,000.00",
        "f.csv: 1 of them is the same as an earlier row in every cell (row 40)",
        "f.csv: net equals received - costs on every date, and was not added to it",
    ):
        assert f"warning: {message}" in err and any(
            note.startswith(message) for note in summary(tmp_path)["notes"]
        )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "scenario,month,received\n0,3,1e300\n",
            "f.csv: row 2, received: got '1e300'; expected a value at least -1e+15",
        ),
        ("scenario,month,costs\n0,3,5\n", "f.csv: has no receipts, only costs"),
        (
            "date,received\n2027-01-31T00:00:00+01:00,5\n2027-02-28T00:00Z,5\n",
            "expected dates in one time zone",
        ),
        (
            "date,received\n1027-01-31,5\n",
            "row 2, date: got '1027-01-31'; expected a date from 1950-01-01 to 2126-12-31",
        ),
        (
            "date,received\n2027-01-31,\x1b]0;x\x07\n",
            r"row 2, received: got '\x1b]0;x\x07'; expected a number",
        ),
        ("date,received\n2027-01-31,¥5\n", "row 2, received: got '¥5'; expected an amount in EUR"),
    ],
)
def test_a_file_of_flows_is_refused_in_one_line(tmp_path, tranche, text, message):
    (tmp_path / "f.csv").write_text(text, encoding="utf-8")
    code, out, err = tranche("f.csv")
    assert (
        code == 2
        and out == ""
        and message in err
        and err.startswith("npl-sim: ")
        and len(err.splitlines()) == 1
    )
    assert not (tmp_path / "run").exists()


def test_the_largest_amounts_draw_no_warning_of_the_arithmetic(tmp_path, tranche):
    """Amounts at the bound, and tiny ones, pass through the whole deal without a warning."""
    rows = "".join(f"{s},{m},1e15,1e-300\n" for s in (0, 1, 2) for m in (3, 9, 30, 60))
    (tmp_path / "f.csv").write_text("scenario,month,received,costs\n" + rows)
    code, _, err = tranche("f.csv")
    assert code == 0 and "more than the package's GBV" in err


def case(folder, name):
    """Copy a shared case into a folder, or skip."""
    if not (CASES / name).exists():
        pytest.skip("the shared cases are not beside this checkout")
    return shutil.copy(CASES / name, folder)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tapes/F5_mixed_time_zones/flows.csv", "row 2, date: got '2027-01-30T16:00:00+08:00'"),
        (
            "tapes/F6_year_0202/flows.csv",
            "row 92, date: got '0202-03-31'; expected a date from 1950-01-01 to 2126-12-31",
        ),
        ("robustness/08_flows_without_received/norec.parquet", "has no receipts, only costs"),
        ("robustness/08_flows_without_received/noscen.parquet", "expected a column scenario"),
        ("robustness/08_flows_without_received/ts.parquet", "row 2, received: got '2026-01-01"),
        ("robustness/08_flows_without_received/bool.parquet", "row 2, received: got 'true'"),
        ("robustness/08_flows_without_received/huge300.csv", "row 2, received: got '1e+300'"),
        ("deals/zh.csv", "unknown column '日期'"),
    ],
)
def test_shared_cases_are_refused(tmp_path, tranche, name, message):
    code, out, err = tranche(case(tmp_path, name))
    assert code == 2 and out == "" and message in err, err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("name", "net", "message"),
    [
        (
            "tapes/F3_received_costs_and_net/flows.csv",
            324e6,
            "net equals received - costs on every date",
        ),
        (
            "robustness/08_flows_without_received/dup.csv",
            268_694_994.914,
            "(row 112), and probably copied",
        ),
    ],
)
def test_shared_cases_that_are_reported(tmp_path, tranche, name, net, message):
    code, _, err = tranche(case(tmp_path, name))
    assert code == 0 and message in err
    found = summary(tmp_path)
    assert found["collections"]["net"]["value"] == pytest.approx(net, rel=1e-12)
    assert any(message in note for note in found["notes"])


def test_notes_on_outcomes_reach_the_screen_and_the_summary(tmp_path, command):
    (tmp_path / "c.yaml").write_text(CONTRACT)
    (tmp_path / "o.csv").write_text("scenario;month;cash\n0;3;80,5\n1;3;90\n1;6;4\n1;6;4\n")
    code, _, err = command(
        "channel", "c.yaml", "--outcomes", "o.csv", "--out", "run", "--no-figures"
    )
    assert code == 0, err
    message = (
        "o.csv: 1 row repeats the scenario and month of an earlier row (row 5); their "
        "amounts are added to it: cash 4.00"
    )
    assert message in err.replace("\n", " ") and message in summary(tmp_path)["notes"]
    (tmp_path / "o.csv").write_text("scenario,month,cash\n0,3,¥5\n1,3,$5\n")
    code, _, err = command(
        "channel", "c.yaml", "--outcomes", "o.csv", "--out", "run2", "--no-figures"
    )
    assert code == 2 and "o.csv: row 3, cash: got '$5'; expected an amount in CNY" in err
