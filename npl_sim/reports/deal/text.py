"""Report of a deal for the terminal: what each tranche loses and earns, triggers, cash."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from npl_sim.core.issues import Issue
from npl_sim.core.language import gettext as _
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
        called = _("; the package is called in {probability}").format(
            probability=_share(outcome.call.probability)
        )
    return [
        _("Deal   {deal}: {notes} {unit} of notes on a package of GBV {pool_balance}").format(
            deal=deal.name,
            notes=unit.show(deal.notes),
            unit=unit.name,
            pool_balance=unit.show(deal.pool_balance),
        ),
        _(
            "Dates  closing {closing}, {dates} payment dates from {payment} to "
            "{payment2}; collections from {collection} to {collection2}"
        ).format(
            closing=dates.closing,
            dates=len(dates),
            payment=dates.payment[0],
            payment2=dates.payment[-1],
            collection=dates.collection[0],
            collection2=dates.collection[-1],
        ),
        _(
            "Cash   net collections {net} {unit} ({net2} of GBV, {of_notes} of the "
            "notes), standard error {se}"
        ).format(
            net=unit.show(net.value),
            unit=unit.name,
            net2=percent(net.value / deal.pool_balance),
            of_notes=of_notes,
            se=unit.show(net.se),
        ),
        _("From   {scenarios:,} scenarios{called}").format(scenarios=run.scenarios, called=called),
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
        _("What tranches lose [{unit}; % of the balance]; standard errors in brackets").format(
            unit=unit.name
        ),
        _("{header} | of interest\nunpaid").format(header=header),
        ([*row, amount] for row, amount in zip(rows, unpaid, strict=True)),
    )
    header = "tranche | P(interest\nshortfall) | its mean\nsize | P(principal\nloss)"
    yield ready_table(
        _("How often they fall short, and by how much where they do [{unit}]").format(
            unit=unit.name
        ),
        _("{header} | its mean\nsize").format(header=header),
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
    header = ["tranche", _("average life\n[years]"), *(f"life\n{100 * p:g}%" for p in levels)]
    yield ready_table(
        _("What tranches earn; yields are those of the mean cash, and quantiles"),
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
        _("How near tranches come to loss"),
        _(
            "tranche | cover | cover\n{share} | least interest\ncover {share} | median "
            "year\nof first loss"
        ).format(share=share),
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
        header = ["P(call)", _("mean year\nof call"), "mean\nprice", _("holder's\nmean gain")]
        title = _("Clean-up call: what it means for its holder where it calls [{unit}]").format(
            unit=unit.name
        )
        row = _call_row(outcome.call, unit)
        yield ready_table(title, [*header, "worst", "P(loss)"], [row])
    if len(outcome.triggers) > 1 or run.accelerated.any():
        yield ready_table(
            _("Triggers; standard errors in brackets"),
            ["trigger", _("ever active"), _("mean time active\n[years]")],
            ([name, _share(t.ever), with_error(t.years)] for name, t in outcome.triggers.items()),
        )
    if run.tested:
        yield ratio_table(run)
    covers = cover_table(run)
    if covers is not None:
        yield covers
    title = _("Sources and uses at closing [{unit}]").format(unit=unit.name)
    yield ready_table(title, ["", "amount"], closing_rows(run.deal, unit))
    for side, title in (("in", _("Where the cash comes from")), ("out", _("Where the cash goes"))):
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
    names += [*([_("{rest} smaller").format(rest=len(rest))] if len(rest) else []), "all"]
    errors = [*unit.column(shown["se"]), *([""] * len(sums))]
    return list(zip(names, unit.column(means), errors, map(percent, shares), strict=True))


def _notes(outcome: DealOutcome, unit: Unit) -> Iterator[str]:
    """Yield cash outside the deal, interest deferred, and claims unpaid at the end."""
    run = outcome.run
    cash = run.terms.cash
    if not cash.received.any():
        yield _("the deal receives nothing in any scenario")
    for amounts, what in (
        (cash.before_cutoff, _("until the cut-off is not the deal's")),
        (cash.to_seller, _("before closing is the seller's")),
        (cash.after_last, _("after the last collection period is nobody's in this deal")),
        (run.after_call, _("after the clean-up call is the caller's")),
    ):
        if amounts.any():
            mean = unit.show(float(amounts.mean()))
            yield _("what is collected {what}: {mean} {unit} in the mean").format(
                what=what, mean=mean, unit=unit.name
            )
    for t in run.deal.tranches:
        if t.deferrable and outcome.tranches[t.name].shortfall.value > 0.0:
            yield _("{t!r} may defer interest: its interest shortfall is a deferral").format(
                t=t.name
            )
    covers = price_covers(run.deal)
    if covers:
        yield _("the price of the clean-up call pays, beyond the cash at hand: {covers}").format(
            covers="; ".join(covers)
        )
    for name, owed in run.unpaid_claims.items():
        if owed.any():
            mean = unit.show(float(owed.mean()))
            yield _("{name!r} is still owed {mean} {unit} in the mean when the deal ends").format(
                name=name, mean=mean, unit=unit.name
            )
