"""Prices and recoveries of the Italian example by class: those of the page, in public ranges."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import npl_sim as npl

PAGE = Path(__file__).parents[2] / "docs" / "bases.md"
PUBLISHED = {"secured": (0.17, 0.40), "unsecured": (0.0, 0.10), "all": (0.15, 0.23)}
"""Prices of sold Italian packages by class, 2017 to 2022. [share of GBV]"""


@pytest.fixture(scope="module")
def classes():
    """Price and recovery by class. [% of GBV]"""
    study = npl.read_study("package:examples/studies/italy.yaml", {"simulation.scenarios": 400})
    loans = npl.price(npl.simulate(study)).to_frame("loans")
    secured = loans["loan_id"].isin(study.session.table.collateral["loan_id"])
    rows = {"secured": loans[secured], "unsecured": loans[~secured], "all": loans}
    return {
        name: [100.0 * row[c].sum() / row["gbv"].sum() for c in ("pv_mean", "received_mean")]
        for name, row in rows.items()
    }


def test_the_page_holds_the_figures_of_the_example(classes):
    lines = re.findall(r"\| (\w+) \| ([\d.]+) \| ([\d.]+) \|", PAGE.read_text(encoding="utf-8"))
    found = {name: [float(price), float(recovery)] for name, price, recovery in lines}
    assert set(found) == set(classes)
    for name, values in classes.items():
        assert found[name] == pytest.approx(values, abs=0.051), name


def test_prices_by_class_lie_where_packages_were_sold(classes):
    for name, (low, high) in PUBLISHED.items():
        assert low <= classes[name][0] / 100.0 <= high, name


def test_the_tape_of_the_example_is_that_of_its_script(tmp_path):
    import runpy

    script = runpy.run_path(str(PAGE.parent / "make_italian_tape.py"))
    script["main"](tmp_path)
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (script["FOLDER"] / path.name).read_bytes(), path.name
