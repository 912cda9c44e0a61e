"""Write the tables and the figure of auctions.md.

Call it by ``python docs/make_auctions.py [FOLDER]``. The page holds the text. The script writes
what stands between its marks.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from stage_studies import panel

from npl_sim.calibration.auction_counts import auction_settings, expected_measures
from npl_sim.calibration.auctions import auction_outcomes
from npl_sim.reports import style
from npl_sim.reports.figure_files import save
from npl_sim.resources.shipped import ROOT as RESOURCES
from npl_sim.runs.study_session import load_study

DOCS = Path(__file__).parent
LOANS, SCENARIOS = 150, 256
"""Size of the comparison with higher appraisals."""
LISTED = {"whole country": 0.126, "Zhejiang": 0.359, "Shanghai": 0.386}
"""Homes sold per listing, January 2024 (chinascope)."""


def counts() -> Iterator[str]:
    """Yield the table of published counts, a row for each."""
    yield "| terms | target | kind | place | year | published | expected | tolerance | source |"
    yield "| --- | --- | --- | --- | --- | ---: | ---: | ---: | --- |"
    for setting in auction_settings():
        expected = expected_measures(setting)
        for count in setting.counts:
            name = count.measure.replace("_", " ") + ("" if count.fitted else " (not fitted)")
            yield (
                f"| `{setting.id}` | {name} | {setting.kind} | {setting.place} | {count.year} "
                f"| {count.value:g} | {expected[count.measure]:.3g} | {count.tolerance:g} "
                f"| {count.source} |"
            )


def values_by_path(factor: float) -> tuple[np.ndarray, float]:
    """Return present values (scenarios, loans), and the GBV, with appraisals times a factor."""
    tapes = RESOURCES / "examples" / "studies"
    loans = pd.read_csv(tapes / "first_package.csv", dtype=str)
    items = pd.read_csv(tapes / "first_package_collateral.csv", dtype=str)
    loans = loans[loans["loan_id"].isin(items["loan_id"])].head(LOANS)
    loans["segment"] = loans["loan_id"]
    items = items[items["loan_id"].isin(loans["loan_id"])]
    items["appraisal_value"] = items["appraisal_value"].astype(float) * factor
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("loans.csv", "collateral.csv")]
        for path, table in zip(paths, (loans, items), strict=True):
            table.to_csv(path, index=False)
        changes = {
            "tape.loans": str(paths[0]),
            "tape.collateral": str(paths[1]),
            "tape.guarantors": None,
            "simulation.scenarios": SCENARIOS,
            "simulation.detail": "totals",
            "simulation.group_by": "segment",
            "prudence.margins": [],
        }
        cash = load_study(
            DOCS.parent / "configs" / "studies" / "first_package.yaml", changes
        ).simulate()
    discount = 1.12 ** (-np.arange(cash.months + 1) / 12.0)
    return np.einsum("smkg,m->sg", cash.amounts, discount), cash.gbv / LOANS


def rises() -> Iterator[str]:
    """Yield the table of what higher appraisals do to loans and paths."""
    yield (
        "| appraisals | value | loans whose mean falls | paths that fall | their fall "
        "| worst fall |"
    )
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    base, gbv = values_by_path(1.0)
    for factor in (1.1, 1.5):
        change = values_by_path(factor)[0] - base
        falls = np.minimum(change, 0.0) * (change < -1e-6 * gbv)
        yield (
            f"| {100 * (factor - 1):+.0f} % | {100 * change.sum() / base.sum():+.1f} % "
            f"| {int((change.mean(axis=0) < 0.0).sum())} of {LOANS} "
            f"| {100 * (falls < 0.0).mean():.2f} % | {100 * falls.sum() / base.sum():.3f} % "
            f"of the value | {100 * falls.min() / gbv:.0f} % of an average claim |"
        )


def figure(folder: Path) -> None:
    """Draw sales per auction by the share of items that find no bidder, and by place."""
    drawing, ax = panel(
        "Homes sold per auction, by lasting quality",
        "items that never find a bidder, %",
        "sold per auction, %",
    )
    homes = auction_settings()[0].terms
    shares = np.linspace(0.0, 1.0, 41)
    rate = [
        auction_outcomes(homes.model_copy(update={"no_bidder_probability": float(s)}))
        for s in shares
    ]
    sold = np.array([found.sold_per_auction for found in rate])
    ax.plot(100 * shares, 100 * sold, color=style.BLUE)
    for name, published in LISTED.items():
        at = float(np.interp(-published, -sold, shares))
        ax.plot(100 * at, 100 * published, "o", color=style.VERMILLION)
        ax.annotate(name, (100 * at, 100 * published), xytext=(6, 6), textcoords="offset points")
    save(drawing, folder / "quality.png")


def page() -> str:
    """Return the page with its tables computed anew."""
    text = (DOCS / "auctions.md").read_text(encoding="utf-8")
    for name, table in (("counts", counts), ("rises", rises)):
        lines = "\n".join(table())
        pattern = rf"(<!-- {name} -->\n).*?(\n<!-- end -->)"
        text = re.sub(pattern, lambda m, t=lines: m[1] + t + m[2], text, flags=re.DOTALL)
    return text


def main(folder: Path) -> None:
    """Write page and figure."""
    folder.mkdir(parents=True, exist_ok=True)
    figure(folder)
    (DOCS / "auctions.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS / "auctions")
