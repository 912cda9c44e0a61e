"""Report of a structured deal for the terminal: notes, limits, solved terms, seller, frontier."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from npl_sim.core.errors import known
from npl_sim.core.issues import Issue
from npl_sim.core.language import gettext as _
from npl_sim.reports.deal.parts import closing_rows
from npl_sim.reports.deal.seller_text import kept_rows, seller_closing_rows
from npl_sim.reports.formats import (
    MISSING,
    Unit,
    fixed_or_missing,
    money_unit,
    percent,
    with_error,
)
from npl_sim.reports.heading import Heading
from npl_sim.reports.report import Report
from npl_sim.reports.table import Table, ready_table
from npl_sim.securitization.sizing.limits import Reading
from npl_sim.securitization.sizing.sizing import Sized
from npl_sim.securitization.sizing.solve import Solved, solve_text, want_text
from npl_sim.securitization.sizing.structuring import Structured
from npl_sim.securitization.terms.limits import (
    AdvanceRateLimit,
    InterestCoverLimit,
    NetCoverLimit,
    WalLimit,
)
from npl_sim.securitization.terms.seller import Horizontal
from npl_sim.securitization.terms.structure import ReserveTarget
from npl_sim.stats.risk import Estimate
from npl_sim.tape.issues import LISTED_BY

LOSSES = (("expected_loss", 3), ("principal_lost", 3), ("loss", 2), ("yield_of_mean", 2))
"""Columns of the table of losses, with their decimals."""

MOST_SIZES = 16
"""Most sizes of the frontier that are shown."""


def structuring_report(
    result: Structured, issues: Sequence[Issue] = (), listed_by: str = LISTED_BY
) -> Report:
    """Return the report of a structured deal.

    Parameters
    ----------
    result
        A structured deal.
    issues, listed_by
        Issues, which follow the headline, and the command that lists all.
    """
    deal = result.deal
    unit = money_unit(deal.pool_balance / 100.0, deal.currency)
    tables = [*_note_tables(result, unit), *_limit_tables(result, unit)]
    return Report(
        list(_headline(result, unit)),
        [*tables, *_seller_tables(result, unit), *_frontier_tables(result, unit)],
        list(_notes(result)),
        Heading(tuple(issues), None, deal.currency),
        listed_by=listed_by,
    )


def _headline(result: Structured, unit: Unit) -> Iterator[str]:
    deal = result.deal
    yield (
        _("Deal   {deal}: pool of {pool_balance} {unit}, {scenarios:,} scenarios").format(
            deal=deal.name,
            pool_balance=unit.show(deal.pool_balance),
            unit=unit.name,
            scenarios=result.run.scenarios,
        )
    )
    for sized in result.sizing.sized:
        before = result.before.tranche(sized.tranche).balance
        share = percent(sized.balance.value / deal.pool_balance, 2)
        se = sized.balance.se
        error = unit.show(se) if math.isfinite(se) else MISSING
        yield (
            _(
                "Size   {tranche} {balance} ({share} of the pool; standard error {error}); "
                "the file has {before}. Bound by: {binding}{sized}"
            ).format(
                tranche=sized.tranche,
                balance=unit.show(sized.balance.value),
                share=share,
                error=error,
                before=unit.show(before),
                binding=sized.binding,
                sized=_few(sized),
            )
        )


def _few(sized: Sized) -> str:
    """Return a warning where the binding limit rests on few scenarios."""
    binding = None if sized.number is None else sized.readings[sized.number]
    if binding is None or not binding.few:
        return ""
    return _(" (rests on {cases} scenarios, fewer than ten)").format(cases=binding.cases)


def _note_tables(result: Structured, unit: Unit) -> Iterator[Table]:
    deal, tranches = result.deal, result.tranches
    balances = unit.column(t.balance for t in deal.tranches)
    coupons = result.run.terms.coupons
    header = ["tranche", "balance", _("% of\npool"), _("% of\nnotes"), _("rate in\nperiod 1")]
    yield ready_table(
        _("Notes [{unit}]").format(unit=unit.name),
        [*header, "issue\nprice", "WAL\nyears"],
        (
            [
                t.name,
                balance,
                percent(t.balance / deal.pool_balance, 2),
                percent(t.balance / deal.notes, 2) if deal.notes else MISSING,
                percent(float(coupons[t.name][0].mean()), 2),
                percent(t.price, 2),
                fixed_or_missing(tranches[t.name].wal.value, 2),
            ]
            for t, balance in zip(deal.tranches, balances, strict=True)
        ),
    )
    header = ["tranche", "expected\nloss", _("mean of\nprincipal lost"), "P(principal\nloss)"]
    yield ready_table(
        _("What they lose and earn; standard errors in brackets"),
        [*header, _("yield of\nmean cash")],
        (
            [t.name, *(with_error(getattr(tranches[t.name], x), d, True) for x, d in LOSSES)]
            for t in deal.tranches
        ),
    )


def _limit_tables(result: Structured, unit: Unit) -> Iterator[Table]:
    if result.sizing.sized:
        yield ready_table(
            _("Limits at the sizes found [alone: {unit}]").format(unit=unit.name),
            ["tranche", "limit", "value", _("std error"), "cases", "allowed", "alone"],
            _limit_rows(result, unit),
            texts=("tranche", "limit"),
        )
    if result.solved:
        yield ready_table(
            _("Terms solved for"),
            ["term", "value", _("std error"), _("95% from"), "to", _("so that")],
            [_solved_row(s, unit) for s in result.solved],
            texts=("term", _("so that")),
        )


def _seller_tables(result: Structured, unit: Unit) -> Iterator[Table]:
    seller = result.seller
    if seller is not None:
        worst = _("in worst\n{shortfall_level}").format(
            shortfall_level=percent(seller.shortfall_level, 0)
        )
        yield ready_table(
            _("Seller: notes sold and kept [{unit}]").format(unit=unit.name),
            ["tranche", "sold", "price", "proceeds", "kept", "value\nkept", worst],
            kept_rows(seller, unit),
        )
        yield ready_table(
            _("Seller: closing [{unit}]").format(unit=unit.name),
            ["", "amount", _("std error"), "remark"],
            seller_closing_rows(result, seller, unit),
            texts=("", "remark"),
        )
    title = _("Sources and uses at closing, notes at issue prices [{unit}]").format(unit=unit.name)
    yield ready_table(title, ["", "amount"], closing_rows(result.deal, unit))


def _frontier_tables(result: Structured, unit: Unit) -> Iterator[Table]:
    if result.frontier is None:
        return
    frontier = result.deal.structure.frontier if result.deal.structure else None
    name = frontier.tranche if frontier else ""
    header = ["size", _("% of\npool"), _("cost of\nfunds"), "expected\nloss", "P(de-\nfault)"]
    yield ready_table(
        _("Frontier: size of {name} [{unit}]; * efficient; standard errors in brackets").format(
            name=name, unit=unit.name
        ),
        [*header, "WAL\nyears", _("cash at\nclosing")],
        _frontier_rows(result, unit),
    )


def limit_value(reading: Reading, value: float) -> str:
    """Return a value of a limit: coverage as a ratio, lives in years, others in percent."""
    if not math.isfinite(value):
        return "-"
    if isinstance(reading.limit, NetCoverLimit | InterestCoverLimit):
        return f"{value:.3f}" if value < 1000.0 else _("no interest")
    if isinstance(reading.limit, WalLimit):
        return _("{value:.2f} years").format(value=value)
    if isinstance(reading.limit, AdvanceRateLimit):
        return percent(value, 2)
    return percent(value, 4 if abs(value) < 0.005 else 2)


def _limit_rows(result: Structured, unit: Unit) -> Iterator[list[str]]:
    for sized in result.sizing.sized:
        for i, (r, alone) in enumerate(zip(sized.readings, sized.alone, strict=True)):
            side = "≥" if r.at_least else "≤"
            mark = "binds: " if i == sized.number else "" if r.holds else "broken: "
            allowed = _("no loss") if r.limit.kind == "stress" else limit_value(r, r.allowed)
            error = "-" if r.value.se == 0.0 else limit_value(r, r.value.se)
            shown = unit.show(alone) if math.isfinite(alone) else f"> {unit.show(sized.highest)}"
            yield [
                sized.tranche,
                mark + r.text,
                limit_value(r, r.value.value),
                error,
                "-"
                if r.cases is None
                else _("{cases:,} (few)").format(cases=r.cases)
                if r.few
                else f"{r.cases:,}",
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
        return (
            _("{value:.3f} times").format(value=value) if kind == "multiple" else percent(value, 3)
        )

    e = solved.value
    numbers = (show(x) for x in (e.value, e.se, e.low, e.high))
    return [solve_text(solved.solve), *numbers, want_text(solved.solve)]


def _frontier_rows(result: Structured, unit: Unit) -> Iterator[list[str]]:
    frontier = known(result.frontier, "frontier")
    table = frontier.iloc[:: max(1, math.ceil(len(frontier) / MOST_SIZES))]
    sizes, cash, errors = (unit.column(table[name]) for name in ("size", "cash", "cash_se"))
    for i, row in enumerate(table.itertuples()):
        yield [
            sizes[i] + (" *" if row.efficient else "  "),
            percent(row.share_of_pool, 2),
            _share(row.cost_of_funds, row.cost_of_funds_se, 2),
            _share(row.expected_loss, row.expected_loss_se, 3),
            percent(row.default_probability, 1),
            fixed_or_missing(row.wal, 2),
            f"{cash[i]} ({errors[i]})",
        ]


def _share(value: float, se: float, decimals: int) -> str:
    return with_error(Estimate(value, se, math.nan, math.nan, 0.95), decimals, is_share=True)


def _notes(result: Structured) -> Iterator[str]:
    yield from result.notes
    if result.sizing.sized:
        reason = result.sizing.without_error
        count = result.sizing.trials.structure.resamples
        own = _("errors of sizes are from {count} resamples of the whole structuring").format(
            count=count
        )
        yield _("{reason}; other errors are those at these sizes").format(reason=reason or own)
        yield (
            _(
                "cases: scenarios with a loss or shortfall, beyond the quantile, or not "
                "repaid, on which a limit rests"
            )
        )
    structure = result.deal.structure
    if structure is None:
        return
    for table in (structure.ratings, structure.stresses):
        if table is not None and structure.size and table.origin == "assumption":
            yield _("table {table!r} is an assumption and no agency's").format(table=table.name)
    seller = structure.seller
    if seller is not None and isinstance(seller.retention, Horizontal):
        yield (
            _(
                "the seller keeps the first loss: whether the package leaves its books is "
                "doubtful, and is not judged here"
            )
        )
