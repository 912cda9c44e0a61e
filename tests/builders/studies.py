"""Small studies written as a user writes them: a CSV tape, a YAML file, the public way in."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from npl_sim.runs.case import load_study

VALUATION = "2026-06-30"


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Write rows that may have different keys."""
    names = list(dict.fromkeys(k for row in rows for k in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def loan(i: int = 0, **columns: Any) -> dict[str, Any]:
    """Return a row of a tape: a claim of 1,000 that bears no interest."""
    return {
        "loan_id": f"L{i:06d}",
        "product": "consumer",
        "region": "east",
        "principal": 1000,
        "age_months": 6,
        "contract_rate": 0,
        "stage": "collection",
        **columns,
    }


def study(
    folder: Path,
    loans: Sequence[Mapping[str, Any]],
    policy: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    items: Sequence[Mapping[str, Any]] = (),
    backers: Sequence[Mapping[str, Any]] = (),
    **sections: Any,
) -> Any:
    """Write a study and its tape into `folder` and load it."""
    folder.mkdir(parents=True, exist_ok=True)
    tape: dict[str, Any] = {"loans": write_csv(folder / "loans.csv", loans).name}
    if items:
        tape["collateral"] = write_csv(folder / "collateral.csv", items).name
    if backers:
        tape["guarantors"] = write_csv(folder / "guarantors.csv", backers).name
    policies = [policy] if isinstance(policy, Mapping) else list(policy)
    content: dict[str, Any] = {
        "name": "small",
        "valuation_date": VALUATION,
        "currency": "CNY",
        # The balances are of the valuation date: dates of loans may lie years before it.
        "tape": {
            **tape,
            "cut_off_date": sections.get("valuation_date", VALUATION),
            # Stages without a date begin today, and what is dormant stays so.
            "confirmed": ["stage_date", "dormant", "prior_liens"],
            **sections.pop("tape", {}),
        },
        "policies": [{"name": f"policy {i}", **p} for i, p in enumerate(policies)],
        **sections,
    }
    text = io.StringIO()
    YAML().dump(content, text)
    path = folder / "study.yaml"
    path.write_text(text.getvalue(), encoding="utf-8")
    return load_study(path)


def save_priced(package, folder, *, overwrite=False, figures=False):
    """Simulate and price a study, and write its run folder."""
    from npl_sim.runs.folder import SaveOptions
    from npl_sim.runs.place import RunPlace
    from npl_sim.runs.price import price, save_price
    from npl_sim.runs.simulation import simulate

    result = price(simulate(package, on_disk=True))
    return save_price(result, RunPlace(folder, overwrite), SaveOptions(figures, cash=False))
