"""Figures of stages.md on litigation, preservation and auction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from stage_studies import LOANS, panel, run, share

from npl_sim.reports import style
from npl_sim.reports.figure_files import save


def litigation(folder: Path, scenarios: int) -> None:
    """Time to a title by route, as cash from debtors who perform at once."""
    drawing, ax = panel("Cash from performed titles, by route", "months from filing", "% of GBV")
    length = {"kind": "lognormal", "mean": 8, "sd": 4}
    suit = {
        "duration": length,
        "win_probability": 0.95,
        "appeal_probability": 0.2,
        "appeal_duration": 4,
        "reversal_probability": 0.1,
    }
    routes: dict[str, dict[str, Any]] = {
        "payment order, 30% object": {
            "route": "payment_order",
            "payment_order": {
                "duration": {"kind": "lognormal", "mean": 1.5, "sd": 0.5},
                "objection_probability": 0.3,
            },
        },
        "lawsuit, half in absence": {
            "lawsuit": {
                **suit,
                "default_judgment_probability": 0.5,
                "default_judgment_duration": 4,
            }
        },
        "lawsuit": {},
    }
    for (name, terms), color in zip(
        routes.items(), (style.GREEN, style.SKY, style.BLUE), strict=True
    ):
        flows = run(
            {
                "litigation": {"lawsuit": suit, **terms},
                "enforcement": {"performance_probability": 1.0},
            },
            scenarios,
            months=36,
        )
        ax.plot(share(flows, "performance"), color=color, label=name)
    style.legend_below(ax, 3)
    save(drawing, folder / "litigation.png")


def preservation(folder: Path, scenarios: int) -> None:
    """Value with and without preservation by the pace of dissipation, with paired errors."""
    drawing, ax = panel("Value that preservation adds", "assets vanish, share a year", "% of GBV")
    pace = np.array([0.0, 0.2, 0.5, 1.0, 2.0])
    for rivals, color in ((0.0, style.BLUE), (1.0, style.VERMILLION)):
        means, errors = [], []
        for d in pace:
            asset = {
                "name": "deposits",
                "ownership_probability": 0.5,
                "discovery_probability": 0.5,
                "freeze_probability": 0.6,
                "coverage": 0.4,
                "dissipation_rate": float(d),
                "competing_seizure_rate": rivals,
                "waitlisted_share": 0.2,
            }
            pair = []
            for freeze in ({"security": 0.3, "premium": 0.005}, None):
                suit = {"lawsuit": {"duration": 12}, "preservation": freeze}
                flows = run({"litigation": suit, "enforcement": {"assets": [asset]}}, scenarios)
                pair.append(flows.net @ (1.1 ** (-np.arange(61) / 12)))
            gap = 100 * (pair[0] - pair[1]) / flows.gbv
            means.append(gap.mean())
            errors.append(1.96 * gap.std(ddof=1) / len(gap) ** 0.5)
        name = "no other creditors" if rivals == 0 else "another creditor seizes once a year"
        ax.errorbar(pace, means, errors, color=color, marker="o", capsize=3, label=name)
    ax.axhline(0, color=style.GRAY, linewidth=0.8)
    style.legend_below(ax, 2)
    save(drawing, folder / "preservation.png")


def auction(folder: Path, scenarios: int) -> None:
    """Proceeds by round."""
    drawing, ax = panel(
        "Proceeds by the end of each round",
        "last round held, and its reserve",
        "proceeds, % of appraisal",
    )
    rounds = [
        {"reserve": 0.7, "months": 2},
        {"reserve": 0.56, "months": 1},
        {"reserve": 0.56, "months": 2},
    ]
    items = [
        {"collateral_id": f"C{i}", "loan_id": f"L{i:04d}", "kind": "house", "appraisal_value": 800}
        for i in range(LOANS)
    ]
    for discount, color in ((0.2, style.BLUE), (0.35, style.GREEN), (0.5, style.VERMILLION)):
        sold = []
        for k in range(1, 4):
            terms = {
                "forced_sale_discount": discount,
                "bid_volatility": 0.2,
                "rounds": rounds[:k],
                "drift_volatility": 0.1,
            }
            policy = {"litigation": {"lawsuit": {"duration": 6}}, "enforcement": {}}
            flows = run(policy, scenarios, None, items, collateral={"house": terms})
            sold.append(share(flows, "collateral")[-1] * 1000 / 800)
        ax.plot(
            [1, 2, 3],
            sold,
            color=color,
            marker="o",
            label=f"bids {100 * discount:.0f}% below value",
        )
    ax.set_xticks([1, 2, 3], ["first, 70%", "second, 56%", "sell-off, 56%"])
    style.legend_below(ax, 3)
    save(drawing, folder / "auction.png")


def priority(folder: Path, scenarios: int) -> None:
    """Proceeds of a seized item by the claims of other creditors, and by rule."""
    drawing, ax = panel(
        "Proceeds of an item that was only seized, of 800 for a claim of 1,000",
        "claims of other creditors, % of the item",
        "proceeds, % of the item",
    )
    others = np.arange(0.0, 1401.0, 200.0)
    law = {"company_distribution": "seizure_order", "person_distribution": "pro_rata"}
    cases = (
        ("company, other court first", "company", "other court", style.VERMILLION),
        ("natural person", "natural_person", "creditor", style.GREEN),
        ("company, our court first", "company", "creditor", style.BLUE),
    )
    for name, debtor, seized_by, color in cases:
        policy = {
            "debtor_type": debtor,
            "litigation": {"lawsuit": {"duration": 6}},
            "enforcement": {"other_court": {"sale_duration": 12}},
        }
        part = []
        for amount in others:
            items = [
                {
                    "collateral_id": f"C{i}",
                    "loan_id": f"L{i:04d}",
                    "kind": "house",
                    "appraisal_value": 800,
                    "seizure_only": "yes",
                    "seized_by": seized_by,
                    "other_claims": amount,
                }
                for i in range(LOANS)
            ]
            terms = {"house": {"drift_volatility": 0.1}}
            flows = run(policy, scenarios, None, items, collateral=terms, legal=law)
            part.append(share(flows, "collateral")[-1] * 1000 / 800)
        ax.plot(100 * others / 800, part, color=color, marker="o", label=name)
    ax.set_ylim(0, 105)
    style.legend_below(ax, 3)
    save(drawing, folder / "priority.png")
