"""Fill the tables and the figure of deals_shipped.md: python docs/make_deals.py [SCENARIOS].

For each deal in configs/deals the published figures are set beside what the deal file and the recipe of flows beside it give.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from npl_sim.reports import style
from npl_sim.reports.deal.structuring_tables import structuring_summary
from npl_sim.reports.figure_files import save
from npl_sim.reports.formats import MISSING, error_text
from npl_sim.securitization.collections import DatedFlows
from npl_sim.securitization.pool_flows import pool_flows
from npl_sim.securitization.results.tranche_tables import balance_fan
from npl_sim.securitization.results.tranches import tranche_results
from npl_sim.securitization.sizing.limits import RARE
from npl_sim.securitization.sizing.seller import seller_result
from npl_sim.securitization.sizing.structuring import structure_deal
from npl_sim.securitization.terms.deal import Deal
from npl_sim.securitization.waterfall.run import DealRun
from npl_sim.securitization.waterfall.waterfall import run_deal
from npl_sim.stats import risk
from npl_sim.study.deal_file import load_deal
from npl_sim.study.flow_file import load_recipe

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "deals_shipped.md"
REAL = ("hecui_2016_1", "gongyuan_zhicheng_2023_8", "gongyuan_zhicheng_2023_6", "buonconsiglio_3")
ALL = (*REAL, "three_tranche")
MONTHS = {"January": 1, "June": 6, "July": 7}

Row = tuple[str, str, str]


def load(name: str, scenarios: int | None = None) -> tuple[Deal, DatedFlows]:
    """Return a shipped deal and its flows."""
    recipe = load_recipe(ROOT / "configs" / "deals" / f"{name}.flows.yaml")
    if scenarios is not None:
        recipe = recipe.model_copy(update={"scenarios": scenarios})
    return load_deal(ROOT / "configs" / "deals" / f"{name}.yaml"), pool_flows(recipe)


def published(deal: Deal, name: str) -> float | None:
    """Return a published figure of a deal, if there is one."""
    return next((p.value for p in deal.published if p.name == name), None)


def balance_dates(deal: Deal) -> Iterator[tuple[str, date, float]]:
    """Yield what is published of the senior balance: name, end of that month, balance."""
    for p in deal.published:
        found = re.match(r"senior balance after (\w+) (\d{4})", p.name)
        if found:
            month, year = MONTHS[found[1]], int(found[2])
            yield p.name, date(year, month, 31 if month != 6 else 30), p.value


def balance_at(run: DealRun, day: date) -> np.ndarray:
    """Return the senior balance after the last payment of a month, give or take a few days' business days."""
    k = max(k for k, d in enumerate(run.terms.dates.unadjusted) if d <= day)
    balance: np.ndarray = run.tranches[run.deal.tranches[0].name].balance[:, k]
    return balance


def million(value: float) -> str:
    """Return an amount in millions."""
    return f"{value / 1e6:,.2f}"


def share(value: float) -> str:
    """Return a share in percent."""
    return f"{value:.2%}"


def with_error(
    found: risk.Estimate, factor: float = 1.0, unit: str = "", decimals: int = 2
) -> str:
    """Return an estimate with its error; "-" where none is known, as of what no scenario shows."""
    error = error_text(found.se * factor if found.se > 0.0 else math.nan, decimals)
    return (
        f"{found.value * factor:,.{decimals}f}{unit} ± {error}{unit if error != MISSING else ''}"
    )


def rows(deal: Deal, flows: DatedFlows) -> Iterator[Row]:
    """Yield figure, published and ours."""
    run = run_deal(deal, flows)
    found = tranche_results(run)
    senior, last = deal.tranches[0], deal.tranches[-1]
    gross = risk.mean(flows.received.sum(axis=1))
    yield (
        "pool balance [million]",
        million(deal.pool_balance),
        million(deal.pool_balance) + " (given)",
    )
    predicted = published(deal, "predicted recovery")
    second = published(deal, "predicted recovery of second agency")
    text = (
        "not seen"
        if predicted is None
        else million(predicted) + ("" if second is None else f" / {million(second)}")
    )
    yield "expected recovery, gross [million]", text, with_error(gross, 1e-6)
    text = "not seen" if predicted is None else share(predicted / deal.pool_balance)
    yield "over pool balance", text, with_error(gross, 100.0 / deal.pool_balance, "%")
    yield (
        f"{senior.name} over pool balance",
        share(senior.balance / deal.pool_balance),
        share(senior.balance / deal.pool_balance) + " (given)",
    )
    below = 1.0 - senior.balance / deal.notes
    yield (
        f"notes below {senior.name}",
        share(published(deal, "subordinated share of notes") or below),
        share(below),
    )
    text = "not seen" if predicted is None else f"{predicted / senior.balance:.2f}"
    yield f"recovery over {senior.name}, gross", text, with_error(gross, 1.0 / senior.balance)
    yield (
        f"recovery over {senior.name}, after costs",
        "not seen",
        with_error(found[senior.name].cover),
    )
    assert deal.structure is not None and deal.structure.seller is not None
    plain = deal.structure.seller.model_copy(update={"required_yields": ()})
    told = published(deal, "price discount to pool balance")
    at_issue = 1.0 - sum(t.balance * t.price for t in deal.tranches) / deal.pool_balance
    text = f"{told:.1%}" if told else f"{share(at_issue)} (all sold)"
    ours = share(seller_result(run, plain).discount.value)
    yield "discount to pool balance at issue prices", text, f"{ours} (5 % kept)"
    for tranche, label in ((senior, "senior"), (last, "sub")):
        life = published(deal, f"weighted average life of {label}")
        yield (
            f"weighted average life of {tranche.name} [years]",
            "not seen" if life is None else f"{life:.2f}",
            with_error(found[tranche.name].wal),
        )
    earned = with_error(found[last.name].yield_of_mean, 100.0, "%")
    yield (
        f"yield of the mean cash of {last.name} at its issue price",
        f"issued at {last.price:.0%}",
        earned,
    )
    expected = published(deal, "expected life of senior")
    if expected is not None:
        yield (
            f"{senior.name} repaid on mean flows after [years]",
            f"{expected:.2f}",
            _repaid(deal, flows),
        )
    for name, day, value in balance_dates(deal):
        yield (
            f"{name} [million]",
            million(value),
            with_error(risk.mean(balance_at(run, day)), 1e-6),
        )
    plan, came = (
        published(deal, "plan gross by July 2022"),
        published(deal, "collections gross by July 2022"),
    )
    if plan and came:
        upto = sum(d <= date(2022, 6, 30) for d in flows.dates)
        yield (
            "gross by the date of July 2022: plan / came [million]",
            f"{million(plan)} / {million(came)}",
            with_error(risk.mean(flows.received[:, :upto].sum(axis=1)), 1e-6),
        )
    result = found[senior.name]
    yield (
        f"expected loss of {senior.name}",
        "rated " + senior.rating,
        with_error(result.expected_loss, 100.0, "%", 3),
    )
    yield (
        f"probability of a principal loss of {senior.name}",
        "not told",
        with_error(result.loss, 100.0, "%"),
    )


def _repaid(deal: Deal, flows: DatedFlows) -> str:
    run = run_deal(deal, flows.mean())
    balance = run.tranches[deal.tranches[0].name].balance[0]
    done = np.flatnonzero(balance <= 1e-9 * deal.tranches[0].balance)
    return f"{run.terms.dates.years[done[0]]:.2f}" if len(done) else "never"


def sizes(found: dict[str, Any]) -> Iterator[Row]:
    """Yield what the command `structure` says of a deal: sizes beside what was issued, and terms solved for.

    Parameters
    ----------
    found
        Summary of the command (`structuring_tables.structuring_summary`).
    """
    for s in found["sized"]:
        few = s["cases"] is not None and s["cases"] < RARE
        rests = (
            ""
            if s["cases"] is None
            else f" ({s['cases']:,} case{'' if s['cases'] == 1 else 's'}{', fewer than ten' if few else ''})"
        )
        issued = found["balances_before"][s["tranche"]]
        yield (
            s["tranche"],
            million(issued),
            f"{million(s['balance']['value'])}, bound by {s['binding']}{rests}",
        )
    for s in found["solved"]:
        yield s["term"], "-", f"{100.0 * s['value']:.3f}% at these sizes, so that {s['goal']}"


def table(header: str, lines: Iterator[Row]) -> str:
    """Return a table in Markdown."""
    return "\n".join(
        [f"| {header} |", "| --- | ---: | ---: |", *(f"| {' | '.join(line)} |" for line in lines)]
    )


def balances_figure(scenarios: int | None = None) -> Figure:
    """Draw how the senior notes of the real deals run off, and what was published of it."""
    with matplotlib.rc_context({**style.SETTINGS, "font.family": style._families()}):
        drawing = Figure(figsize=(11.0, 7.2), layout="constrained")
        for ax, name in zip(drawing.subplots(2, 2).ravel(), REAL, strict=True):
            deal, flows = load(name, scenarios)
            fan = balance_fan(
                run_deal(deal, flows), deal.tranches[0].name, (0.05, 0.25, 0.75, 0.95)
            )
            part = fan[fan["years"] <= (2.2 if name == "hecui_2016_1" else 9.0)]
            for low, high, strength in (("0.05", "0.95", 0.3), ("0.25", "0.75", 0.6)):
                ax.fill_between(
                    part["date"],
                    part[low] / 1e6,
                    part[high] / 1e6,
                    color=style.tint(style.SKY, strength),
                    linewidth=0,
                )
            ax.plot(part["date"], part["mean"] / 1e6, color=style.BLUE)
            points = [(day, value) for _, day, value in balance_dates(deal)]
            if name == "hecui_2016_1":
                points = [(date(2016, 12, 26), 0.0)]
            ax.plot(
                [d for d, _ in points],
                [v / 1e6 for _, v in points],
                "o",
                color=style.VERMILLION,
                markersize=6,
                clip_on=False,
                zorder=5,
            )
            ax.set_title(style.printable([deal.name.split(" (")[0]], "deal")[0])
            ax.set_ylabel(f"{deal.tranches[0].name} [{deal.currency} million]")
            ax.set_ylim(bottom=0.0)
            ax.tick_params(axis="x", labelrotation=30)
        from matplotlib.lines import Line2D
        from matplotlib.patches import Patch

        handles = [
            Line2D([], [], color=style.BLUE), Patch(color=style.tint(style.SKY, 0.6)), Patch(color=style.tint(style.SKY, 0.3)),
            Line2D([], [], color=style.VERMILLION, marker="o", ls="none"),
        ]  # fmt: skip
        labels = ["mean of scenarios", "25% to 75%", "5% to 95%", "published"]
        drawing.legend(handles, labels, loc="outside lower center", ncols=4)
    return drawing


def main(scenarios: int | None) -> None:
    """Write tables and figure."""
    page = PAGE.read_text(encoding="utf-8")
    for name in ALL:
        deal, flows = load(name, scenarios)
        blocks = {
            f"{name} sizes": table(
                "tranche or term | issued [million] | our limits allow [million]",
                sizes(structuring_summary(structure_deal(deal, flows))),
            )
        }
        if name in REAL:
            blocks[name] = table("figure | published | ours", rows(deal, flows))
        for mark, text in blocks.items():
            pattern = re.compile(rf"(<!-- {mark} -->\n)(?:(?!<!-- end).)*(<!-- end -->)", re.S)
            assert pattern.search(page), mark
            page = pattern.sub(lambda m, text=text: m[1] + text + "\n" + m[2], page)
        print(name, flush=True)
    PAGE.write_text(page, encoding="utf-8")
    folder = PAGE.parent / "deals"
    folder.mkdir(exist_ok=True)
    save(balances_figure(scenarios), folder / "balances.png", dpi=110)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else None)
