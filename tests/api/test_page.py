"""docs/api.md is current and lists every public name."""

from __future__ import annotations

import runpy
from pathlib import Path

import npl_sim

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_current():
    script = runpy.run_path(str(DOCS / "make_api.py"))
    assert (DOCS / "api.md").read_text(encoding="utf-8") == script["page"](), (
        "run: python docs/make_api.py"
    )


def test_every_public_name_is_listed():
    text = (DOCS / "api.md").read_text(encoding="utf-8")
    missing = [
        name
        for name in npl_sim.__all__
        if f"`{name}`" not in text and f"`{name}." not in text and name != "__version__"
    ]
    assert not missing
