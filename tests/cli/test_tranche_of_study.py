"""`npl-sim deal run` for a study, and for a recipe of flows."""

from __future__ import annotations

import json

import numpy as np
import pytest

from npl_sim.runs.folder import open_run
from npl_sim.runs.study_session import load_study
from tests.builders.deals import run_deal_of
from tests.cli.deal_files import EXAMPLE, small_study


def test_a_study_goes_through_its_deal(command, deal_folder):
    path = small_study(deal_folder, pricing={"servicing_rate": 0.1})
    code, out, err = command(
        "deal", "run", path, "--out", "r", "--no-figures", "--scenarios", "50", "--seed", "9"
    )
    assert code == 0, err
    assert "3.1% below the deal's pool_balance" in err
    assert out.index("Cash ") < out.index("Issues: ") < out.index("Notes")
    made = open_run(deal_folder / "r")
    assert any(
        "npl-sim deal run and deal size leave it out" in note for note in made.summary["notes"]
    )
    assert (made.manifest["seed"], made.manifest["scenarios"], made.manifest["study"]) == (
        9,
        50,
        "small",
    )
    assert {"study.json", "deal.json", "assumptions.txt", "findings.csv"} <= {
        p.name for p in (deal_folder / "r").iterdir()
    }
    # The deal collects what the package pays before servicing, less what is not the deal's.

    case = load_study(
        path, {"simulation.scenarios": 50, "simulation.seed": 9, "pricing.servicing_rate": 0.0}
    )
    net = case.simulate().net.sum(axis=1).mean()
    printed = made.summary["collections"]
    parts = (
        printed["net"]["value"]
        + printed["before_cutoff"]
        + printed["to_seller"]
        + printed["after_last"]
    )
    assert parts == pytest.approx(net, rel=1e-9)
    assert "What tranches lose" in out


def test_another_deal_in_place_of_the_study_s(command, deal_folder):
    path = small_study(deal_folder)
    (deal_folder / "other").mkdir()
    text = EXAMPLE.read_text(encoding="utf-8").replace("name: example", "name: other")
    (deal_folder / "other" / "deal.yaml").write_text(
        text.replace("260e6", "200e6"), encoding="utf-8"
    )
    arguments = (
        "deal",
        "run",
        path,
        "--deal",
        "other/deal.yaml",
        "--json",
        "--no-figures",
        "--out",
        "r",
    )
    code, out, _ = command(*arguments)
    assert code == 0 and json.loads(out)["deal"]["name"] == "other"
    code, _, err = command(*arguments, "--force", "--set", "deal.currency=EUR")
    assert code == 2 and "deal.currency: got 'EUR'; expected 'CNY'" in err
    code, _, err = command("deal", "run", small_study(deal_folder, deal=None))
    assert code == 2 and "names no deal" in err
    code, _, err = command("deal", "run", path, "--flows", "flows.csv")
    assert code == 2 and "is a study, whose cash is simulated" in err


def test_the_same_bytes_whatever_the_threads(command, deal_folder):
    path = small_study(deal_folder)
    for name, threads in (("a", 1), ("b", 2)):
        code, _, err = command(
            "deal", "run", path, "--out", name, "--threads", threads, "--no-figures", "-q"
        )
        assert code == 0, err
    for file in sorted((deal_folder / "a").rglob("*")):
        if file.is_file() and file.name != "manifest.json":
            assert (
                file.read_bytes()
                == (deal_folder / "b" / file.relative_to(deal_folder / "a")).read_bytes()
            ), file.name


def test_python_and_the_command_line_report_the_same(command, deal_folder):

    path = small_study(deal_folder)
    run = run_deal_of(load_study(path))
    code, out, _ = command("deal", "run", path, "--json", "--no-figures", "--out", "r")
    assert code == 0
    printed = json.loads(out)["tranches"]["mezzanine"]["cash"]["value"]
    assert printed == pytest.approx(np.mean(run.tranches["mezzanine"].cash.sum(axis=1)))


def test_a_study_to_a_precision(command, deal_folder):
    path = small_study(deal_folder, pricing={"servicing_rate": 0.0})
    arguments = ("--no-figures", "--json", "--scenarios", "20")
    code, out, err = command("deal", "run", path, "--out", "p", "--precision", "20%", *arguments)
    assert code == 0, err
    assert json.loads(out)["deal"]["scenarios"] >= 20
    code, _, err = command("deal", "run", path, "--precision", "much", "--out", "q")
    assert code == 2 and '--precision: got "much"' in err


def test_the_structure_of_a_study_s_deal_may_stand_in_files(command, deal_folder):
    """File names are relative to the deal's file.

    An error in such a file is reported with its line, without errors that follow from it.
    """
    (deal_folder / "deals").mkdir()
    text = EXAMPLE.read_text(encoding="utf-8") + "structure: structure.yaml\n"
    (deal_folder / "deals" / "deal.yaml").write_text(text, encoding="utf-8")
    (deal_folder / "deals" / "structure.yaml").write_text(
        "size:\n  - {tranche: senior, limits: [{kind: expected_loss, rating: A}]}\n"
        "ratings: ratings.yaml\n"
    )
    table = (
        "kind: hazard\nname: t\nloss_given_default: 0.5\norigin: own\nsource: made up\n"
        "ratings: [{rating: A, hazard: 0.02}]\n"
    )
    (deal_folder / "deals" / "ratings.yaml").write_text(table)
    path = small_study(deal_folder, deal="deals/deal.yaml")
    code, out, err = command("deal", "run", path, "--out", "t", "--json", "--no-figures")
    assert code == 0, err
    code, out, err = command("deal", "size", path, "--out", "s", "--json", "--no-figures")
    assert code == 0 and json.loads(out)["sized"][0]["binding"] == "expected loss of A", err
    (deal_folder / "deals" / "ratings.yaml").write_text(table.replace("0.02", "-1"))
    code, _, err = command("deal", "run", path)
    assert code == 2 and "ratings.yaml:6:" in err and "deal.structure.ratings" in err
    code, _, err = command("deal", "run", path, "--set", "deal.structure.ratings=rating.yaml")
    assert code == 2 and len(err.splitlines()) == 1
    assert "rating.yaml: does not exist; expected a YAML file; did you mean 'ratings.yaml'?" in err
    code, _, err = command(
        "deal",
        "size",
        "deals/deal.yaml",
        "--flows",
        "flows.csv",
        "--set",
        "structure=null",
        "--out",
        "n",
    )
    assert code == 2 and "has no structure" in err
