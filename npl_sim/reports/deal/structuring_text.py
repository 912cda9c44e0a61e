"""A structured deal in the terminal: notes, limits, terms solved for, the seller's side, the frontier."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from npl_sim.core.errors import ProgramError
from npl_sim.reports.deal.parts import closing_rows
from npl_sim.reports.deal.seller_text import kept_rows, seller_closing_rows
from npl_sim.reports.formats import Unit, money_unit, percent
from npl_sim.reports.heading import print_issues
from npl_sim.reports.price.text_tables import table_of
from npl_sim.securitization.sizing.limits import Reading
from npl_sim.securitization.sizing.sizing import NO_ERROR, Sized
from npl_sim.securitization.sizing.solve import Solved, solve_text, want_text
from npl_sim.securitization.sizing.structuring import Structured
from npl_sim.securitization.terms.limits import (
    AdvanceRateLimit,
    InterestCoverLimit,
    NetCoverLimit,
    WalLimit,
)
from npl_sim.securitization.terms.structure import Horizontal, ReserveTarget
from npl_sim.tape.issues import LISTED_BY, Issue

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["limit_value", "print_structuring"]

Rows = Sequence[Sequence[str]]
MOST_SIZES = 16
WORDS = ("limit", "so that", "remark")
"""Columns that hold text."""


def print_structuring(
    result: Structured, console: Console, issues: Sequence[Issue] = (), listed_by: str = LISTED_BY
) -> None:
    """Print what structuring a deal came to.

    Parameters
    ----------
    result
        A structured deal.
    console
        Where to print.
    issues
        What may be wrong, which follows the headline.
    listed_by
        What lists every issue.
    """
    deal = result.deal
    unit = money_unit(deal.pool_balance / 100.0, deal.currency)
    console.print()
    for line in _headline(result, unit):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    print_issues(console, issues, deal.currency, listed_by)
    for title, header, rows in _parts(result, unit):
        console.print()
        console.print(title, style="bold", highlight=False, markup=False)
        console.print(table_of(header, rows, not console.is_terminal, words=WORDS))
    console.print()
    for note in _notes(result):
        console.print(f"Note: {note}", highlight=False, markup=False, soft_wrap=True)


def _headline(result: Structured, unit: Unit) -> Iterator[str]:
    deal = result.deal
    yield (
        f"Deal   {deal.name}: pool of {unit.show(deal.pool_balance)} {unit.name}, "
        f"{result.run.scenarios:,} scenarios"
    )
    for sized in result.sizing.sized:
        before = result.before.tranche(sized.tranche).balance
        yield (
            f"Size   {sized.tranche} {unit.show(sized.balance.value)} "
            f"({percent(sized.balance.value / deal.pool_balance, 2)} of the pool; "
            "standard error -); "
            f"the file has {unit.show(before)}. Bound by: {sized.binding}{_few(sized)}"
        )


def _few(sized: Sized) -> str:
    """Say that the limit that binds rests on few scenarios."""
    binding = None if sized.number is None else sized.readings[sized.number]
    return (
        ""
        if binding is None or not binding.few
        else f" (rests on {binding.cases} scenarios, fewer than ten)"
    )


def _parts(result: Structured, unit: Unit) -> Iterator[tuple[str, list[str], Rows]]:
    yield (
        f"Notes [{unit.name}]",
        [
            "tranche",
            "balance",
            "% of\npool",
            "% of\nnotes",
            "rate in\nperiod 1",
            "issue\nprice",
            "WAL\nyears",
        ],
        list(_notes_rows(result, unit)),
    )
    yield (
        "What they lose and earn; standard errors in brackets",
        [
            "tranche",
            "expected\nloss",
            "mean of\nprincipal lost",
            "P(principal\nloss)",
            "yield of\nmean cash",
        ],
        list(_loss_rows(result)),
    )
    if result.sizing.sized:
        yield (
            f"Limits at the sizes found [alone: {unit.name}]",
            ["tranche", "limit", "value", "std error", "cases", "allowed", "alone"],
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
                "value\nkept",
                f"in worst\n{percent(result.seller.shortfall_level, 0)}",
            ],
            list(kept_rows(result.seller, unit)),
        )
        yield (
            f"Seller: closing [{unit.name}]",
            ["", "amount", "std error", "remark"],
            list(seller_closing_rows(result, result.seller, unit)),
        )
    title = f"Sources and uses at closing, notes at issue prices [{unit.name}]"
    yield title, ["", "amount"], closing_rows(result.deal, unit)
    if result.frontier is not None:
        frontier = result.deal.structure.frontier if result.deal.structure else None
        name = frontier.tranche if frontier else ""
        yield (
            f"Frontier: size of {name} [{unit.name}]; * efficient; standard errors in brackets",
            [
                "size",
                "% of\npool",
                "cost of\nfunds",
                "expected\nloss",
                "P(de-\nfault)",
                "WAL\nyears",
                "cash at\nclosing",
            ],
            list(_frontier_rows(result, unit)),
        )


def _notes_rows(result: Structured, unit: Unit) -> Iterator[list[str]]:
    deal, run = result.deal, result.run
    for tranche, balance in zip(
        deal.tranches, unit.column(t.balance for t in deal.tranches), strict=True
    ):
        found = result.tranches[tranche.name]
        yield [
            tranche.name,
            balance,
            percent(tranche.balance / deal.pool_balance, 2),
            percent(tranche.balance / deal.notes, 2) if deal.notes else "-",
            percent(float(run.terms.coupons[tranche.name][0].mean()), 2),
            percent(tranche.price, 2),
            _number(found.wal.value, 2),
        ]


def _loss_rows(result: Structured) -> Iterator[list[str]]:
    for tranche in result.deal.tranches:
        found = result.tranches[tranche.name]
        yield [
            tranche.name,
            _percent(found.expected_loss.value, found.expected_loss.se, 3),
            _percent(found.principal_lost.value, found.principal_lost.se, 3),
            _percent(found.loss.value, found.loss.se, 2),
            _percent(found.yield_of_mean.value, found.yield_of_mean.se, 2),
        ]


def _percent(value: float, se: float, decimals: int) -> str:
    """Return a share with its standard error in brackets."""
    if not math.isfinite(value):
        return "-"
    error = f"{100.0 * se:.{decimals}f}" if math.isfinite(se) else "-"
    return f"{percent(value, decimals)} ({error})"


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
            mark = "binds: " if i == sized.number else "" if r.holds else "broken: "
            allowed = "no loss" if r.limit.kind == "stress" else limit_value(r, r.allowed)
            error = "-" if r.value.se == 0.0 else limit_value(r, r.value.se)
            shown = unit.show(alone) if math.isfinite(alone) else f"> {unit.show(sized.highest)}"
            yield [
                sized.tranche,
                mark + r.text,
                limit_value(r, r.value.value),
                error,
                "-" if r.cases is None else f"{r.cases:,} (few)" if r.few else f"{r.cases:,}",
                f"{side} {allowed}" if allowed != "no loss" else allowed,
                shown,
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
        solve_text(solved.solve),
        show(e.value),
        show(e.se),
        show(e.low),
        show(e.high),
        want_text(solved.solve),
    ]


def _frontier_rows(result: Structured, unit: Unit) -> Iterator[list[str]]:
    if result.frontier is None:
        raise ProgramError("result.frontier is missing; expected a value by earlier checks")
    table = result.frontier.iloc[:: max(1, math.ceil(len(result.frontier) / MOST_SIZES))]
    sizes, cash, errors = (unit.column(table[name]) for name in ("size", "cash", "cash_se"))
    for i, row in enumerate(table.itertuples()):
        yield [
            sizes[i] + (" *" if row.efficient else "  "),
            percent(row.share_of_pool, 2),
            _percent(row.cost_of_funds, row.cost_of_funds_se, 2),
            _percent(row.expected_loss, row.expected_loss_se, 3),
            percent(row.default_probability, 1),
            _number(row.wal, 2),
            f"{cash[i]} ({errors[i]})",
        ]


def _notes(result: Structured) -> Iterator[str]:
    yield from result.notes
    if result.sizing.sized:
        yield f"{NO_ERROR}; other errors are those at these sizes"
        yield (
            "cases: scenarios with a loss or shortfall, beyond the quantile, or not repaid, "
            "on which a limit rests"
        )
    structure = result.deal.structure
    if structure is None:
        return
    for table in (structure.ratings, structure.stresses):
        if table is not None and structure.size and table.origin == "assumption":
            yield f"table {table.name!r} is an assumption and no agency's"
    seller = structure.seller
    if seller is not None and isinstance(seller.retention, Horizontal):
        yield (
            "the seller keeps the first loss: whether the package leaves its books is "
            "doubtful, and is not judged here"
        )
