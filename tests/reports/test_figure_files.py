"""A figure is drawn once for a bitmap, with the pixels of matplotlib's own two passes."""

from __future__ import annotations

import io

import numpy as np

from npl_sim.reports.figure_files import save
from npl_sim.reports.style import look


def drawn():
    from matplotlib.figure import Figure

    with look(fonts=True):
        figure = Figure(figsize=(6.0, 4.0), layout="constrained")
        left, right = figure.subplots(1, 2)
        left.plot(np.arange(20.0), np.arange(20.0) ** 2, label="a line with a long name")
        left.set_title("Left, with a title")
        left.legend()
        image = right.imshow(np.arange(12.0).reshape(3, 4))
        figure.colorbar(image, ax=right, label="1,000 CNY")
        right.set_xlabel("month after the valuation date")
    return figure


def pixels(source):
    from matplotlib.image import imread

    return imread(source)


def test_pixels_are_those_of_two_passes(tmp_path):
    save(drawn(), tmp_path / "once.png", 120)
    expected = io.BytesIO()
    with look():
        drawn().savefig(expected, dpi=120, format="png")
    expected.seek(0)
    assert np.array_equal(pixels(tmp_path / "once.png"), pixels(expected))


def test_it_is_drawn_once_and_stays_as_it_was(tmp_path, monkeypatch):
    figure, seen = drawn(), []
    axes, usual = figure.axes[0], (figure.dpi, figure.canvas, figure.get_layout_engine())
    draw = type(axes).draw
    monkeypatch.setattr(type(axes), "draw", lambda self, r: (seen.append(self), draw(self, r)))
    save(figure, tmp_path / "once.png")
    assert seen.count(axes) == 1
    assert (figure.dpi, figure.canvas, figure.get_layout_engine()) == usual


def test_a_figure_without_a_layout_is_saved(tmp_path):
    from matplotlib.figure import Figure

    figure = Figure()
    figure.subplots().plot([0.0, 1.0])
    save(figure, tmp_path / "plain.png")
    assert (tmp_path / "plain.png").stat().st_size > 1000
