"""What is drawn on axes."""

from __future__ import annotations

from matplotlib.collections import PolyCollection


def stacked_heights(axes):
    """Return the heights of all stacked bars, negative for those below 0."""
    bars = [c for c in axes.collections if isinstance(c, PolyCollection)]
    corners = [path.vertices for c in bars for path in c.get_paths()]
    return [y[2] - y[1] for y in (each[:, 1] for each in corners)]
