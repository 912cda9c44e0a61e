"""Points for a committee to decide or check, each drawn from the numbers by a rule."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from npl_sim.analysis.worthless import COMMITTEE_SHARE, by_reason
from npl_sim.core.language import gettext as _
from npl_sim.reports.bid_book.assumptions import assumptions
from npl_sim.reports.bid_book.comparables import comparables_text
from npl_sim.reports.bid_book.money import money, of_gbv
from npl_sim.reports.bid_book.second_method import verdict
from npl_sim.reports.bid_book.sentences import change_text, has_zone
from npl_sim.reports.formats import Unit, percent
from npl_sim.reports.heading import NO_HEADING, Heading

if TYPE_CHECKING:
    from npl_sim.analysis.committee import BidBook
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable


Weight = Literal["decide", "check", "note"]

ORDER: tuple[Weight, ...] = ("decide", "check", "note")
"""Order of points."""


@dataclass(frozen=True)
class Point:
    """A point for the committee."""

    weight: Weight
    """decide: a decision; check: a question to answer before signing; note: information."""
    text: str
    """Its text."""


decide, check, note = (partial(Point, weight) for weight in ORDER)


def points(
    study: Study, table: LoanTable, book: BidBook, unit: Unit, heading: Heading = NO_HEADING
) -> tuple[Point, ...]:
    """Return the points for the committee, decisions first.

    Parameters
    ----------
    study, table, book
        The study, its loans and their bid book.
    unit
        Unit of amounts.
    heading
        Issues and loans without value.
    """
    found = [
        *_bid(book, unit),
        *_errors(heading),
        *_worthless(heading, unit),
        *_prudence(book, unit),
        *_second(book, unit),
        *_comparables(book),
        *_provisions(study),
        *_flags(book, unit),
        *_precision(book),
        *_assumed(study),
        *_tape(table),
        *(note(text) for text in book.result.notes),
    ]
    return tuple(sorted(found, key=lambda point: ORDER.index(point.weight)))


def _bid(book: BidBook, unit: Unit) -> Iterator[Point]:
    price, ask, found = book.bid.price.value, book.deal.reservation.value, has_zone(book)
    if price <= 0.0:
        yield decide(_("Do not bid on these terms: no positive price meets the buyer's target."))
        return
    limit = f"{money(price, unit)}{of_gbv(book, price)}"
    if found:
        yield decide(
            _(
                "Bid from {ask} to at most {limit}: any price in between leaves both sides "
                "better off."
            ).format(ask=money(ask, unit), limit=limit)
        )
    elif found is None:
        yield decide(
            _(
                "Bid at most {limit}; whether the seller accepts is within the error of "
                "simulation."
            ).format(limit=limit)
        )
    else:
        yield decide(
            _(
                "Bid at most {limit}; expect the seller to refuse below {ask} unless terms change."
            ).format(limit=limit, ask=money(ask, unit))
        )
        changes = [
            change_text(x, unit)
            for x in book.deal.closing_changes
            if x.needed is not None and x.side in ("buyer", "both")
        ]
        if changes:
            yield decide(
                _(
                    "To reach the seller's price, one of these would have to change: {changes}."
                ).format(changes="; ".join(changes))
            )


def _errors(heading: Heading) -> Iterator[Point]:
    for issue in heading.issues:
        if issue.severity == "error" and issue.location == "result":
            yield decide(
                _("Do not decide on this result: {message}.").format(message=issue.message)
            )


def _worthless(heading: Heading, unit: Unit) -> Iterator[Point]:
    nothing = heading.nothing
    if nothing is None or nothing.share <= COMMITTEE_SHARE:
        return
    parts = [f"{row.reason} {money(row.gbv, unit)}" for row in by_reason(nothing).itertuples()]
    secured = float(nothing.loans["collateral_value"].sum())
    carry = (
        _("; they carry collateral appraised at {secured}").format(secured=money(secured, unit))
        if secured > 0.0
        else ""
    )
    yield check(
        _(
            "{loans:,} loans with {share} of GBV are worth nothing ({parts}){carry}: "
            "check the stages and dates that lead to this."
        ).format(
            loans=len(nothing.loans),
            share=percent(nothing.share),
            parts="; ".join(parts),
            carry=carry,
        )
    )


def _prudence(book: BidBook, unit: Unit) -> Iterator[Point]:
    margin = book.prudent.value - book.bid.price.value
    if margin < 0.0:
        yield check(
            _(
                "The bid is {margin} above the prudent value of {prudent}: bid less, or "
                "state the reason."
            ).format(margin=money(-margin, unit), prudent=money(book.prudent.value, unit))
        )
    else:
        yield note(
            _("The bid is {margin} below the prudent value.").format(margin=money(margin, unit))
        )
    empty = book.prudent.margins
    if len(empty) == 0:
        yield check(
            _("The study has no margins: the prudent value deducts nothing for uncertainty.")
        )


def _second(book: BidBook, unit: Unit) -> Iterator[Point]:
    second = book.second
    if second is None:
        yield check(_("The second method was not run: the price has no independent check."))
        return
    gap = second.value - book.result.mean.value
    side = "above" if gap >= 0.0 else "below"
    finding = _(
        "The second method gives {second}, {gap} {side} the simulation ({second2})"
    ).format(
        second=money(second.value, unit),
        gap=money(abs(gap), unit),
        side=side,
        second2=verdict(second),
    )
    if second.flagged:
        yield check(_("{finding}: explain this before signing.").format(finding=finding))
    elif second.unknown:
        yield check(
            _(
                "{finding}: more scenarios, or a run grouped by segment, would determine it."
            ).format(finding=finding)
        )
    else:
        yield note(f"{finding}.")


def _comparables(book: BidBook) -> Iterator[Point]:
    found = book.published
    kind = check if found.missing or found.inside < found.compared else note
    yield kind(_("Published comparables: {found}.").format(found=comparables_text(found)))


def _provisions(study: Study) -> Iterator[Point]:
    if not study.seller.provision_coverage:
        yield check(
            _(
                "The study has no provisions (seller.provision_coverage). So book value is "
                "gross book value, and the seller's day-one result is not that of its "
                "books."
            )
        )


def _flags(book: BidBook, unit: Unit) -> Iterator[Point]:
    for flag in book.flags:
        many = _(" ({count:,} of {of:,})").format(count=flag.count, of=flag.of) if flag.of else ""
        effect = _("effect on the price not known")
        if math.isfinite(flag.effect):
            effect = (
                _("lowers the prudent value by {effect}").format(effect=money(-flag.effect, unit))
                if flag.effect < 0.0
                else _("no effect on the price")
            )
        yield check(f"{flag.name[:1].upper()}{flag.name[1:]}{many}: {flag.detail}; {effect}.")


def _precision(book: BidBook) -> Iterator[Point]:
    if has_zone(book) is None:
        yield check(_("More scenarios are needed to tell whether there is a zone of agreement."))


def _assumed(study: Study) -> Iterator[Point]:
    every = list(assumptions(study))
    unsourced = ["collateral", "policies"] if study.collateral else ["policies"]
    if not study.market.sources:
        unsourced.insert(0, "market")
    named = (
        " and ".join([", ".join(unsourced[:-1]), unsourced[-1]])
        if len(unsourced) > 1
        else unsourced[0]
    )
    yield check(
        _("The figures of {named} have no source: unsourced assumptions.").format(named=named)
    )
    law = {
        a.origin
        for a in every
        if a.section.startswith("Law: ") and a.stated and "assumption" in a.origin.lower()
    }
    if law:
        many = (
            _("1 rule is an assumption")
            if len(law) == 1
            else _("{law} rules are assumptions").format(law=len(law))
        )
        yield check(
            _("In the law {legal!r} {many} as marked there: see the assumptions.").format(
                legal=study.legal.name, many=many
            )
        )


def _tape(table: LoanTable) -> Iterator[Point]:
    account = table.reconciliation.loans
    if account.rows_quarantined:
        yield check(
            _(
                "{rows_quarantined:,} rows of the tape are in quarantine and not in the price."
            ).format(rows_quarantined=account.rows_quarantined)
        )
    errors = sum(f.count for f in table.findings if f.severity == "error")
    warnings = sum(f.count for f in table.findings if f.severity == "warning")
    if errors or warnings:
        yield note(
            _(
                "The tape has {errors:,} errors and {warnings:,} warnings: see the findings."
            ).format(errors=errors, warnings=warnings)
        )
