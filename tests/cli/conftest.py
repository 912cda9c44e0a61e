"""The command line run in this process, in a folder of its own."""

from __future__ import annotations

import shutil
import sys

import pytest

from npl_sim.cli import main
from npl_sim.runs.batch.price import Pricer
from tests.builders.studies import loan, study
from tests.cli.deal_files import EXAMPLE, FLOWS

POLICY = {"collection": {"settle_hazard": 0.03, "payment_rate": 0.01}, "residual_share": 0.1}
SIZE = {"simulation": {"scenarios": 100, "horizon_months": 24, "seed": 4}}


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """Run the command line; return exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["npl-sim", *map(str, arguments)])
        with pytest.raises(SystemExit) as done:
            main()
        found = capsys.readouterr()
        return done.value.code, found.out, found.err

    return run


class InThisProcess:
    """Does the runs of a batch here, where a test can put something in their way."""

    def __init__(self, options):
        self._pricer = Pricer(options)

    def __enter__(self):
        return self._pricer

    def __exit__(self, *error):
        pass


@pytest.fixture
def here(monkeypatch):
    """Let batches run in this process."""
    monkeypatch.setattr("npl_sim.runs.batch.worker.Worker", InThisProcess)


@pytest.fixture
def batch(monkeypatch, capsys):
    """Run a batch; return exit code, standard output and standard error."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["npl-sim", "batch", *map(str, arguments)])
        with pytest.raises(SystemExit) as done:
            main()
        found = capsys.readouterr()
        return done.value.code or 0, found.out, found.err

    return run


@pytest.fixture
def studies(tmp_path):
    """Two sound studies, each over a tape of its own, in one folder."""
    folder = tmp_path / "studies"
    for name, principal in (("one", 1000), ("two", 3000)):
        study(tmp_path / name, [loan(i, principal=principal) for i in range(6)], POLICY, **SIZE)
        folder.mkdir(exist_ok=True)
        text = (
            (tmp_path / name / "study.yaml")
            .read_text()
            .replace("loans.csv", f"../{name}/loans.csv")
        )
        (folder / f"{name}.yaml").write_text(text.replace("name: small", f"name: {name}"))
    return folder


@pytest.fixture
def deal_folder(tmp_path, monkeypatch):
    """Return the current folder, with a deal and a table of flows."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(EXAMPLE, tmp_path / "deal.yaml")
    (tmp_path / "flows.csv").write_text(FLOWS)
    return tmp_path
