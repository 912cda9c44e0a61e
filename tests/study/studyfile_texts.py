"""Terms and helpers that test_studyfile.py, test_study_sections.py, test_study_schema.py share."""

from __future__ import annotations

import pytest

from npl_sim.core.errors import StudyError
from npl_sim.study.loader import load_study

GOOD = """\
name: a
valuation_date: 2026-06-30
tape: {loans: tape.csv}
policies:
  - name: p
    collection:
      settle_hazard: 0.02
"""


def write(folder, text, name="study.yaml"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def messages(folder, text, **overrides):
    with pytest.raises(StudyError) as caught:
        load_study(write(folder, text), overrides)
    return caught.value.errors
