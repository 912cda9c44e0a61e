"""Draw the figures of stages.md from small studies.

Call it by ``python docs/make_stages.py [FOLDER] [SCENARIOS]``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from court_figures import auction, litigation, preservation, priority
from insolvency_figures import insolvency
from stage_studies import LOANS, panel, run, share, value

from npl_sim.core.layout import Stage
from npl_sim.reports import style
from npl_sim.reports.figure_files import save


def collection(folder: Path, scenarios: int) -> None:
    """Unsettled share by age at the start, with the discount that age brings."""
    drawing, ax = panel(
        "Claims not yet settled or cured, by age at the start", "months", "% of GBV"
    )
    channel = {
        "method": "call",
        "contacts_per_month": 6,
        "settle_per_contact": 0.01,
        "half_life": 18,
    }
    for age, color in ((3, style.BLUE), (12, style.GREEN), (36, style.VERMILLION)):
        flows = run(
            {"collection": {"contact_methods": [channel]}},
            scenarios,
            [{"age_months": age}] * LOANS,
        )
        left = 100 * flows.stage_gbv[Stage.COLLECTION] / flows.gbv
        ax.plot(left, color=color, label=f"{age} months since default")
    ax.set_ylim(0, 100)
    style.legend_below(ax, 3)
    save(drawing, folder / "collection.png")


def promises(folder: Path, scenarios: int) -> None:
    """Settlements by share of promises kept."""
    drawing, ax = panel(
        "Settlements received, by share of promises kept (due after 2 months)",
        "months",
        "% of GBV",
    )
    for kept, color in ((1.0, style.BLUE), (0.6, style.GREEN), (0.3, style.VERMILLION)):
        flows = run(
            {
                "collection": {
                    "months": 36,
                    "settle_hazard": 0.05,
                    "promise": {"months": 2, "kept_probability": kept},
                }
            },
            scenarios,
        )
        ax.plot(share(flows, "settlement"), color=color, label=f"{100 * kept:.0f}% kept")
    style.legend_below(ax, 3)
    save(drawing, folder / "promises.png")


def outsourced(folder: Path, scenarios: int) -> None:
    """What agencies collect and cost in three placements."""
    drawing, ax = panel(
        "Three placements: collected, and left after commission", "months", "% of GBV"
    )

    def agency(name: str, start: int, rate: Any, calls: float) -> dict[str, Any]:
        channel = {
            "method": "call",
            "contacts_per_month": calls,
            "pay_per_contact": 0.0006,
            "half_life": 24,
        }
        return {
            "name": name,
            "from_month": start,
            "months": 12,
            "commission": rate,
            "contact_methods": [channel],
        }

    bands = {"from_age": [0, 24], "shares": [0.35, 0.45]}
    agencies = [agency("A", 0, 0.25, 20), agency("B", 12, bands, 20), agency("C", 24, 0.5, 20)]
    flows = run({"collection": {"agencies": agencies}}, scenarios, months=48)
    ax.plot(share(flows, "voluntary"), color=style.BLUE, label="collected")
    ax.plot(
        share(flows, "voluntary", "commission"),
        color=style.GREEN,
        label="after commission of 25%, 35-45%, 50%",
    )
    for month in (12, 24, 36):
        ax.axvline(month, color=style.PALE, linewidth=1, zorder=0)
    style.legend_below(ax, 2)
    save(drawing, folder / "outsourced.png")


def limitation(folder: Path, scenarios: int) -> None:
    """Share won of claims sued in month 40, by how often debtors are reached."""
    drawing, ax = panel(
        "Claims still enforceable when sued in month 40",
        "events that reach the debtor, a year",
        "% of claims",
    )
    rates = np.array([0.0, 0.02, 0.05, 0.1, 0.2, 0.4])
    policy = {
        "litigation": {
            "after_months": 40,
            "file_before_expiry": False,
            "lawsuit": {"duration": 1},
        },
        "enforcement": {"performance_probability": 1.0},
    }
    for months, color in ((24, style.VERMILLION), (36, style.BLUE)):
        legal = {"limitation": [{"months": months, "source": "figure"}]}
        won = [
            share(
                run({**policy, "collection": {"reach_hazard": float(r)}}, scenarios, legal=legal),
                "performance",
            )[-1]
            for r in rates
        ]
        ax.plot(12 * rates, won, color=color, marker="o", label=f"period of {months} months")
    ax.set_ylim(0, 100)
    style.legend_below(ax, 2)
    save(drawing, folder / "limitation.png")


def restructuring(folder: Path, scenarios: int) -> None:
    """Installments by redefault hazard and number of plans."""
    drawing, ax = panel("Installments received on plans of 36 months", "months", "% of GBV")
    cases = ((0.0, 1, style.BLUE), (0.03, 1, style.VERMILLION), (0.03, 2, style.GREEN))
    for hazard, plans, color in cases:
        offer = {
            "offer_month": 1,
            "acceptance_probability": 1.0,
            "haircut": 0.1,
            "term": 36,
            "redefault_hazard": hazard,
            "maximum_plans": plans,
        }
        flows = run({"restructuring": offer}, scenarios)
        name = (
            "no redefault"
            if hazard == 0
            else f"3% redefault a month, {plans} plan{'s' if plans > 1 else ''}"
        )
        ax.plot(share(flows, "installment"), color=color, label=name)
    style.legend_below(ax, 3)
    save(drawing, folder / "restructuring.png")


def sale(folder: Path, scenarios: int) -> None:
    """Package value by month of sale and the buyer's return."""
    drawing, ax = panel(
        "Value to a seller who requires 10%, by month of sale",
        "month of sale",
        "present value, % of GBV",
    )
    work = {
        "collection": {"months": 12, "settle_hazard": 0.01},
        "litigation": {
            "after_months": 12,
            "lawsuit": {"duration": {"kind": "lognormal", "mean": 10, "sd": 4}},
        },
        "enforcement": {"performance_probability": 0.5, "performance_delay": 3},
    }
    months = [3, 6, 12, 18, 24, 36]
    for rate, color in ((0.10, style.BLUE), (0.15, style.GREEN), (0.25, style.VERMILLION)):
        prices = [
            value(run({**work, "sale": {"month": m, "buyer_return": rate}}, scenarios))[0]
            for m in months
        ]
        ax.plot(months, prices, color=color, marker="o", label=f"buyer wants {100 * rate:.0f}%")
    ax.axhline(
        value(run(work, scenarios))[0], color=style.GRAY, linewidth=1, linestyle="--", label="kept"
    )
    style.legend_below(ax, 4)
    save(drawing, folder / "sale.png")


def correlation(folder: Path, scenarios: int) -> None:
    """Spread of a package by correlation within groups of ten borrowers."""
    drawing, ax = panel(
        "What 200 borrowers in groups of ten pay",
        "correlation within a group",
        "received, % of GBV",
    )
    rhos = [0.0, 0.2, 0.4, 0.6, 0.8]
    loans = [{"group_id": f"g{i // 10}"} for i in range(LOANS)]
    policy = {"collection": {"payment_rate": 0.02, "payer_share": 0.4, "months": 24}}
    spread = []
    for rho in rhos:
        flows = run(
            policy, max(scenarios, 200), loans, months=24, market={"group_correlation": rho}
        )
        paid = (
            100
            * flows.amounts[:, :, list(flows.kinds).index("voluntary")].sum(axis=(1, 2))
            / flows.gbv
        )
        spread.append(np.quantile(paid, [0.05, 0.5, 0.95]))
    for column, name, color in (
        (2, "95% quantile", style.SKY),
        (1, "median", style.BLUE),
        (0, "5% quantile", style.VERMILLION),
    ):
        ax.plot(rhos, [q[column] for q in spread], color=color, marker="o", label=name)
    style.legend_below(ax, 3)
    save(drawing, folder / "correlation.png")


FIGURES: tuple[Callable[[Path, int], None], ...] = (
    collection,
    promises,
    outsourced,
    limitation,
    litigation,
    preservation,
    auction,
    priority,
    restructuring,
    insolvency,
    sale,
    correlation,
)


def main(folder: Path, scenarios: int) -> None:
    """Draw all figures."""
    folder.mkdir(parents=True, exist_ok=True)
    for draw in FIGURES:
        draw(folder, scenarios)


if __name__ == "__main__":
    main(
        Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "stages",
        int(sys.argv[2]) if len(sys.argv) > 2 else 400,
    )
