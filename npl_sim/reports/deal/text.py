"""Report of a deal for the terminal: what each tranche loses and earns, triggers, cash."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from npl_sim.core.issues import Issue
from npl_sim.reports.deal.parts import closing_rows, cover_table, ratio_table
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
from npl_sim.securitization.results.outcome import DealOutcome
from npl_sim.securitization.waterfall.call import CallResult, price_covers
from npl_sim.stats.risk import Estimate
from npl_sim.tape.issues import LISTED_BY

SMALLEST = 0.0005
"""Share of the cash below which receivers are summed in one row."""

Rows = Sequence[Sequence[str]]


def deal_report(
    outcome: DealOutcome, issues: Sequence[Issue] = (), listed_by: str = LISTED_BY
) -> Report:
    """Return the report of a deal.

    Parameters
    ----------
    outcome
        Results of the deal.
    issues
        Issues, which follow the headline.
    listed_by
        Command that lists every issue.
    """
    deal = outcome.run.deal
    unit = money_unit(max(deal.notes, abs(outcome.net.value)), deal.currency)
    return Report(
        _headline(outcome, unit),
        [*_tranche_tables(outcome, unit), *_deal_tables(outcome, unit)],
        list(_notes(outcome, unit)),
        Heading(tuple(issues), None, deal.currency),
        listed_by=listed_by,
    )


def _headline(outcome: DealOutcome, unit: Unit) -> list[str]:
    run = outcome.run
    deal, dates, net = run.deal, run.terms.dates, outcome.net
    of_notes = percent(net.value / deal.notes) if deal.notes else "n/a"
    called = ""
    if outcome.call is not None:
        called = f"; the package is called in {_share(outcome.call.probability)}"
    return [
        f"Deal   {deal.name}: {unit.show(deal.notes)} {unit.name} of notes on a package of GBV "
        f"{unit.show(deal.pool_balance)}",
        f"Dates  closing {dates.closing}, {len(dates)} payment dates from {dates.payment[0]} to "
        f"{dates.payment[-1]}; collections from {dates.collection[0]} to {dates.collection[-1]}",
        f"Cash   net collections {unit.show(net.value)} {unit.name} "
        f"({percent(net.value / deal.pool_balance)} of GBV, {of_notes} of the notes), "
        f"standard error {unit.show(net.se)}",
        f"From   {run.scenarios:,} scenarios{called}",
    ]


def _share(estimate: Estimate, decimals: int = 1) -> str:
    """Return a share with its standard error in brackets, in percent."""
    return with_error(estimate, decimals, is_share=True)


def _tranche_tables(outcome: DealOutcome, unit: Unit) -> Iterator[Table]:
    deal, results = outcome.run.deal, list(outcome.tranches.values())
    balances = unit.column(t.balance for t in deal.tranches)
    unpaid, short, lost = (
        unit.column(getattr(r, name).value for r in results)
        for name in ("interest_lost", "shortfall_size", "loss_size")
    )
    rows = [
        [t.name, size, percent(t.price), _share(r.expected_loss, 2), _share(r.principal_lost, 2)]
        for t, r, size in zip(deal.tranches, results, balances, strict=True)
    ]
    header = "tranche | balance | price | expected\nloss | mean of\nprincipal lost"
    yield ready_table(
        f"What tranches lose [{unit.name}; % of the balance]; standard errors in brackets",
        f"{header} | of interest\nunpaid",
        ([*row, amount] for row, amount in zip(rows, unpaid, strict=True)),
    )
    header = "tranche | P(interest\nshortfall) | its mean\nsize | P(principal\nloss)"
    yield ready_table(
        f"How often they fall short, and by how much where they do [{unit.name}]",
        f"{header} | its mean\nsize",
        (
            [r.name, _share(r.shortfall), short[i], _share(r.loss), lost[i]]
            for i, r in enumerate(results)
        ),
    )
    yield from _return_tables(outcome)


def _return_tables(outcome: DealOutcome) -> Iterator[Table]:
    results = outcome.tranches.values()
    low, high = outcome.levels[1], outcome.levels[-2]
    levels = (low, 0.5, high)
    header = ["tranche", "average life\n[years]", *(f"life\n{100 * p:g}%" for p in levels)]
    yield ready_table(
        "What tranches earn; yields are those of the mean cash, and quantiles",
        [*header, "yield", *(f"yield\n{100 * p:g}%" for p in levels)],
        (
            [
                r.name,
                with_error(r.wal),
                *(fixed_or_missing(r.wal_quantiles[p].value, 2) for p in levels),
                _share(r.yield_of_mean),
                *(percent(r.yields[p].value) for p in levels),
            ]
            for r in results
        ),
    )
    share = f"{100 * low:g}%"
    yield ready_table(
        "How near tranches come to loss",
        f"tranche | cover | cover\n{share} | least interest\ncover {share} | "
        "median year\nof first loss",
        (
            [
                r.name,
                with_error(r.cover),
                fixed_or_missing(r.cover_quantiles[low].value, 2),
                fixed_or_missing(r.interest_cover[low].value, 2),
                fixed_or_missing(r.loss_date_quantiles[0.5].value, 2),
            ]
            for r in results
        ),
    )


def _deal_tables(outcome: DealOutcome, unit: Unit) -> Iterator[Table]:
    run = outcome.run
    if outcome.call is not None:
        header = ["P(call)", "mean year\nof call", "mean\nprice", "holder's\nmean gain"]
        title = f"Clean-up call: what it means for its holder where it calls [{unit.name}]"
        row = _call_row(outcome.call, unit)
        yield ready_table(title, [*header, "worst", "P(loss)"], [row])
    if len(outcome.triggers) > 1 or run.accelerated.any():
        yield ready_table(
            "Triggers; standard errors in brackets",
            ["trigger", "ever active", "mean time active\n[years]"],
            ([name, _share(t.ever), with_error(t.years)] for name, t in outcome.triggers.items()),
        )
    if run.tested:
        yield ratio_table(run)
    covers = cover_table(run)
    if covers is not None:
        yield covers
    title = f"Sources and uses at closing [{unit.name}]"
    yield ready_table(title, ["", "amount"], closing_rows(run.deal, unit))
    for side, title in (("in", "Where the cash comes from"), ("out", "Where the cash goes")):
        header = ["", "mean", "std\nerror", "share"]
        yield ready_table(f"{title} [{unit.name}]", header, _cash(outcome, unit, side), total=True)


def _call_row(call: CallResult, unit: Unit) -> list[str]:
    amounts = [
        f"{unit.show(e.value)} ({unit.show(e.se)})" if math.isfinite(e.value) else MISSING
        for e in (call.price, call.gain)
    ]
    years, worst = with_error(call.years), unit.show(call.worst)
    return [_share(call.probability), years, *amounts, worst, _share(call.loss)]


def _cash(outcome: DealOutcome, unit: Unit, side: str) -> Rows:
    part = outcome.totals[outcome.totals["side"] == side]
    small = part["share"].abs() < SMALLEST
    if small.sum() == 1:
        small &= False
    shown, rest = part[~small], part[small]
    sums = [rest[["mean", "share"]].sum()] if len(rest) else []
    sums.append(part[["mean", "share"]].sum())
    means = [*shown["mean"], *(x["mean"] for x in sums)]
    shares = [*shown["share"], *(x["share"] for x in sums)]
    names = [f"{row.party}: {row.what}" for row in shown.itertuples()]
    names += [*([f"{len(rest)} smaller"] if len(rest) else []), "all"]
    errors = [*unit.column(shown["se"]), *([""] * len(sums))]
    return list(zip(names, unit.column(means), errors, map(percent, shares), strict=True))


def _notes(outcome: DealOutcome, unit: Unit) -> Iterator[str]:
    """Yield cash outside the deal, interest deferred, and claims unpaid at the end."""
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
            mean = unit.show(float(amounts.mean()))
            yield f"what is collected {what}: {mean} {unit.name} in the mean"
    for t in run.deal.tranches:
        if t.deferrable and outcome.tranches[t.name].shortfall.value > 0.0:
            yield f"{t.name!r} may defer interest: its interest shortfall is a deferral"
    covers = price_covers(run.deal)
    if covers:
        yield f"the price of the clean-up call pays, beyond the cash at hand: {'; '.join(covers)}"
    for name, owed in run.unpaid_claims.items():
        if owed.any():
            mean = unit.show(float(owed.mean()))
            yield f"{name!r} is still owed {mean} {unit.name} in the mean when the deal ends"
