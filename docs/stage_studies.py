"""Small studies of one policy, and measures of their cash, for the figures of stages.md."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from ruamel.yaml import YAML

from npl_sim.engine.simulate import simulate
from npl_sim.reports import style
from npl_sim.runs.study_session import load_study
from npl_sim.tape.table import LoanTable

LOANS = 200
TABLES: dict[str, LoanTable] = {}
"""Tapes that were read, by their content; many points of a figure share one."""


def run(
    policy: Mapping[str, Any],
    scenarios: int,
    loans: Sequence[Mapping[str, Any]] | None = None,
    items: Sequence[Mapping[str, Any]] = (),
    months: int = 60,
    **sections: Any,
) -> Any:
    """Simulate a study of one policy over claims of 1,000, one year old, that bear no interest."""
    rows = [
        {
            "loan_id": f"L{i:04d}",
            "stage": "collection",
            "product": "loan",
            "principal": 1000,
            "age_months": 12,
            "contract_rate": 0,
            **more,
        }
        for i, more in enumerate(loans if loans is not None else [{}] * LOANS)
    ]
    with tempfile.TemporaryDirectory() as folder:
        tape = {"loans": "loans.csv"}
        for name, table in (("loans", rows), ("collateral", list(items))):
            if table:
                with (Path(folder) / f"{name}.csv").open(
                    "w", newline="", encoding="utf-8"
                ) as file:
                    writer = csv.DictWriter(file, list(table[0]))
                    writer.writeheader()
                    writer.writerows(table)
                tape[name] = f"{name}.csv"
        terms = {
            "name": "figure",
            "valuation_date": "2026-06-30",
            "tape": tape,
            "policies": [{"name": "one", **policy}],
            "simulation": {"scenarios": scenarios, "horizon_months": months, "seed": 1},
            "pricing": {"required_return": 0.1},
            **sections,
        }
        text = io.StringIO()
        YAML().dump(terms, text)
        path = Path(folder) / "study.yaml"
        path.write_text(text.getvalue(), encoding="utf-8")
        study = load_study(path)
        content = repr((rows, items))
        if content not in TABLES:
            TABLES[content] = study.table
        return simulate(study.study, TABLES[content])


def share(flows: Any, *kinds: str) -> np.ndarray:
    """Return the expected running sum of some kinds of cash as a percentage of GBV, by month."""
    total = sum(flows.mean_by_kind[:, list(flows.kinds).index(k)].sum(axis=1) for k in kinds)
    return np.asarray(100 * np.cumsum(total) / flows.gbv)


def value(flows: Any) -> tuple[float, float]:
    """Return mean and standard error of the present value as percentages of GBV."""
    pv = flows.net @ (1.1 ** (-np.arange(flows.months + 1) / 12))
    return 100 * float(pv.mean()) / flows.gbv, 100 * float(pv.std(ddof=1)) / len(
        pv
    ) ** 0.5 / flows.gbv


def panel(title: str, x: str, y: str) -> Any:
    """Return a drawing and its axes."""
    with matplotlib.rc_context(style.SETTINGS):
        drawing = Figure(figsize=(7.6, 4.4), layout="constrained")
        ax = drawing.add_subplot()
        ax.set_title(title, loc="left")
        ax.set_xlabel(x)
        ax.set_ylabel(y)
    return drawing, ax
