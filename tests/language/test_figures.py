"""Chinese in figures: the font that ships draws it, and a missing glyph is an error."""

from __future__ import annotations

import io

import pytest
from matplotlib.figure import Figure

from npl_sim.reports import style
from npl_sim.resources.languages import catalog


def drawn(text: str) -> None:
    with style.look(fonts=True):
        figure = Figure(figsize=(2, 1))
        figure.text(0.1, 0.5, text, fontweight="bold")
        figure.savefig(io.BytesIO(), format="png")


def test_every_translation_can_be_drawn(monkeypatch):
    """No font of the system is needed: only the usual one and the one that ships."""
    usual, *chinese = style._families()
    assert "Noto Sans CJK SC" in chinese
    monkeypatch.setattr(style, "_families", lambda: [usual, "Noto Sans CJK SC"])
    letters = sorted({c for text in catalog("zh").texts.values() for c in text if not c.isspace()})
    for begin in range(0, len(letters), 200):
        drawn("".join(letters[begin : begin + 200]).replace("$", ""))


def test_a_missing_glyph_fails():
    """The check can fail: warnings are errors in the tests, and so is a glyph that is missing."""
    with pytest.raises(UserWarning, match=r"Glyph .* missing"):
        drawn("\U0001fae0")
