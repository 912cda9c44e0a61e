"""Run folders hold the cash of the package, from which price and returns are computed again."""

from __future__ import annotations

import pandas as pd
import pytest

import npl_sim
from npl_sim.cashflows.stored_cash import CASH_FILE
from npl_sim.core.errors import RunFolderError
from npl_sim.reports.price.tables import _irr_quantiles, _price_tests
from npl_sim.valuation.price import price
from tests.builders.studies import loan, study
from tests.cli.conftest import POLICY, SIZE

CENT = 0.005


@pytest.fixture
def package(tmp_path):
    """A study in the folder of the test."""
    pricing = {"required_return": 0.1, "prices": [2000.0]}
    return study(tmp_path, [loan(i) for i in range(6)], POLICY, pricing=pricing, **SIZE)


def test_the_price_and_returns_of_a_run_come_from_its_stored_cash(command, package, tmp_path):
    code, _, err = command("price", "study.yaml", "--out", "run", "--no-figures", "-q")
    assert code == 0, err
    run = npl_sim.open_run(tmp_path / "run")
    terms = package.study
    again = price(run.cash, terms.pricing, terms.currency, terms.stated_buyer)
    assert again.mean.value == pytest.approx(run.run.recorded(), abs=CENT)
    assert again.pv == pytest.approx(run.to_frame("prices")["pv"].to_numpy(), abs=CENT)
    tables = {
        "price_tests": _price_tests(again.tests),
        "irr_quantiles": _irr_quantiles(again.tests),
    }
    for name, table in tables.items():
        pd.testing.assert_frame_equal(table, run.to_frame(name), rtol=1e-12)
    entry = run.manifest["files"][CASH_FILE]
    assert entry["bytes"] == (tmp_path / "run" / CASH_FILE).stat().st_size > 0


@pytest.mark.parametrize("arguments", [("price",), ("bid", "--no-documents")])
def test_no_cash_leaves_it_out(command, package, tmp_path, arguments):
    name, *more = arguments
    options = ("--out", "run", "--no-figures", "-q", "--no-cash", *more)
    code, _, err = command(name, "study.yaml", *options)
    assert code == 0, err
    with pytest.raises(RunFolderError, match="expected a run that was saved with"):
        npl_sim.open_run(tmp_path / "run").cash
    assert CASH_FILE not in npl_sim.open_run(tmp_path / "run").manifest["files"]
