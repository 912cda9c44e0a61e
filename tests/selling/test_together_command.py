"""The command `batch --together`: run folder, text, JSON, refusals."""

from __future__ import annotations

import json
import sys

import pandas as pd
import pytest

from npl_sim.cli import main
from npl_sim.cli.together import parse_rates
from npl_sim.core.errors import NplSimError
from tests.selling.test_together import part


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("together")
    part(folder / "cards", range(5), prefix="A")
    part(folder / "homes", range(5), prefix="B", currency="EUR")
    return folder


@pytest.fixture
def command(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["npl-sim", "batch", *map(str, arguments)])
        with pytest.raises(SystemExit) as done:
            main()
        found = capsys.readouterr()
        return done.value.code, found.out, found.err

    return run


STUDIES = ("cards/study.yaml", "homes/study.yaml")
EUROS = ("--together", "--currency", "CNY", "--rate", "EUR=7.8")


def test_the_run_folder_holds_packages_and_sum(command, folder):
    code, out, err = command(*STUDIES, *EUROS, "--out", "run", "--json")
    assert code == 0, err
    found = json.loads(out)
    values = {name: p["value"]["value"] for name, p in found["packages"].items()}
    assert set(values) == {"cards/study", "homes/study"}
    assert found["sum"]["value"]["value"] == pytest.approx(sum(values.values()), rel=1e-12)
    frame = pd.read_parquet(folder / "run" / "tables" / "together_packages.parquet")
    rows = frame.set_index("package")
    assert rows.loc["homes/study", "rate"] == 7.8
    assert rows["value"][:2].sum() == pytest.approx(rows.loc["sum", "value"], rel=1e-12)
    assert rows["risk_part"][:2].sum() == pytest.approx(rows.loc["sum", "risk"])
    cash = pd.read_parquet(folder / "run" / "tables" / "together_cash.parquet")
    assert cash["net"].to_numpy() == pytest.approx(
        (cash["cards/study"] + cash["homes/study"]).to_numpy()
    )


def test_the_text_shows_value_rates_and_borrowers(command):
    code, out, err = command(*STUDIES, *EUROS, "--out", "text")
    assert code == 0, err
    assert out.startswith("2 packages together are worth CNY ")
    assert "EUR" in out and "7.800" in out
    assert "The largest borrowers across packages" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--together",), "expected --currency, and --rate for every other currency"),
        (("--currency", "CNY"), "expected them with --together alone"),
        (("--together", "--grid", "simulation.seed=1,2"), "expected no --grid"),
        ((*EUROS, "--rate", "EUR=8"), "--rate EUR: is given twice"),
    ],
)
def test_what_does_not_fit_is_refused(command, arguments, message):
    code, _, err = command(*STUDIES, *arguments, "--out", "refused")
    assert code == 2
    assert message in err


@pytest.mark.parametrize("text", ["EUR", "EUR=", "=7", "EUR=-1", "EUR=0", "EUR=nan", "EUR=7,8"])
def test_a_rate_that_is_none_is_refused(text):
    with pytest.raises(NplSimError, match="expected CURRENCY=RATE with a positive number"):
        parse_rates([text])
