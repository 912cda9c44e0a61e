"""The Python example of the README runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import npl_sim

ROOT = Path(__file__).parents[1]


def test_the_python_example_runs(monkeypatch, capsys):
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    load = npl_sim.load_study
    monkeypatch.chdir(ROOT)
    # The same with fewer scenarios.
    monkeypatch.setattr(npl_sim, "load_study", lambda path: load(path, {"simulation.scenarios": 40}))
    exec(compile(code, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "PriceDistribution" in printed and "NPL00000001" in printed
