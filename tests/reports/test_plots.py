"""Figures: drawn in every case, leaving no trace, and readable where fonts lack glyphs."""

from __future__ import annotations

import subprocess
import sys
import warnings

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from npl_sim.reports import style
from npl_sim.reports.figure_files import save_each
from npl_sim.reports.formats import money_unit, percent, plain_amount
from npl_sim.reports.price import plots
from npl_sim.valuation.price import price
from npl_sim.valuation.spec import Pricing
from tests.builders.cash import lifelike, one_kind, totals_only
from tests.builders.figures import stacked_heights

DRAWINGS = (
    plots.price_distribution,
    plots.recovery_fan,
    plots.cash_by_kind,
    plots.value_by,
    plots.stage_gbv,
)

CASES = {
    "lifelike": (lambda: lifelike(120, 60, 12), Pricing(target_irr=0.15)),
    "totals, other rate": (lambda: totals_only(lifelike(20, 30, 8)), Pricing(required_return=0.2)),
    "many chinese segments": (
        lambda: lifelike(8, 200, 16, segments=tuple(f"个人消费贷款{i}" for i in range(15))),
        Pricing(quantiles=(0.1, 0.5)),
    ),
    "certain": (lambda: one_kind(np.ones((3, 25))), Pricing(quantiles=(0.5,))),
    "nothing": (lambda: one_kind(np.zeros((2, 2)), gbv=0.0), Pricing()),
    "only costs": (lambda: one_kind(-np.arange(10.0).reshape(2, 5)), Pricing()),
}


@pytest.fixture(scope="module")
def result():
    return price(lifelike(150, 72, 16), Pricing(target_irr=0.15), "CNY")


@pytest.mark.parametrize("name", CASES)
def test_every_figure_is_drawn_without_a_warning(name, tmp_path):
    make, pricing = CASES[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        paths = save_each(plots.drawings(price(make(), pricing)), tmp_path / "figures", dpi=50)
    assert len(paths) == 5
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)


def test_global_settings_stay_and_pyplot_is_not_needed(result):
    before = dict(matplotlib.rcParams)
    for draw in DRAWINGS:
        assert isinstance(draw(result), Figure)
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("draw", DRAWINGS)
def test_a_figure_can_be_drawn_on_given_axes(result, draw):
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert draw(result, ax=right) is figure
    assert not left.has_data() and right.get_title(loc="left")


def test_axes_show_their_units(result):
    axes = plots.price_distribution(result).axes[0]
    assert axes.get_xlabel() == "Present value at 10.0% [CNY million]"
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels[1].startswith("Value at 15.0%: ") and labels[1].endswith("of GBV)")
    assert "CNY million" in plots.stage_gbv(result).axes[0].get_ylabel()
    assert plots.cash_by_kind(result).axes[0].get_ylabel().endswith(" a quarter")


def test_cash_bars_add_up_to_the_expected_cash(result):
    axes = plots.cash_by_kind(result).axes[0]
    size = {"CNY thousand": 1e3, "CNY million": 1e6}[axes.get_ylabel().removesuffix(" a quarter")]
    drawn = sum(stacked_heights(axes)) * size
    assert drawn == pytest.approx(result.flows.mean_by_kind.sum(), rel=1e-9)


def test_small_kinds_are_shown_together(result):
    labels = [t.get_text() for t in plots.cash_by_kind(result).axes[0].get_legend().get_texts()]
    assert "garnishment" not in labels and labels[-1] == "net" and "collateral" in labels


def test_figures_are_the_same_bytes_each_time(result, tmp_path):
    for name in ("one", "two"):
        save_each(plots.drawings(result), tmp_path / name, ("svg",))
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_names_without_glyphs_become_numbers_and_long_ones_lose_their_middle(monkeypatch):
    monkeypatch.setattr(style, "_can_draw", str.isascii)
    assert style.printable(["card", "信用卡"], "segment") == ["card", "segment 2"]
    assert style.printable(["x" * 20 + "y" * 20], "segment", 11) == ["xxxxx…yyyyy"]


def test_numbers_read_well():
    assert [plain_amount(x) for x in (0.0, 0.0766, 12.346, 123.46, -98765.4)] == [
        "0",
        "0.077",
        "12.35",
        "123.5",
        "-98,765",
    ]
    assert (plain_amount(float("nan")), percent(-0.00001), percent(0.1234)) == (
        "-",
        "0.0%",
        "12.3%",
    )
    unit = money_unit(-2.5e6, "EUR")
    assert (unit.size, unit.name) == (1e6, "EUR million")
    assert unit.column([2.5e6, -10.0, float("nan")]) == ["2.500", "0.000", "-"]
    assert money_unit(0.0).name == "package currency"


def test_importing_reports_is_light():
    code = (
        "import sys, npl_sim.reports.price.plots, npl_sim.reports.price.text, "
        "npl_sim.reports.price.tables;"
        "sys.exit(any(m in sys.modules for m in ('matplotlib', 'rich')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
