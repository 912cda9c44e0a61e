"""Marks of a chart: text, lines, bars, areas; and the colors that each stands for."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from npl_sim.reports.bid_book.pages.page import Html

INK, TEXT, SOFT = "#1b1d1f", "#2f3336", "#5f656a"
RULE, HAIRLINE = "#b9bec2", "#e3e6e8"
ACCENT, MIDDLE, LIGHT, PALE = "#0b5f73", "#6fa6b3", "#bfd9df", "#e6f0f3"
DARK_GRAY, GRAY, LIGHT_GRAY, PALE_GRAY = "#4a4f54", "#868c91", "#b4b9bd", "#d9dcdf"

Point = tuple[float, float]


def text(x: float, y: float, value: str, kind: str = "", anchor: str = "start") -> str:
    """Return a text; `kind` is a class: m (gray), b (bold), a (accent), w (white), s (small)."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">'
        f"{html.escape(value)}</text>"
    )


def line(
    x1: float, y1: float, x2: float, y2: float, color: str = HAIRLINE, width: float = 1.0
) -> str:
    """Return a straight line."""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'stroke="{color}" stroke-width="{width:g}"/>'
    )


def bar(x: float, y: float, width: float, height: float, fill: str) -> str:
    """Return a rectangle; a negative size counts as none."""
    return (
        f'<rect x="{x:.2f}" y="{y:.2f}" width="{max(width, 0.0):.2f}" '
        f'height="{max(height, 0.0):.2f}" fill="{fill}"/>'
    )


def area(points: Iterable[Point], fill: str) -> str:
    """Return a filled area."""
    return f'<polygon points="{_points(points)}" fill="{fill}"/>'


def path(points: Iterable[Point], color: str, width: float = 2.0, dash: str = "") -> str:
    """Return a line through points."""
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<polyline points="{_points(points)}" fill="none" stroke="{color}" '
        f'stroke-width="{width:g}" stroke-linejoin="round"{dashes}/>'
    )


def dot(x: float, y: float, radius: float = 4.0, fill: str = ACCENT, ring: str = "") -> str:
    """Return a dot, with a ring if a color is given."""
    edge = f' stroke="{ring}" stroke-width="2"' if ring else ""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{fill}"{edge}/>'


def whisker(x: float, low: float, high: float, color: str = DARK_GRAY) -> str:
    """Return a vertical whisker with caps."""
    parts = [line(x, low, x, high, color, 1.1)]
    parts += [line(x - 3.0, y, x + 3.0, y, color, 1.1) for y in (low, high)]
    return "".join(parts)


def chart(width: float, height: float, label: str, parts: Sequence[str]) -> Html:
    """Return a chart; `label` says its finding to who cannot see it."""
    return Html(
        f'<svg width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}" '
        f'role="img" aria-label="{html.escape(label)}">{"".join(parts)}</svg>'
    )


def _points(points: Iterable[Point]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
