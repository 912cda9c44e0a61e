"""Headline and reasons of the decision page, made by rule from the numbers."""

from __future__ import annotations

import math
import re

from npl_sim.analysis.worthless import COMMITTEE_SHARE
from npl_sim.core.issues import Issue
from npl_sim.core.language import gettext as _
from npl_sim.core.language import ngettext
from npl_sim.reports.bid_book.pages.page import Html, bold, escape, joined
from npl_sim.reports.bid_book.pages.view import BookView, number, percent, rate_text, signed
from npl_sim.reports.bid_book.sentences import has_zone

MATERIAL = 0.05
"""Effect of an open reading that goes in the headline. [share of the value]"""

MOST_LETTERS = 150
"""Longest message of an issue on the page."""

_AMOUNT = re.compile(r"(?<![\d.,])(?:\d{1,3}(?:,\d{3})+\.\d{2}|\d{1,3}(?:,\d{3}){2,})(?![\d,])")
"""Amount in a message: with cents, or of a million or more. Counts are smaller."""


def headline(view: BookView) -> str:
    """Return the decision in one or two sentences; what is bad comes first.

    Notes
    -----
    In order: a result that is not plausible; no positive price; a study without a buyer; then the
    prices against the bank's floor. The first of these follows as a sentence of its own: errors, a
    second method that differs, loans worth nothing, an open reading above `MATERIAL`.
    """
    if view.heading.implausible:
        return _("Do not decide on this: the result is not plausible.")
    book = view.book
    price, target = book.bid.price.value, rate_text(book.bid.target)
    if price <= 0.0:
        return _("Do not bid: no positive price earns {target}.").format(target=target)
    if not book.stated_buyer:
        made = _("Worth {price} at {rate}; no buyer is stated, so this is no bid.").format(
            price=view.phrase(price), rate=target
        )
    else:
        made = _advice(view)
    doubt = _doubt(view)
    return f"{made} {doubt}" if doubt else made


def _advice(view: BookView) -> str:
    """Return how far to bid, and what the bank will do."""
    book = view.book
    price, limit = book.bid.price.value, book.offers.limit.price.value
    ask, floor = book.deal.reservation.value, view.round_money(book.deal.reservation.value)
    shown = {"target": view.phrase(price), "limit": view.round_money(limit)}
    if view.has_seller and has_zone(book):
        return _(
            "Bid up to {target}: the bank's floor is near {floor}, so both sides can gain."
        ).format(floor=floor, **shown)
    stop = _("Bid {target} and stop at {limit}.") if limit > price else _("Bid {target}, no more.")
    if not view.has_seller:
        then = _("The bank's floor is not known.")
    elif has_zone(book) is None:
        then = _("The bank's floor is near {floor}: it may refuse.")
    elif ask <= limit:
        then = _("The bank's floor is near {floor}, so expect to lose at our target.")
    else:
        then = _("The bank's floor is near {floor}, above our limit: expect no sale.")
    return f"{stop.format(**shown)} {then.format(floor=floor)}"


def _doubt(view: BookView) -> str:
    """Return the finding that puts the price in doubt; empty if there is none."""
    errors = sum(issue.severity == "error" for issue in view.heading.issues)
    if errors:
        return ngettext(
            "{count} error must be settled first.", "{count} errors must be settled first.", errors
        ).format(count=errors)
    second = view.book.second
    if second is not None and second.flagged:
        share = signed(100.0 * second.share, 1)
        if second.left_out.loans:
            return _(
                "A second method differs by {share}% on the {covered}% of value that it covers."
            ).format(share=share, covered=percent(second.left_out.covered_share))
        return _("A second method differs by {share}%.").format(share=share)
    nothing = view.heading.nothing
    if nothing is not None and nothing.share > COMMITTEE_SHARE:
        return _("Loans with {share}% of the claims count nothing.").format(
            share=percent(nothing.share, 0)
        )
    effect, value = _largest_effect(view), view.book.result.mean.value
    if abs(effect) >= MATERIAL * value:
        return _("One open reading moves the value by {share}%.").format(
            share=signed(100.0 * effect / value)
        )
    return ""


def _largest_effect(view: BookView) -> float:
    effects = [issue.effect for issue in _open(view) if math.isfinite(issue.effect)]
    return max(effects, key=abs, default=0.0)


def _open(view: BookView) -> list[Issue]:
    """Return the issues that nobody has confirmed."""
    confirmed = view.study.tape.confirmed
    return [issue for issue in view.heading.issues if issue.name not in confirmed]


def reasons(view: BookView) -> Html:
    """Return two or three sentences: what the prices earn, and what to settle before bidding."""
    book = view.book
    parts: list[Html] = []
    if view.heading.implausible:
        issue = next(x for x in view.heading.issues if x.location == "result")
        parts.append(bold(_short(view, issue.message)))
    price, three = book.bid.price.value, book.offers
    rate = rate_text(book.bid.target)
    if price > 0.0:
        share = book.result.of_gbv(price)
        earned = 1.0 - three.target.returns.below_target.value
        first = _(
            "At {price}, {share}% of gross book value, we earn {rate} or more in {cases} cases "
            "of 100."
        ).format(
            price=view.phrase(price, view.decimals),
            share=percent(share),
            rate=rate,
            cases=number(100.0 * earned),
        )
        missed = three.limit.returns.below_target.value
        second = _("At {limit} we miss it in {cases} of 100.").format(
            limit=view.money(three.limit.price.value), cases=number(100.0 * missed)
        )
        parts += [escape(first), escape(second)] if math.isfinite(earned) else []
    parts += _worthless(view)
    parts += _first_issue(view)
    return joined(parts, " ")


def _worthless(view: BookView) -> list[Html]:
    """Return how many loans are worth nothing, where the committee must know."""
    nothing = view.heading.nothing
    if nothing is None or nothing.share <= COMMITTEE_SHARE:
        return []
    count = len(nothing.loans)
    text = ngettext(
        "{count} loan with {share}% of gross book value is worth nothing.",
        "{count} loans with {share}% of gross book value are worth nothing.",
        count,
    )
    return [escape(text.format(count=f"{count:,}", share=percent(nothing.share)))]


def _first_issue(view: BookView) -> list[Html]:
    """Return the issue with the largest effect on the value, open ones first; else an error."""
    issues = [x for x in view.heading.issues if x.location != "result"]
    moved = [x for x in issues if math.isfinite(x.effect) and x.effect != 0.0]
    still_open = _open(view)
    if moved:
        worst = max(moved, key=lambda x: (x in still_open, abs(x.effect)))
        effect = _("({effect} on the value)").format(effect=view.change(worst.effect))
        settled = worst not in still_open
        label = _("Confirmed as read:") if settled else _("Settle before bidding:")
        return [bold(label), escape(f"{_short(view, worst.message)} {effect}")]
    errors = [x for x in issues if x.severity == "error"]
    return (
        [bold(_("Settle before bidding:")), escape(_short(view, errors[0].message))]
        if errors
        else []
    )


def _short(view: BookView, text: str) -> str:
    """Return a message in the unit of the book, without its list of loans, cut where long."""
    text = text.split(" (loans ", maxsplit=1)[0]
    text = _AMOUNT.sub(lambda found: view.phrase(float(found[0].replace(",", ""))), text)
    return text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 1].rstrip() + "…"
