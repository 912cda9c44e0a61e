"""Reports as plain text."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from npl_sim.reports.report import Report

__all__ = ["WIDTH", "report_text"]

WIDTH = 110
"""Width of a report as text. [characters]"""


def report_text(report: Report) -> str:
    """Return a report as plain text, without colors."""
    from rich.console import Console

    page = io.StringIO()
    Console(file=page, width=WIDTH, color_system=None).print(report, crop=False)
    return "\n".join(line.rstrip() for line in page.getvalue().splitlines()).strip("\n")
