"""`--work FOLDER` reaches the simulation, and is refused where nothing is simulated."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from npl_sim.cli import main
from npl_sim.core.errors import NplSimError
from npl_sim.engine.simulate import Sampling
from tests.builders.studies import loan, study

DEAL = Path(__file__).parents[1] / "deal" / "files" / "example.yaml"
CONTRACT = Path(__file__).parents[2] / "configs" / "channel" / "clean_sale.yaml"


@pytest.fixture
def output(tmp_path, monkeypatch, capsys):
    """Run the command line up to the simulation; return its messages."""
    study(
        tmp_path,
        [loan()],
        {"residual_share": 0.5},
        simulation={"scenarios": 4, "horizon_months": 12},
    )
    shutil.copy(DEAL, tmp_path / "deal.yaml")
    shutil.copy(CONTRACT, tmp_path / "contract.yaml")
    monkeypatch.chdir(tmp_path)

    def to(sampling, *ignored):
        raise NplSimError(f"simulates, and keeps the work in {sampling.work}")

    monkeypatch.setattr(Sampling, "to", to)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["npl-sim", *arguments])
        with pytest.raises(SystemExit) as stopped:
            main()
        assert stopped.value.code == 2
        return capsys.readouterr().err

    return run


@pytest.mark.parametrize(
    "call",
    [
        ["price"],
        ["bid"],
        ["deal", "run", "--deal", "deal.yaml"],
        ["channel", "--contract", "contract.yaml"],
    ],
    ids=lambda call: call[0],
)
def test_the_folder_reaches_the_simulation(output, call):
    command, *options = call
    if command == "channel":
        options += ["--set", "currency=CNY"]
    start = [command]
    if command == "deal":
        start.append(options.pop(0))
    assert "keeps the work in here" in output(*start, "study.yaml", *options, "--work", "here")
    assert "keeps the work in None" in output(*start, "study.yaml", *options)


def test_it_is_refused_where_nothing_is_simulated(output):
    Path("flows.csv").write_text("scenario,month,received\n1,3,5\n")
    assert "for which --work means nothing" in output(
        "deal", "run", "deal.yaml", "--flows", "flows.csv", "--work", "x"
    )
    printed = output("channel", "contract.yaml", "--outcomes", "flows.csv", "--work", "x")
    assert "--work: expected without --outcomes" in printed
