"""The page on the stages shows figures that its script draws."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import matplotlib.image
import numpy as np

DOCS = Path(__file__).parents[1] / "docs"


def test_every_figure_of_the_page_is_drawn(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(DOCS)
    script = runpy.run_path(str(DOCS / "make_stages.py"))
    script["main"](tmp_path, 16)
    shown = set(
        re.findall(r"\(stages/(\w+\.png)\)", (DOCS / "stages.md").read_text(encoding="utf-8"))
    )
    drawn = {p.name for p in tmp_path.iterdir()}
    assert shown == drawn == {p.name for p in (DOCS / "stages").iterdir()}
    for path in tmp_path.iterdir():
        pixels = matplotlib.image.imread(path)[:, :, :3]
        assert np.ptp(pixels) > 0.5, f"{path.name} is blank"
