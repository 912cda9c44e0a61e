"""Summary of a deal for the terminal, and the ledger of one scenario in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from npl_sim.reports.deal.parts import closing_rows, cover_table, ratio_table, ratios_line
from npl_sim.reports.formats import Unit, money_unit, percent
from npl_sim.reports.heading import print_issues
from npl_sim.reports.price.text_tables import table_of
from npl_sim.securitization.results.outcome import DealOutcome
from npl_sim.securitization.waterfall.call import CallResult, price_covers
from npl_sim.securitization.waterfall.state import PASSED_OVER
from npl_sim.stats.risk import Estimate
from npl_sim.tape.issues import LISTED_BY, Issue

if TYPE_CHECKING:
    from rich.console import Console

    from npl_sim.reports.stacked_table import StackedTable

__all__ = ["ledger_text", "print_deal"]

SMALLEST = 0.0005
"""Share of the cash below which a receiver is not told by itself."""

Rows = Sequence[Sequence[str]]


def print_deal(
    outcome: DealOutcome,
    console: Console,
    issues: Sequence[Issue] = (),
    listed_by: str = LISTED_BY,
) -> None:
    """Print what a deal means for each tranche, its triggers, and where the cash goes.

    Parameters
    ----------
    outcome
        What the deal means.
    console
        Where to print.
    issues
        What may be wrong, which follows the headline.
    listed_by
        What lists every issue.
    """
    deal = outcome.run.deal
    unit = money_unit(max(deal.notes, abs(outcome.net.value)), deal.currency)
    console.print()
    for line in _headline(outcome, unit):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    print_issues(console, issues, deal.currency, listed_by)
    for title, table in _tables(outcome, unit, not console.is_terminal):
        console.print()
        console.print(title, style="bold", highlight=False, markup=False)
        console.print(table)
    console.print()
    for note in _left_out(outcome, unit):
        console.print(f"Note: {note}", highlight=False, markup=False, soft_wrap=True)


def _headline(outcome: DealOutcome, unit: Unit) -> Iterator[str]:
    run = outcome.run
    deal, dates = run.deal, run.terms.dates
    yield (
        f"Deal   {deal.name}: {unit.show(deal.notes)} {unit.name} of notes on a package of GBV "
        f"{unit.show(deal.pool_balance)}"
    )
    yield (
        f"Dates  closing {dates.closing}, {len(dates)} payment dates from {dates.payment[0]} "
        f"to {dates.payment[-1]}; "
        f"collections from {dates.collection[0]} to {dates.collection[-1]}"
    )
    net = outcome.net
    yield (
        f"Cash   net collections {unit.show(net.value)} {unit.name} "
        f"({percent(net.value / deal.pool_balance)} of GBV, "
        f"{percent(net.value / deal.notes) if deal.notes else 'n/a'} of the notes), standard "
        f"error {unit.show(net.se)}"
    )
    called = (
        ""
        if outcome.call is None
        else f"; the package is called in {_share(outcome.call.probability)}"
    )
    yield f"From   {run.scenarios:,} scenarios{called}"


def _share(estimate: Estimate, decimals: int = 1) -> str:
    """Return a share with its standard error in brackets."""
    if not math.isfinite(estimate.value):
        return "-"
    error = f"{100.0 * estimate.se:.{decimals}f}" if math.isfinite(estimate.se) else "-"
    return f"{percent(estimate.value, decimals)} ({error})"


def _number(estimate: Estimate, decimals: int = 2) -> str:
    if not math.isfinite(estimate.value):
        return "-"
    error = f"{estimate.se:.{decimals}f}" if math.isfinite(estimate.se) else "-"
    return f"{estimate.value:.{decimals}f} ({error})"


def _tables(outcome: DealOutcome, unit: Unit, plain: bool) -> Iterator[tuple[str, StackedTable]]:
    low, high = outcome.levels[1], outcome.levels[-2]
    shown = (low, 0.5, high)
    header = [
        "tranche",
        "balance",
        "price",
        "expected\nloss",
        "mean of\nprincipal lost",
        "of interest\nunpaid",
    ]
    title = f"What tranches lose [{unit.name}; % of the balance]; standard errors in brackets"
    yield title, table_of(header, _loss_rows(outcome, unit), plain)

    header = [
        "tranche",
        "P(interest\nshortfall)",
        "its mean\nsize",
        "P(principal\nloss)",
        "its mean\nsize",
    ]
    title = f"How often they fall short, and by how much where they do [{unit.name}]"
    yield title, table_of(header, _risk_rows(outcome, unit), plain)

    header = ["tranche", "average life\n[years]", *(f"life\n{100 * p:g}%" for p in shown)]
    header += ["yield", *(f"yield\n{100 * p:g}%" for p in shown)]
    yield (
        "What tranches earn; yields are those of the mean cash, and quantiles",
        table_of(header, _return_rows(outcome, shown), plain),
    )

    header = [
        "tranche",
        "cover",
        f"cover\n{100 * low:g}%",
        f"least interest\ncover {100 * low:g}%",
        "median year\nof first loss",
    ]
    yield "How near tranches come to loss", table_of(header, _near_rows(outcome, low), plain)

    if outcome.call is not None:
        header = [
            "P(call)",
            "mean year\nof call",
            "mean\nprice",
            "holder's\nmean gain",
            "worst",
            "P(loss)",
        ]
        title = f"Clean-up call: what it means for its holder where it calls [{unit.name}]"
        yield title, table_of(header, [_call_row(outcome.call, unit)], plain)

    if len(outcome.triggers) > 1 or outcome.run.accelerated.any():
        header = ["trigger", "ever active", "mean time active\n[years]"]
        rows = [[name, _share(t.ever), _number(t.years)] for name, t in outcome.triggers.items()]
        yield "Triggers; standard errors in brackets", table_of(header, rows, plain)
    if outcome.run.tested:
        yield (
            "Tested values by date: median (5% quantile, 95% quantile)",
            ratio_table(outcome.run, plain),
        )

    covers = cover_table(outcome.run, plain)
    if covers is not None:
        title = (
            "Interest cover by date, where interest is owed: median (5% quantile, 95% quantile)"
        )
        yield title, covers

    yield (
        f"Sources and uses at closing [{unit.name}]",
        table_of(["", "amount"], closing_rows(outcome.run.deal, unit), plain),
    )

    header = ["", "mean", "std\nerror", "share"]
    for side, title in (("in", "Where the cash comes from"), ("out", "Where the cash goes")):
        yield (
            f"{title} [{unit.name}]",
            table_of(header, _cash(outcome, unit, side), plain, total=True),
        )


def _call_row(call: CallResult, unit: Unit) -> list[str]:
    worst = unit.show(call.worst) if math.isfinite(call.worst) else "-"
    amounts = [
        f"{unit.show(e.value)} ({unit.show(e.se)})" if math.isfinite(e.value) else "-"
        for e in (call.price, call.gain)
    ]
    return [_share(call.probability), _number(call.years), *amounts, worst, _share(call.loss)]


def _plain(number: float) -> str:
    return f"{number:,.2f}" if math.isfinite(number) else "-"


def _loss_rows(outcome: DealOutcome, unit: Unit) -> Rows:
    deal, results = outcome.run.deal, list(outcome.tranches.values())
    balances = unit.column(t.balance for t in deal.tranches)
    unpaid = unit.column(r.interest_lost.value for r in results)
    return [
        [
            t.name,
            balances[i],
            percent(t.price),
            _share(r.expected_loss, 2),
            _share(r.principal_lost, 2),
            unpaid[i],
        ]
        for i, (t, r) in enumerate(zip(deal.tranches, results, strict=True))
    ]


def _risk_rows(outcome: DealOutcome, unit: Unit) -> Rows:
    results = list(outcome.tranches.values())
    short, lost = (
        unit.column(getattr(r, name).value for r in results)
        for name in ("shortfall_size", "loss_size")
    )
    return [
        [r.name, _share(r.shortfall), short[i], _share(r.loss), lost[i]]
        for i, r in enumerate(results)
    ]


def _return_rows(outcome: DealOutcome, shown: Sequence[float]) -> Rows:
    rows = []
    for r in outcome.tranches.values():
        lives = [_plain(r.wal_quantiles[p].value) for p in shown]
        yields = [r.yields[p].value for p in shown]
        told = [percent(x) if math.isfinite(x) else "-" for x in yields]
        rows.append([r.name, _number(r.wal), *lives, _share(r.yield_of_mean), *told])
    return rows


def _near_rows(outcome: DealOutcome, low: float) -> Rows:
    return [
        [
            r.name,
            _number(r.cover),
            *(
                _plain(x.value)
                for x in (
                    r.cover_quantiles[low],
                    r.interest_cover[low],
                    r.loss_date_quantiles[0.5],
                )
            ),
        ]
        for r in outcome.tranches.values()
    ]


def _cash(outcome: DealOutcome, unit: Unit, side: str) -> Rows:
    part = outcome.totals[outcome.totals["side"] == side]
    small = part["share"].abs() < SMALLEST
    if small.sum() == 1:
        small &= False
    shown, rest = part[~small], part[small]
    means = [*shown["mean"], *([rest["mean"].sum()] if len(rest) else []), part["mean"].sum()]
    shares = [*shown["share"], *([rest["share"].sum()] if len(rest) else []), part["share"].sum()]
    names = [f"{row.party}: {row.what}" for row in shown.itertuples()]
    names += [*([f"{len(rest)} smaller"] if len(rest) else []), "all"]
    errors = [*unit.column(shown["se"]), *([""] if len(rest) else []), ""]
    return list(zip(names, unit.column(means), errors, map(percent, shares), strict=True))


def _left_out(outcome: DealOutcome, unit: Unit) -> Iterator[str]:
    """Say what the package collects that is not the deal's, what is deferral, and what is still owed at the end."""
    run = outcome.run
    cash = run.terms.cash
    if not cash.received.any():
        yield "the deal receives nothing in any scenario"
    for amounts, what in (
        (cash.before_cutoff, "until the cut-off is not the deal's"),
        (cash.to_seller, "before closing is the seller's"),
        (cash.after_last, "after the last collection period is nobody's in this deal"),
        (run.after_call, "after the clean-up call is the caller's"),
    ):
        if amounts.any():
            yield (
                f"what is collected {what}: {unit.show(float(amounts.mean()))} {unit.name} "
                "in the mean"
            )
    for t in run.deal.tranches:
        if t.deferrable and outcome.tranches[t.name].shortfall.value > 0.0:
            yield (
                f"{t.name!r} may put interest off: what is told as its interest shortfall "
                "is deferral"
            )
    covers = price_covers(run.deal)
    if covers:
        yield f"the price of the clean-up call pays, beyond the cash at hand: {'; '.join(covers)}"
    for name, owed in run.unpaid_claims.items():
        if owed.any():
            yield (
                f"{name!r} is still owed {unit.show(float(owed.mean()))} {unit.name} in the "
                "mean when the deal ends"
            )


def ledger_text(
    ledger: pd.DataFrame,
    states: pd.DataFrame,
    number: int,
    currency: str,
    limits: Mapping[str, str] | None = None,
) -> str:
    """Return the ledger of one scenario as text, date by date, with the reason of each payment.

    Parameters
    ----------
    ledger, states
        As `npl_sim.securitization.results.ledger` returns them. Lines on which nothing is owed or
        paid are left out.
    number
        Number of the scenario.
    currency
        Name of the currency.
    limits
        Limits of triggers in words, by name (`dealparts.limit_texts`); none: what was tested is
        not told.
    """
    lines = [f"Scenario {number}, amounts in {currency}"]
    label = max((len(x) for x in ledger["label"]), default=0)
    receiver = max((len(x) for x in ledger["receiver"]), default=0)
    for state in states.to_dict(orient="records"):
        flags = [
            k.removeprefix("trigger ") for k, v in state.items() if k.startswith("trigger ") and v
        ]
        active = f"; active: {', '.join(map(str, flags))}" if flags else ""
        lines += [
            "",
            f"Payment {state['payment']} on {state['date']}, collections to "
            f"{state['collection_end']}: received "
            f"{state['received']:,.2f}, of it costs {state['costs']:,.2f}; cash in "
            f"{state['cash_in']:,.2f}"
            f"{active}{'; accelerated' if state['accelerated'] else ''}",
        ]
        told = (ledger["owed"] != 0) | (ledger["paid"] != 0) | (ledger["purpose"] == PASSED_OVER)
        tested = ratios_line(state, limits or {})
        lines += [f"       tested: {tested}"] if tested else []
        here = ledger[told & (ledger["payment"] == state["payment"])]
        for row in here.to_dict(orient="records"):
            lines.append(
                f"  {row['step']:>3}  {row['label']:<{label}}  {row['receiver']:<{receiver}}  "
                f"owed {row['owed']:>18,.2f}  "
                f"paid {row['paid']:>18,.2f}  {row['reason']}"
            )
        left = [
            f"{k} {v:,.2f}"
            for k, v in state.items()
            if k.startswith(("balance ", "unpaid ", "account "))
        ]
        lines.append(f"       after: {', '.join(left)}")
    return "\n".join(lines) + "\n"
