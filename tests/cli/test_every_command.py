"""Every command once on a small package, with its figures.

The figures hold for all versions of the dependencies within their bounds. `nox -s lowest` runs it
at the lowest versions, `nox -s wheel` on the installed wheel.
"""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from npl_sim.cli import app
from npl_sim.cli.groups import GROUPS
from npl_sim.securitization.dates import _business_days
from tests.cli.test_structure import write_deal

ROOT = Path(__file__).parents[2]
STUDY = "configs/studies/first_package.yaml"
TAPE = {
    "loans": "tape/loans.xlsx",
    "collateral": "tape/package_collateral.csv",
    "guarantors": "tape/package_guarantors.csv",
}
SAME = 1e-9
"""Relative difference that a processor or a version of a library may make."""
FIGURES = {
    "value": 5153983.929324443,
    "value_at_15": 4776453.461121881,
    "bid": 2075983.7748617856,
    "senior_loss": 0.95556098146258,
    "net": 5627152.491652507,
    "gain": -4498378.197679289,
}
"""Figures of the package: 60 loans of seed 5, 30 scenarios. [CNY, share]"""


@pytest.fixture
def here(tmp_path, command):
    """A folder with the shipped configurations, a deal, and a tape with one workbook."""
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    shutil.copy(ROOT / "tests" / "deal" / "files" / "example.yaml", tmp_path / "deal.yaml")
    assert command("init", "tape", "--synthetic", "60", "--seed", "5")[0] == 0
    pd.read_csv("tape/package.csv", dtype=str).to_excel(
        TAPE["loans"], index=False, engine="openpyxl"
    )
    return tmp_path


class Commands:
    """Runs commands on the package and remembers their names."""

    def __init__(self, command, folder):
        self.command, self.folder, self.names = command, folder, {"init"}
        self.tape = [
            w for key, name in TAPE.items() for w in ("--set", f"tape.{key}={folder / name}")
        ]

    def output(self, name, *arguments):
        """Return the output of a command that must succeed."""
        self.names.add(name)
        code, out, err = self.command(name, *arguments)
        assert code == 0, err
        return out

    def summary(self, name, *arguments, out=None):
        """Return the summary of a run folder with tables, and figures unless it has none."""
        folder = self.folder / (out or name)
        self.output(name, *arguments, "--out", folder)
        assert list(folder.glob("tables/*.parquet"))
        drawn = any(folder.glob("figures/*.png"))
        assert drawn == ("--no-figures" not in arguments)
        return json.loads((folder / "summary.json").read_text(encoding="utf-8"))


def test_every_command_runs_and_gives_its_figures(here, command):
    run = Commands(command, here)
    size = ["--scenarios", "30", *run.tape]
    found = {}
    found["value"] = run.summary("price", STUDY, *size)["price"]["mean"]["value"]
    dear = ("--set", "pricing.required_return=0.15", "--no-figures")
    dearer = run.summary("price", STUDY, *size, *dear, out="at_15")
    found["value_at_15"] = dearer["price"]["mean"]["value"]
    book = run.summary("bid", STUDY, *size)["bid_book"]
    found["bid"] = book["buyer"]["bid"]["value"]
    assert (here / "bid" / "bid_book.xlsx").is_file() and (here / "bid" / "report.html").is_file()
    own = run.summary("sell", STUDY, *size)["seller_book"]
    assert own["reservation"] == book["seller"]["reservation"]
    deal = run.summary("deal", "run", STUDY, *size, "--deal", "deal.yaml")
    found["senior_loss"] = deal["tranches"]["senior"]["expected_loss"]["value"]
    found["net"] = deal["collections"]["net"]["value"]
    contract = ["--contract", "configs/channel/clean_sale.yaml"]
    (found["gain"],) = run.summary("channel", STUDY, *size, *contract)["verdict"]["gain"]
    assert found == pytest.approx(FIGURES, rel=SAME)

    # The same figures by other ways.
    run.output("batch", STUDY, *size, "--out", "batch")
    assert pd.read_csv(here / "batch" / "results.csv")["mean"].item() == pytest.approx(
        found["value"], rel=SAME
    )
    change = json.loads(run.output("compare", "price", "at_15", "--json"))
    assert change["total"] == pytest.approx(found["value_at_15"] - found["value"], rel=1e-6)
    text = run.output("compare", STUDY, *size, "--with", "pricing.required_return=0.15")
    assert f"{found['value']:,.2f}" in text and f"{found['value_at_15']:,.2f}" in text

    # Of 500, 20 % are 100.
    Path("flows.csv").write_text("date,received\n2024-12-31,60\n2026-12-31,90\n", encoding="utf-8")
    sized = run.summary("deal", "size", write_deal(here), "--flows", "flows.csv", out="sized")[
        "sized"
    ][0]
    assert sized["balance"]["value"] == pytest.approx(100.0, abs=1e-3)

    assert "Policy 'firms' governs it" in run.output(
        "explain", STUDY, *run.tape, "--loan", "NPL00000001"
    )
    cash = "loan_id,date,amount\nNPL00000001,2026-09-30,1000\n"
    Path("cash.csv").write_text(cash, encoding="utf-8")
    tracked = run.summary("track", STUDY, *size, "--actual", "cash.csv")
    assert tracked["total"]["actual"] == 1_000.0 and tracked["months"] == 3
    assert "0 errors" in run.output("validate", STUDY, *run.tape)
    assert json.loads(run.output("schema"))["properties"]["tape"]
    assert "numpy" in run.output("doctor")
    commands = {c.name or c.callback.__name__ for c in app.registered_commands if not c.hidden}
    assert run.names == commands | {"deal"}


@pytest.mark.parametrize(
    ("arguments", "new"),
    [
        (("version",), "doctor"),
        (("synth", "old_tape", "--loans", 5), "init --synthetic N"),
        (("diff", "a", "b"), "compare"),
        (("tranche", "none.yaml"), "deal run"),
        (("structure", "none.yaml"), "deal size"),
    ],
)
def test_an_old_name_of_a_command_warns_in_one_line(command, arguments, new):
    _, _, err = command(*arguments)
    warnings = [line for line in err.splitlines() if line.startswith("warning: ")]
    assert warnings == [f"warning: npl-sim {arguments[0]} is deprecated; use npl-sim {new}"]


def test_the_help_lists_commands_by_group_and_no_old_name(command):
    _, out, _ = command("--help")
    found = [line.rstrip(":") for line in out.splitlines() if line.endswith(":")]
    assert [name for name in found if name in GROUPS] == list(GROUPS)
    for names in GROUPS.values():
        assert all(f"\n  {name}" in out for name in names)
    for old in ("tranche", "structure", "diff", "synth", "version "):
        assert f"\n  {old}" not in out


def test_the_calendar_of_italy_has_the_day_of_francis():
    """4 October is a holiday again from 2026 on (law 151 of 2025).

    QuantLib before 1.44 lacks it.
    """
    is_business_day = _business_days("italy")
    assert not is_business_day(date(2027, 10, 4)) and is_business_day(date(2024, 10, 4))
