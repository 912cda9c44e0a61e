"""Measure the effect of each rule of insolvency on the shipped package, for insolvency.md.

Call it by ``python docs/make_insolvency.py [SCENARIOS]``. All rows use the same random numbers.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from npl_sim.runs.study_session import load_study

DOCS = Path(__file__).parent
SHIPPED = DOCS.parent / "configs/studies/first_package.yaml"
BEGIN, END = "<!-- effects: python docs/make_insolvency.py -->", "<!-- end of effects -->"
FIRMS = "policies.2.insolvency"
CORRELATED = ("cooperation_loading", "group_correlation", "region_correlation")
ROWS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("as shipped", {}),
    ("without insolvency", {FIRMS: None}),
    ("hazard twice as high", {f"{FIRMS}.hazard": 0.08}),
    ("hazard half as high", {f"{FIRMS}.hazard": 0.02}),
    ("no common driver", {f"{FIRMS}.{name}": 0.0 for name in CORRELATED}),
    ("no reorganization", {f"{FIRMS}.reorganization_probability": 0.0}),
    ("half reorganizations", {f"{FIRMS}.reorganization_probability": 0.5}),
    ("every liquidation distributes", {f"{FIRMS}.no_distribution_probability": 0.0}),
    ("no free assets", {f"{FIRMS}.no_distribution_probability": 1.0}),
    ("collateral sold with the distribution", {f"{FIRMS}.collateral_time_share": 1.0}),
    ("estate sells at market value", {f"{FIRMS}.estate_sale_discount": 0.0}),
    ("items without bidders at a quarter of their value", {f"{FIRMS}.no_bidder_discount": 0.75}),
    ("items without bidders as the others", {f"{FIRMS}.no_bidder_discount": 0.3}),
    ("administrator's full ladder on collateral", {"legal.administrator_collateral_factor": 1.0}),
)
"""What is changed in each row of the table."""


def measure(changes: dict[str, Any], scenarios: int) -> tuple[float, float]:
    """Return the price and the 1 % quantile of the package's present value."""
    result = load_study(SHIPPED, {"simulation.scenarios": scenarios, **changes}).price()
    return result.mean.value, result.sample.quantile(result.pv, 0.01).value


def table(scenarios: int) -> list[str]:
    """Return the table in Markdown."""
    lines = [
        f"{scenarios:,} scenarios of `configs/studies/first_package.yaml`, in millions.",
        "",
        "| change | price | effect | 1 % quantile | effect |",
        "| --- | --- | --- | --- | --- |",
    ]
    first = None
    for name, changes in ROWS:
        found = measure(changes, scenarios)
        first = first or found
        cells = []
        for x, base in zip(found, first, strict=True):
            effect = "" if found is first else f"{100 * (x / base - 1):+.1f} %"
            cells.append(f"{x / 1e6:.2f} | {effect}")
        lines.append(f"| {name} | {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    return lines


def main(scenarios: int) -> None:
    """Write the table into the page."""
    page = DOCS / "insolvency.md"
    text = page.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    tail = rest.split(END)[1]
    body = "\n".join(table(scenarios))
    page.write_text(f"{head}{BEGIN}\n{body}\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
