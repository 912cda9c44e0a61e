"""Figure of stages.md on the insolvency of debtors."""

from __future__ import annotations

from pathlib import Path

from stage_studies import LOANS, panel, run, share

from npl_sim.reports import style
from npl_sim.reports.figure_files import save

ENFORCED = {
    "litigation": {"after_months": 6, "lawsuit": {"duration": 6}},
    "enforcement": {"application_delay": 1},
}
"""Policy that sues and enforces; the collateral is sold two years after the application."""
ESTATE = {
    "duration": {"kind": "lognormal", "mean": 20, "sd": 10},
    "no_distribution_probability": 0.44,
    "no_distribution_duration": 12,
    "collateral_time_share": 0.7,
    "estate_sale_discount": 0.4,
    "collateral_cost": 0.08,
    "free_assets": {"kind": "beta", "mean": 0.1, "sd": 0.1},
    "other_claims": 3,
    "other_secured_share": 0.4,
    "employee_share": 0.05,
    "tax_share": 0.08,
}
"""Proceedings as in the shipped study."""


def insolvency(folder: Path, scenarios: int) -> None:
    """Receipts of secured claims by hazard of insolvency."""
    drawing, ax = panel(
        "Receipts of secured claims, by hazard of insolvency", "months", "% of GBV"
    )
    items = [
        {"loan_id": f"L{i:04d}", "kind": "shop", "appraisal_value": 800} for i in range(LOANS)
    ]
    terms = {"seizure_duration": 24, "forced_sale_discount": 0.25, "rounds": [{"reserve": 0.5}]}
    for hazard, color in ((0.0, style.BLUE), (0.1, style.GREEN), (0.3, style.VERMILLION)):
        flows = run(
            {**ENFORCED, "insolvency": {**ESTATE, "hazard": hazard}},
            scenarios,
            items=items,
            collateral={"default": terms},
        )
        label = f"{100 * hazard:.0f}% a year" if hazard else "solvent debtors"
        ax.plot(share(flows, "collateral", "insolvency"), color=color, label=label)
    ax.set_ylim(0)
    style.legend_below(ax, 3)
    save(drawing, folder / "insolvency.png")
