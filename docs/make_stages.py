"""Draw the figures of stages.md from small studies: python docs/make_stages.py [FOLDER] [SCENARIOS]."""

from __future__ import annotations

import csv
import io
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from ruamel.yaml import YAML

from npl_sim.core.layout import Stage
from npl_sim.reports import style
from npl_sim.reports.figure_files import save
from npl_sim.runs.study_session import load_study

LOANS = 200


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
        words = {
            "name": "figure",
            "valuation_date": "2026-06-30",
            "tape": tape,
            "policies": [{"name": "one", **policy}],
            "simulation": {"scenarios": scenarios, "horizon_months": months, "seed": 1},
            "pricing": {"required_return": 0.1},
            **sections,
        }
        text = io.StringIO()
        YAML().dump(words, text)
        path = Path(folder) / "study.yaml"
        path.write_text(text.getvalue(), encoding="utf-8")
        return load_study(path).simulate()


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
    for age, colour in ((3, style.BLUE), (12, style.GREEN), (36, style.VERMILLION)):
        flows = run(
            {"collection": {"contact_methods": [channel]}},
            scenarios,
            [{"age_months": age}] * LOANS,
        )
        left = 100 * flows.stage_gbv[Stage.COLLECTION] / flows.gbv
        ax.plot(left, color=colour, label=f"{age} months since default")
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
    for kept, colour in ((1.0, style.BLUE), (0.6, style.GREEN), (0.3, style.VERMILLION)):
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
        ax.plot(share(flows, "settlement"), color=colour, label=f"{100 * kept:.0f}% kept")
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
    for months, colour in ((24, style.VERMILLION), (36, style.BLUE)):
        legal = {"limitation": [{"months": months, "source": "figure"}]}
        won = [
            share(
                run({**policy, "collection": {"reach_hazard": float(r)}}, scenarios, legal=legal),
                "performance",
            )[-1]
            for r in rates
        ]
        ax.plot(12 * rates, won, color=colour, marker="o", label=f"period of {months} months")
    ax.set_ylim(0, 100)
    style.legend_below(ax, 2)
    save(drawing, folder / "limitation.png")


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
            "route": "payment_order", "payment_order": {"duration": {"kind": "lognormal", "mean": 1.5, "sd": 0.5}, "objection_probability": 0.3},
        },
        "lawsuit, half in absence": {"lawsuit": {**suit, "default_judgment_probability": 0.5, "default_judgment_duration": 4}},
        "lawsuit": {},
    }  # fmt: skip
    for (name, words), colour in zip(
        routes.items(), (style.GREEN, style.SKY, style.BLUE), strict=True
    ):
        flows = run(
            {
                "litigation": {"lawsuit": suit, **words},
                "enforcement": {"performance_probability": 1.0},
            },
            scenarios,
            months=36,
        )
        ax.plot(share(flows, "performance"), color=colour, label=name)
    style.legend_below(ax, 3)
    save(drawing, folder / "litigation.png")


def preservation(folder: Path, scenarios: int) -> None:
    """Value with and without preservation by the pace of dissipation, with paired errors."""
    drawing, ax = panel("Value that preservation adds", "assets vanish, share a year", "% of GBV")
    pace = np.array([0.0, 0.2, 0.5, 1.0, 2.0])
    for rivals, colour in ((0.0, style.BLUE), (1.0, style.VERMILLION)):
        means, errors = [], []
        for d in pace:
            asset = {
                "name": "deposits", "ownership_probability": 0.5, "discovery_probability": 0.5, "freeze_probability": 0.6, "coverage": 0.4, "dissipation_rate": float(d),
                "competing_seizure_rate": rivals, "waitlisted_share": 0.2,
            }  # fmt: skip
            pair = []
            for freeze in ({"security": 0.3, "premium": 0.005}, None):
                suit = {"lawsuit": {"duration": 12}, "preservation": freeze}
                flows = run({"litigation": suit, "enforcement": {"assets": [asset]}}, scenarios)
                pair.append(flows.net @ (1.1 ** (-np.arange(61) / 12)))
            gap = 100 * (pair[0] - pair[1]) / flows.gbv
            means.append(gap.mean())
            errors.append(1.96 * gap.std(ddof=1) / len(gap) ** 0.5)
        name = "no other creditors" if rivals == 0 else "another creditor seizes once a year"
        ax.errorbar(pace, means, errors, color=colour, marker="o", capsize=3, label=name)
    ax.axhline(0, color=style.GREY, linewidth=0.8)
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
    for discount, colour in ((0.2, style.BLUE), (0.35, style.GREEN), (0.5, style.VERMILLION)):
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
            color=colour,
            marker="o",
            label=f"bids {100 * discount:.0f}% below value",
        )
    ax.set_xticks([1, 2, 3], ["first, 70%", "second, 56%", "sell-off, 56%"])
    style.legend_below(ax, 3)
    save(drawing, folder / "auction.png")


def restructuring(folder: Path, scenarios: int) -> None:
    """Installments by redefault hazard and number of plans."""
    drawing, ax = panel("Installments received on plans of 36 months", "months", "% of GBV")
    cases = ((0.0, 1, style.BLUE), (0.03, 1, style.VERMILLION), (0.03, 2, style.GREEN))
    for hazard, plans, colour in cases:
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
        ax.plot(share(flows, "installment"), color=colour, label=name)
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
    for rate, colour in ((0.10, style.BLUE), (0.15, style.GREEN), (0.25, style.VERMILLION)):
        prices = [
            value(run({**work, "sale": {"month": m, "buyer_return": rate}}, scenarios))[0]
            for m in months
        ]
        ax.plot(months, prices, color=colour, marker="o", label=f"buyer wants {100 * rate:.0f}%")
    ax.axhline(
        value(run(work, scenarios))[0], color=style.GREY, linewidth=1, linestyle="--", label="kept"
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
    for column, name, colour in (
        (2, "95% quantile", style.SKY),
        (1, "median", style.BLUE),
        (0, "5% quantile", style.VERMILLION),
    ):
        ax.plot(rhos, [q[column] for q in spread], color=colour, marker="o", label=name)
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
    restructuring,
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
