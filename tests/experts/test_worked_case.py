"""The worked case of docs/experts.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from npl_sim.dcf.value import expected_cash
from npl_sim.policy.triangular_points import triangular_ends
from tests.builders.studies import loan, study
from tests.experts.test_kernel import SMALL, estimate

PAGE = Path(__file__).parents[2] / "docs" / "experts.md"


def test_the_page_shows_the_figures_of_the_model(tmp_path):
    text = PAGE.read_text(encoding="utf-8").partition("## 7. Worked case")[2]
    low, high = triangular_ends(0.2, 0.35, 0.6)
    mean = (low + 0.35 + high) / 3.0
    row = estimate("L000000", (0.2, 0.35, 0.6), 12)
    session = study(tmp_path, [loan(0)], {}, experts=[row], **SMALL)
    value = expected_cash(session.study, session.table).value
    assert value == pytest.approx(1000.0 * mean / 1.1, rel=1e-4)
    p = (0.35 - low) / (high - low)
    figures = [f"{p:.4f}", f"{low:.4f}", f"{high:.4f}", f"{mean:.4f}", f"{1000 * mean / 1.1:.2f}",
               f"{0.7 * 1000 * mean / 1.1 + 0.3 * 250:.2f}"]  # fmt: skip
    shown = re.findall(r"\d+\.\d+", text)
    assert [figure for figure in figures if figure not in shown] == []
