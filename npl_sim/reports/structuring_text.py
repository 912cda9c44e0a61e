"""A structured deal in the terminal: notes, limits, terms solved for, the seller's side, the frontier."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from npl_sim.deal.limits import Reading
from npl_sim.deal.limitwords import (
    AdvanceRateLimit,
    InterestCoverLimit,
    NetCoverLimit,
    WalLimit,
)
from npl_sim.deal.seller import QUALIFYING_DISCOUNT, QUALIFYING_SHARE, SellerResult
from npl_sim.deal.solve import Solved, solve_text, want_text
from npl_sim.deal.structurewords import Horizontal, ReserveTarget
from npl_sim.deal.structuring import Structured
from npl_sim.reports.formats import Unit, money_unit, percent
from npl_sim.stats.risk import Estimate

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = ["limit_value", "print_structuring"]

Rows = Sequence[Sequence[str]]
MOST_SIZES = 16


def print_structuring(result: Structured, console: Console) -> None:
    """Print what structuring a deal came to.

    Parameters
    ----------
    result
        A structured deal.
    console
        Where to print.
    """
    deal = result.deal
    unit = money_unit(deal.pool_balance / 100.0, deal.currency)
    console.print()
    for line in _headline(result, unit):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    for title, header, rows in _parts(result, unit):
        console.print()
        console.print(title, style="bold", highlight=False, markup=False)
        console.print(_table(header, rows, plain=not console.is_terminal))
    console.print()
    for note in _notes(result):
        console.print(f"Note: {note}", highlight=False, markup=False, soft_wrap=True)


def _headline(result: Structured, unit: Unit) -> Iterator[str]:
    deal = result.deal
    yield f"Deal   {deal.name}: pool of {unit.show(deal.pool_balance)} {unit.name}, {result.run.scenarios:,} scenarios"
    for sized in result.sizing.sized:
        error = f", standard error {unit.show(sized.balance.se)}" if math.isfinite(sized.balance.se) else ""
        before = result.before.tranche(sized.tranche).balance
        yield (
            f"Size   {sized.tranche} {unit.show(sized.balance.value)} ({percent(sized.balance.value / deal.pool_balance, 2)} of the pool{error}); "
            f"the file has {unit.show(before)}. Bound by: {sized.binding}"
        )


def _parts(result: Structured, unit: Unit) -> Iterator[tuple[str, list[str], Rows]]:
    yield (
        f"Notes [{unit.name}]",
        ["tranche", "balance", "% of\npool", "% of\nnotes", "rate in\nperiod 1", "issue\nprice", "WAL\nyears", "expected\nloss", "std\nerror",
         "principal\nlost", "P(principal\nloss)", "yield of\nmean cash", "std\nerror"],
        list(_notes_rows(result, unit)),
    )  # fmt: skip
    if result.sizing.sized:
        yield (
            f"Limits at the sizes found [alone: {unit.name}]",
            ["tranche", "limit", "value", "std error", "allowed", "alone", ""],
            list(_limit_rows(result, unit)),
        )
    if result.solved:
        yield (
            "Terms solved for",
            ["term", "value", "std error", "95% from", "to", "so that"],
            [_solved_row(s, unit) for s in result.solved],
        )
    if result.seller is not None:
        yield (
            f"Seller: notes sold and kept [{unit.name}]",
            [
                "tranche",
                "sold",
                "price",
                "proceeds",
                "kept",
                "value of\nwhat is kept",
                f"mean of worst\n{percent(result.seller.shortfall_level, 0)}",
            ],
            list(_kept_rows(result.seller, unit)),
        )
        yield (
            f"Seller: closing [{unit.name}]",
            ["", "amount", "std error", ""],
            list(_closing_rows(result, result.seller, unit)),
        )
    if result.frontier is not None:
        frontier = result.deal.structure.frontier if result.deal.structure else None
        name = frontier.tranche if frontier else ""
        yield (
            f"Frontier: size of {name} [{unit.name}]",
            ["size", "% of\npool", "cost of\nfunds", "std\nerror", "expected\nloss", "std\nerror", "P(default)", "WAL\nyears", "cash at\nclosing",
             "std\nerror", "efficient"],
            list(_frontier_rows(result, unit)),
        )  # fmt: skip


def _notes_rows(result: Structured, unit: Unit) -> Iterator[list[str]]:
    deal, run = result.deal, result.run
    for tranche, balance in zip(deal.tranches, unit.column(t.balance for t in deal.tranches), strict=True):
        found = result.tranches[tranche.name]
        yield [
            tranche.name,
            balance,
            percent(tranche.balance / deal.pool_balance, 2),
            percent(tranche.balance / deal.notes, 2) if deal.notes else "-",
            percent(float(run.terms.coupons[tranche.name][0].mean()), 2),
            percent(tranche.price, 2),
            _number(found.wal.value, 2),
            percent(found.expected_loss.value, 3),
            percent(found.expected_loss.se, 3),
            percent(found.principal_lost.value, 3),
            percent(found.loss.value, 2),
            percent(found.yield_of_mean.value, 2),
            percent(found.yield_of_mean.se, 2),
        ]


def _number(value: float, decimals: int) -> str:
    return f"{value:,.{decimals}f}" if math.isfinite(value) else "-"


def limit_value(reading: Reading, value: float) -> str:
    """Return a value of a limit as it is shown: covers as ratios, lives in years, all else in percent."""
    if not math.isfinite(value):
        return "-"
    if isinstance(reading.limit, NetCoverLimit | InterestCoverLimit):
        return f"{value:.3f}" if value < 1000.0 else "no interest"
    if isinstance(reading.limit, WalLimit):
        return f"{value:.2f} years"
    if isinstance(reading.limit, AdvanceRateLimit):
        return percent(value, 2)
    return percent(value, 4 if abs(value) < 0.005 else 2)


def _limit_rows(result: Structured, unit: Unit) -> Iterator[list[str]]:
    for sized in result.sizing.sized:
        for i, (r, alone) in enumerate(zip(sized.readings, sized.alone, strict=True)):
            side = "≥" if r.at_least else "≤"
            mark = "binds" if i == sized.number else "" if r.holds else "broken"
            allowed = "no loss" if r.limit.kind == "stress" else limit_value(r, r.allowed)
            error = "-" if r.value.se == 0.0 else limit_value(r, r.value.se)
            shown = unit.show(alone) if math.isfinite(alone) else f"> {unit.show(sized.highest)}"
            yield [
                sized.tranche,
                r.text,
                limit_value(r, r.value.value),
                error,
                f"{side} {allowed}" if allowed != "no loss" else allowed,
                shown,
                mark,
            ]


def _solved_row(solved: Solved, unit: Unit) -> list[str]:
    find = solved.solve.find
    kind: str = find.kind
    if isinstance(find, ReserveTarget):
        target = next(a.target for a in solved.deal.accounts if a.name == find.account)
        kind = target.kind if target is not None else kind

    def show(value: float) -> str:
        if not math.isfinite(value):
            return "-"
        if kind == "fixed":
            return f"{unit.show(value)} {unit.name}"
        return f"{value:.3f} times" if kind == "multiple" else percent(value, 3)

    e = solved.value
    return [
        solve_text(solved.solve), show(e.value), show(e.se), show(e.low), show(e.high), want_text(solved.solve)
    ]  # fmt: skip


def _kept_rows(seller: SellerResult, unit: Unit) -> Iterator[list[str]]:
    table = seller.notes
    columns = [unit.column(table[c]) for c in ("sold", "proceeds", "kept", "value_kept", "worst_kept")]
    prices = [
        percent(p, 2) + (f" ± {percent(e, 2)}" if e > 0 else "")
        for p, e in zip(table["price"], table["price_se"], strict=True)
    ]
    for i, name in enumerate(table["tranche"]):
        sold, proceeds, kept, value, worst = (c[i] for c in columns)
        yield [name, sold, prices[i], proceeds, kept, value, worst]


def _closing_rows(result: Structured, s: SellerResult, unit: Unit) -> Iterator[list[str]]:
    def row(name: str, estimate: Estimate | float, remark: str = "", sign: float = 1.0) -> list[str]:
        value = estimate if isinstance(estimate, float | int) else estimate.value
        se = 0.0 if isinstance(estimate, float | int) else estimate.se
        return [name, unit.show(sign * value), unit.show(se) if se > 0.0 else "-", remark]

    yield row("notes sold", s.proceeds)
    yield row("less closing costs", s.closing_costs, sign=-1.0)
    yield row("less accounts filled at closing", float(s.reserves), sign=-1.0)
    yield row("cash at closing", s.cash, f"{percent(s.cash.value / result.deal.pool_balance, 2)} of the pool")
    yield row("collections kept before closing", s.interim)
    yield row("value of notes kept", s.kept_value, f"worst: {unit.show(s.kept_worst.value)}")
    yield row("less carrying amount after provisions", s.net_carrying, sign=-1.0)
    yield row("result of the day", s.day_one, "only if the package leaves the books")
    verdict = "qualifying" if s.qualifying else "not qualifying"
    share = (
        result.deal.structure.seller.non_performing_share
        if result.deal.structure and result.deal.structure.seller
        else 1.0
    )
    yield [
        "non-refundable discount",
        percent(s.discount.value, 2),
        percent(s.discount.se, 2) if s.discount.se > 0.0 else "-",
        f"{verdict}: needs {percent(QUALIFYING_DISCOUNT, 0)} and {percent(QUALIFYING_SHARE, 0)} non-performing, has {percent(share, 0)}",
    ]


def _frontier_rows(result: Structured, unit: Unit) -> Iterator[list[str]]:
    assert result.frontier is not None
    table = result.frontier
    step = max(1, math.ceil(len(table) / MOST_SIZES))
    for row in table.iloc[::step].itertuples():
        yield [
            unit.show(row.size),
            percent(row.share_of_pool, 2),
            percent(row.cost_of_funds, 2),
            percent(row.cost_of_funds_se, 2),
            percent(row.expected_loss, 3),
            percent(row.expected_loss_se, 3),
            percent(row.default_probability, 2),
            _number(row.wal, 2),
            unit.show(row.cash),
            unit.show(row.cash_se),
            "yes" if row.efficient else "",
        ]


def _notes(result: Structured) -> Iterator[str]:
    yield from result.notes
    structure = result.deal.structure
    if structure is None:
        return
    for table in (structure.ratings, structure.stresses):
        if table is not None and structure.size and table.origin == "assumption":
            yield f"table {table.name!r} is an assumption and no agency's"
    seller = structure.seller
    if seller is not None and isinstance(seller.retention, Horizontal):
        yield "the seller keeps the first loss: whether the package leaves its books is doubtful, and is not judged here"


def _table(header: Sequence[str], rows: Rows, plain: bool) -> Table:
    """Return a table: text to the left, numbers to the right."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table(
        box=None if plain else box.SIMPLE_HEAD,
        header_style="" if plain else "bold",
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
    text = {"tranche", "limit", "term", "so that", ""}
    for name in header:
        if name in text:
            table.add_column(escape(name), overflow="fold")
        else:
            table.add_column(escape(name), justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    return table
