"""Figures of the bid book: drawn in every case, and as long as the numbers say."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from npl_sim.reports.bid_book import figures, sensitivity_figures
from npl_sim.reports.bid_book.money import unit_of
from npl_sim.reports.bid_book.plots import FIGURES, drawings
from npl_sim.reports.figure_files import save_each
from tests.builders.bid_books import book
from tests.builders.figures import stacked_heights


def bars(drawing):
    """Return the bars of the first axes as (left, width), top to bottom."""
    return [(p.get_x(), p.get_width()) for p in drawing.axes[0].patches]


def test_every_figure_is_written_without_a_warning(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        paths = save_each(drawings(book("rich").book), tmp_path / "figures", dpi=40)
    assert [p.stem for p in paths] == list(FIGURES)
    assert all(p.read_bytes().startswith(b"\x89PNG") for p in paths)


@pytest.mark.parametrize("name", ["plain", "negative", "zone"])
def test_every_figure_can_be_drawn(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for draw in FIGURES.values():
            assert draw(book(name).book).axes


@pytest.mark.parametrize("name", ["rich", "negative"])
def test_the_price_steps_lead_from_one_price_to_the_other(name):
    b = book(name).book
    unit = unit_of(b)
    drawn = bars(figures.price_steps(b))
    assert drawn[0] == pytest.approx((0.0, b.deal.reservation.value / unit.size), rel=1e-6)
    assert drawn[-1] == pytest.approx((0.0, b.bid.price.value / unit.size), rel=1e-6)
    level = drawn[0][1]
    for left, width in drawn[1:-1]:
        assert left == pytest.approx(level, rel=1e-9, abs=1e-12)
        level = left + width
    assert level == pytest.approx(drawn[-1][1], rel=1e-6)


def test_the_tornado_is_as_wide_as_the_changes():
    b = book("rich").book
    widths = sorted(width for _, width in bars(sensitivity_figures.tornado(b)))
    moved = b.tornado[
        b.tornado.groupby("lever")["change"].transform("any")
    ]  # what has no effect has no bar
    assert len(moved) and widths == pytest.approx(sorted(moved["change"] / unit_of(b).size))


def test_the_buyers_bars_sum_to_its_own_cash():
    b = book("rich").book
    axes = figures.buyer_cash(b).axes[0]
    drawn = sum(stacked_heights(axes)) * unit_of(b).size
    assert drawn == pytest.approx(float(b.bid.ledger.own_mean.sum()), rel=1e-9)


def test_shares_of_segments_and_factors_make_the_whole():
    b = book("rich").book
    width = np.array([w for _, w in bars(sensitivity_figures.segments(b))]).reshape(4, -1)
    assert width.sum(axis=1) == pytest.approx(100.0)
    width = np.array([w for _, w in bars(sensitivity_figures.factors(b))]).reshape(2, -1)
    assert width.sum(axis=1) == pytest.approx(100.0)


def test_the_heat_map_shows_the_grid_and_frames_the_study():
    b = book("rich").book
    axes = sensitivity_figures.heat_map(b).axes[0]
    shown = axes.images[0].get_array()
    assert np.asarray(shown) == pytest.approx(b.grid.price / unit_of(b).size)
    frame = axes.patches[0]
    row = int(frame.get_y() + 0.5)
    assert b.grid.returns[row] == b.result.pricing.required_return
    assert b.grid.price[row, int(frame.get_x() + 0.5)] == pytest.approx(
        b.result.mean.value, rel=1e-9
    )
