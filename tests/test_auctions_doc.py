"""The page on auctions shows tables and a figure that its script computes."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture
def script(monkeypatch):
    monkeypatch.syspath_prepend(DOCS)
    return runpy.run_path(str(DOCS / "make_auctions.py"))


def test_the_tables_are_those_of_the_script(script):
    """The published share of paths that fall, and the worst fall, are what the kernel gives."""
    assert script["page"]() == (DOCS / "auctions.md").read_text(encoding="utf-8")


def test_higher_appraisals_lower_the_mean_of_no_loan_and_the_value_of_no_scenario(script):
    values_by_path = script["values_by_path"]
    base, _ = values_by_path(1.0)
    for factor in (1.1, 1.5):
        change = values_by_path(factor)[0] - base
        assert (change.mean(axis=0) > 0.0).all()
        assert (change.sum(axis=1) > 0.0).all()
        assert (change < -1e-6).mean() < 0.01


def test_the_figure_is_drawn(script, tmp_path):
    script["figure"](tmp_path)
    page = (DOCS / "auctions.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"\(auctions/(\w+\.png)\)", page))
    assert shown == {p.name for p in tmp_path.iterdir()}
    assert shown == {p.name for p in (DOCS / "auctions").iterdir()}
    for path in tmp_path.iterdir():
        assert np.ptp(matplotlib.image.imread(path)[:, :, :3]) > 0.5
