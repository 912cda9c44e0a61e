"""Write the tables and the figure of deals_shipped.md: python docs/make_deals.py [SCENARIOS].

For each deal in configs/deals, the tables compare published figures with results of the deal file
and of its recipe of flows.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from npl_sim.reports import style
from npl_sim.reports.deal.structuring_tables import structuring_summary
from npl_sim.reports.figure_files import save
from npl_sim.reports.formats import MISSING, error_text
from npl_sim.securitization.collections import DatedFlows
from npl_sim.securitization.pool_flows import pool_flows
from npl_sim.securitization.results.tranche_tables import balance_fan
from npl_sim.securitization.results.tranches import TrancheResult, tranche_results
from npl_sim.securitization.sizing.limits import RARE
from npl_sim.securitization.sizing.seller import seller_result
from npl_sim.securitization.sizing.structuring import structure_deal
from npl_sim.securitization.terms.deal import Deal
from npl_sim.securitization.terms.deal_terms import Tranche
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
NOT_FOUND = "not found"

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
    """Yield published senior balances: name, end of the month, balance."""
    for p in deal.published:
        found = re.match(r"senior balance after (\w+) (\d{4})", p.name)
        if found:
            month, year = MONTHS[found[1]], int(found[2])
            yield p.name, date(year, month, 31 if month != 6 else 30), p.value


def balance_at(run: DealRun, day: date) -> np.ndarray:
    """Return the senior balance after the last unadjusted payment date up to a day, shape (S,)."""
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
    """Return an estimate with its standard error; "-" if the error is not known."""
    error = error_text(found.se * factor if found.se > 0.0 else math.nan, decimals)
    error += unit if error != MISSING else ""
    return f"{found.value * factor:,.{decimals}f}{unit} ± {error}"


def or_missing(value: float | None, shown: Callable[[float], str]) -> str:
    """Return a published figure as text, or that it was not found."""
    return NOT_FOUND if value is None else shown(value)


def rows(deal: Deal, flows: DatedFlows) -> Iterator[Row]:
    """Yield the rows of a deal's table: figure, published, ours."""
    run = run_deal(deal, flows)
    found = tranche_results(run)
    yield from _pool_rows(deal, flows)
    yield from _protection_rows(deal, flows, found)
    yield _discount_row(run)
    yield from _life_rows(deal, flows, found)
    yield from _collection_rows(run, flows)
    yield from _loss_rows(deal.tranches[0], found)


def _pool_rows(deal: Deal, flows: DatedFlows) -> Iterator[Row]:
    """Yield pool balance and expected recovery."""
    gross = risk.mean(flows.received.sum(axis=1))
    pool = million(deal.pool_balance)
    predicted = published(deal, "predicted recovery")
    second = published(deal, "predicted recovery of second agency")
    text = or_missing(predicted, million) + ("" if second is None else f" / {million(second)}")
    yield "pool balance [million]", pool, f"{pool} (given)"
    yield "expected recovery, gross [million]", text, with_error(gross, 1e-6)
    text = or_missing(predicted, lambda x: share(x / deal.pool_balance))
    yield "over pool balance", text, with_error(gross, 100.0 / deal.pool_balance, "%")


def _protection_rows(
    deal: Deal, flows: DatedFlows, found: dict[str, TrancheResult]
) -> Iterator[Row]:
    """Yield the size of the senior notes and their protection."""
    senior = deal.tranches[0]
    gross = risk.mean(flows.received.sum(axis=1))
    size, below = share(senior.balance / deal.pool_balance), 1.0 - senior.balance / deal.notes
    yield f"{senior.name} over pool balance", size, f"{size} (given)"
    text = share(published(deal, "subordinated share of notes") or below)
    yield f"notes below {senior.name}", text, share(below)
    predicted = published(deal, "predicted recovery")
    text = or_missing(predicted, lambda x: f"{x / senior.balance:.2f}")
    yield f"recovery over {senior.name}, gross", text, with_error(gross, 1.0 / senior.balance)
    cover = with_error(found[senior.name].cover)
    yield f"recovery over {senior.name}, after costs", NOT_FOUND, cover


def _discount_row(run: DealRun) -> Row:
    """Return the discount to the pool balance at issue prices."""
    deal = run.deal
    assert deal.structure is not None and deal.structure.seller is not None
    plain = deal.structure.seller.model_copy(update={"required_yields": ()})
    stated = published(deal, "price discount to pool balance")
    at_issue = 1.0 - sum(t.balance * t.price for t in deal.tranches) / deal.pool_balance
    text = f"{stated:.1%}" if stated else f"{share(at_issue)} (all sold)"
    ours = share(seller_result(run, plain).discount.value)
    return "discount to pool balance at issue prices", text, f"{ours} (5 % kept)"


def _life_rows(deal: Deal, flows: DatedFlows, found: dict[str, TrancheResult]) -> Iterator[Row]:
    """Yield lives of the first and the last tranche, and the yield of the last."""
    senior, last = deal.tranches[0], deal.tranches[-1]
    for tranche, label in ((senior, "senior"), (last, "sub")):
        life = published(deal, f"weighted average life of {label}")
        text = or_missing(life, "{:.2f}".format)
        ours = with_error(found[tranche.name].wal)
        yield f"weighted average life of {tranche.name} [years]", text, ours
    earned = with_error(found[last.name].yield_of_mean, 100.0, "%")
    text = f"issued at {last.price:.0%}"
    yield f"yield of the mean cash of {last.name} at its issue price", text, earned
    expected = published(deal, "expected life of senior")
    if expected is not None:
        name = f"{senior.name} repaid on mean flows after [years]"
        yield name, f"{expected:.2f}", _repaid(deal, flows)


def _collection_rows(run: DealRun, flows: DatedFlows) -> Iterator[Row]:
    """Yield senior balances and collections that were reported after closing."""
    for name, day, value in balance_dates(run.deal):
        ours = with_error(risk.mean(balance_at(run, day)), 1e-6)
        yield f"{name} [million]", million(value), ours
    plan = published(run.deal, "plan gross by July 2022")
    actual = published(run.deal, "collections gross by July 2022")
    if plan and actual:
        upto = sum(d <= date(2022, 6, 30) for d in flows.dates)
        ours = with_error(risk.mean(flows.received[:, :upto].sum(axis=1)), 1e-6)
        text = f"{million(plan)} / {million(actual)}"
        yield "gross until the payment of July 2022: plan / actual [million]", text, ours


def _loss_rows(senior: Tranche, found: dict[str, TrancheResult]) -> Iterator[Row]:
    """Yield expected loss and loss probability of the senior notes."""
    result = found[senior.name]
    expected = with_error(result.expected_loss, 100.0, "%", 3)
    yield f"expected loss of {senior.name}", f"rated {senior.rating}", expected
    loss = with_error(result.loss, 100.0, "%")
    yield f"probability of a principal loss of {senior.name}", "not published", loss


def _repaid(deal: Deal, flows: DatedFlows) -> str:
    """Return the years until the senior notes are repaid on mean flows."""
    run = run_deal(deal, flows.mean())
    balance = run.tranches[deal.tranches[0].name].balance[0]
    done = np.flatnonzero(balance <= 1e-9 * deal.tranches[0].balance)
    return f"{run.terms.dates.years[done[0]]:.2f}" if len(done) else "never"


def sizes(found: dict[str, Any]) -> Iterator[Row]:
    """Yield sizes beside issued amounts, and solved terms, from `structuring_summary`."""
    for s in found["sized"]:
        issued = million(found["balances_before"][s["tranche"]])
        ours = f"{million(s['balance']['value'])}, bound by {s['binding']}{_cases(s['cases'])}"
        yield s["tranche"], issued, ours
    for s in found["solved"]:
        yield s["term"], "-", f"{100.0 * s['value']:.3f}% at these sizes, so that {s['goal']}"


def _cases(count: int | None) -> str:
    """Return the number of scenarios on which a limit rests, in brackets."""
    if count is None:
        return ""
    noun, few = "case" if count == 1 else "cases", ", fewer than ten" if count < RARE else ""
    return f" ({count:,} {noun}{few})"


def table(header: str, lines: Iterator[Row]) -> str:
    """Return a table in Markdown."""
    return "\n".join(
        [f"| {header} |", "| --- | ---: | ---: |", *(f"| {' | '.join(line)} |" for line in lines)]
    )


def balances_figure(scenarios: int | None = None) -> Figure:
    """Draw the senior balances of the real deals with the published balances."""
    with matplotlib.rc_context({**style.SETTINGS, "font.family": style._families()}):
        drawing = Figure(figsize=(11.0, 7.2), layout="constrained")
        for ax, name in zip(drawing.subplots(2, 2).ravel(), REAL, strict=True):
            _draw_balances(ax, name, scenarios)
        handles = [
            Line2D([], [], color=style.BLUE),
            Patch(color=style.tint(style.SKY, 0.6)),
            Patch(color=style.tint(style.SKY, 0.3)),
            Line2D([], [], color=style.VERMILLION, marker="o", ls="none"),
        ]
        labels = ["mean of scenarios", "25% to 75%", "5% to 95%", "published"]
        drawing.legend(handles, labels, loc="outside lower center", ncols=4)
    return drawing


def _draw_balances(ax: Axes, name: str, scenarios: int | None) -> None:
    """Draw mean and quantiles of the senior balance of a deal, with the published balances."""
    deal, flows = load(name, scenarios)
    senior, hecui = deal.tranches[0].name, name == "hecui_2016_1"
    fan = balance_fan(run_deal(deal, flows), senior, (0.05, 0.25, 0.75, 0.95))
    part = fan[fan["years"] <= (2.2 if hecui else 9.0)]
    for low, high, strength in (("0.05", "0.95", 0.3), ("0.25", "0.75", 0.6)):
        color = style.tint(style.SKY, strength)
        ax.fill_between(part["date"], part[low] / 1e6, part[high] / 1e6, color=color, linewidth=0)
    ax.plot(part["date"], part["mean"] / 1e6, color=style.BLUE)
    points = [(day, value / 1e6) for _, day, value in balance_dates(deal)]
    days, values = zip(*([(date(2016, 12, 26), 0.0)] if hecui else points), strict=True)
    ax.plot(days, values, "o", color=style.VERMILLION, markersize=6, clip_on=False, zorder=5)
    ax.set_title(style.printable([deal.name.split(" (")[0]], "deal")[0])
    ax.set_ylabel(f"{senior} [{deal.currency} million]")
    ax.set_ylim(bottom=0.0)
    ax.tick_params(axis="x", labelrotation=30)


def main(scenarios: int | None) -> None:
    """Write the tables and the figure."""
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
            found = pattern.search(page)
            assert found, mark
            page = f"{page[: found.start()]}{found[1]}{text}\n{found[2]}{page[found.end() :]}"
        print(name, flush=True)
    PAGE.write_text(page, encoding="utf-8")
    folder = PAGE.parent / "deals"
    folder.mkdir(exist_ok=True)
    save(balances_figure(scenarios), folder / "balances.png", dpi=110)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else None)
