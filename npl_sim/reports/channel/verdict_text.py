"""Verdict as numbered steps (question, answer, figures, paragraph, reason), capital and rules."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import get_args

from npl_sim.accounting.decision_tree import Verdict
from npl_sim.accounting.journal import Measurement
from npl_sim.capital.relief import CapitalView
from npl_sim.capital.sham_sale_rules import RuleResult, Status, limits
from npl_sim.channels.verdict.conflicts import Conflict
from npl_sim.core.judgment import Figure, Outcome, Step
from npl_sim.core.language import N_
from npl_sim.core.language import gettext as _
from npl_sim.reports.formats import percent

WIDTH = 110

SENTENCES = {
    Outcome.DERECOGNIZE: N_("The asset leaves the balance sheet."),
    Outcome.KEEP: N_("The asset stays on the balance sheet; the sale is a borrowing."),
    Outcome.CONTINUING: N_("The asset stays to the extent of continuing involvement."),
    Outcome.DEPENDS: (
        N_(
            "Both balance sheets follow; capital and NPL ratio take the buyer that "
            "is not free to sell."
        )
    ),
}


def verdict_text(verdict: Verdict, currency: str = "", width: int | None = None) -> str:
    """Return the derecognition steps, the balance sheet, warnings and assumptions.

    Parameters
    ----------
    verdict
        Verdict on a transfer.
    currency
        Name of the currency.
    width
        Columns of the terminal, if fewer than `WIDTH`.
    """
    free = verdict.if_free
    sheets = (
        [("", verdict.measurement)]
        if free is None
        else [
            (_(", buyer not free to sell"), verdict.measurement),
            (_(", buyer free to sell"), free),
        ]
    )
    lines = [
        _("Derecognition (IFRS 9 section 3.2)"),
        _("Verdict: {outcome}. {sentences}").format(
            outcome=verdict.outcome, sentences=_(SENTENCES[verdict.outcome])
        ),
        "",
        *_steps(verdict.steps, width),
        *(line for label, sheet in sheets for line in _sheet(label, sheet, currency, width)),
        *_list("Warnings", verdict.warnings, width),
        *_list("Assumptions", verdict.assumptions, width),
    ]
    return "\n".join(lines) + "\n"


def _sheet(label: str, measured: Measurement, currency: str, width: int | None) -> Iterator[str]:
    """Yield the balance sheet on the day of the transfer."""
    amounts = [
        (_("asset still recognized"), measured.asset),
        (_("of it, share never transferred"), measured.kept_at_cost),
        ("liability", measured.liability),
        ("gain" if measured.gain >= 0.0 else "loss", abs(measured.gain)),
    ]
    yield ""
    yield _("Balance sheet on the day of the transfer{label}{currency}").format(
        label=label, currency=_in(currency)
    )
    yield from _wrapped(f"{measured.method} [{measured.paragraph}]", "  ", width)
    for name, amount in amounts:
        if amount or not name.startswith("of it"):
            yield _line(name, amount)
    yield _("  Journal (debit +, credit -)")
    for entry in measured.entries:
        yield _line(entry.account, entry.amount)


def _line(name: str, amount: float) -> str:
    return f"  {name:<64}{amount:>20,.2f}"


def capital_text(view: CapitalView, currency: str = "", width: int | None = None) -> str:
    """Return capital claimed and earned, with the steps.

    Parameters
    ----------
    view
        Capital effect of a transfer.
    currency
        Name of the currency.
    width
        Columns of the terminal, if fewer than `WIDTH`.
    """
    rows = (
        ("before", view.before),
        (_("after, as claimed"), view.claimed),
        (_("after, as earned"), view.earned),
        (_("relief claimed"), view.relief_claimed),
        (_("relief earned"), view.relief_earned),
        (_("relief denied"), view.relief_denied),
    )
    lines = [
        f"Capital{_in(currency)}",
        f"  {'':<22}{'risk-weighted assets':>24}{f'capital at {percent(view.capital_ratio)}':>24}",
        *(f"  {name:<22}{rwa:>24,.2f}{view.in_capital(rwa):>24,.2f}" for name, rwa in rows),
        "",
        *_steps(view.steps, width),
        "",
        *_wrapped(
            _("What is earned is set by: ") + "; ".join(step.paragraph for step in view.binding),
            "",
            width,
        ),
    ]
    if view.gains:
        lines += ["", *_against_loss(view)]
    if view.ratios:
        lines += ["", f"  {'':<22}{'before':>16}{'as claimed':>16}{'as earned':>16}"]
        lines.append(
            f"  {'NPL ratio':<22}" + "".join(f"{percent(r.npl, 2):>16}" for r in view.ratios)
        )
        lines.append(
            f"  {'coverage of NPL':<22}"
            + "".join(f"{_coverage(r.coverage):>16}" for r in view.ratios)
        )
    return "\n".join([*lines, *_list("Assumptions", view.assumptions, width)]) + "\n"


def _against_loss(view: CapitalView) -> Iterator[str]:
    """Yield the relief and the day-one gain or loss, which is capital too."""
    relief = [view.in_capital(x) for x in (view.relief_claimed, view.relief_earned)]
    rows = (
        (_("capital relief"), relief),
        (_("gain (+) or loss (-) against the carrying amount"), list(view.gains)),
        (
            _("relief with gain or loss, before tax"),
            [r + g for r, g in zip(relief, view.gains, strict=True)],
        ),
    )
    yield f"  {'Effect on CET1 capital':<52}{'as claimed':>20}{'as earned':>20}"
    for name, (claimed, earned) in rows:
        yield f"  {name:<52}{claimed:>20,.2f}{earned:>20,.2f}"


def conflicts_text(conflicts: Iterable[Conflict], width: int | None = None) -> str:
    """Return the stated facts that the cash contradicts; empty without any.

    Parameters
    ----------
    conflicts
        Facts in conflict.
    width
        As for `verdict_text`.
    """
    texts = [
        _("{fact}: stated {stated}; the cash shows: {evidence}; has no effect").format(
            fact=c.fact, stated=c.stated, evidence=c.evidence
        )
        for c in conflicts
    ]
    return (
        "\n".join(_list(_("Stated facts in conflict with the cash"), texts, width)).lstrip("\n")
        + "\n"
        if texts
        else ""
    )


def rules_text(rules: Sequence[RuleResult] | None, width: int | None = None) -> str:
    """Return the rules on sham sales by result: broken, not tested and not broken.

    Parameters
    ----------
    rules
        Result of each rule; None where the contract's country has no rules here.
    width
        As for `verdict_text`.
    """
    if rules is None:
        return _(
            "Rules on sham sales: not tested; only Chinese rules are in the list "
            "(accounting.country)\n"
        )
    lines = _wrapped(
        _("Rules on sham sales (China): {rules}").format(rules=rules_counted(rules)), "", width
    )
    for status in get_args(Status):
        found = [r for r in rules if r.status == status]
        lines += [f"{status.capitalize()}: {len(found)}"] if found else []
        for r in found:
            why = f" ({'; '.join(r.why)})" if r.why else ""
            lines += textwrap.wrap(
                f"* {r.rule.name}{why}",
                _columns(width),
                initial_indent="  ",
                subsequent_indent="    ",
            )
            what = f"{r.rule.what} " if status == "broken" else ""
            lines += _wrapped(f"{what}[{r.rule.citation}; {r.rule.reading}]", "    ", width)
    edges = limits()
    lines += _wrapped(
        _(
            "The limits are assumptions of this project, as no notice has a number: at "
            "most {retained_at_most} of variability, expected loss or tail stays. A "
            "side letter moves at most {letter_moves_at_most} of it, or of the price. "
            "An investor counts as made whole from a probability of {whole_at_least}."
        ).format(
            retained_at_most=percent(edges.retained_at_most, 0),
            letter_moves_at_most=percent(edges.letter_moves_at_most, 0),
            whole_at_least=percent(edges.whole_at_least, 0),
        ),
        "",
        width,
    )
    return "\n".join(lines) + "\n"


def rules_counted(rules: Sequence[RuleResult]) -> str:
    """Return the number of rules by result in words."""
    if not rules:
        return _("none of the list applies to this sale")
    return ", ".join(f"{sum(r.status == s for r in rules)} {s}" for s in get_args(Status))


def assumed_text(assumed: Iterable[str], width: int | None = None) -> str:
    """Return the basis of the facts beyond the contract.

    Parameters
    ----------
    assumed
        Sentences.
    width
        As for `verdict_text`.
    """
    return "\n".join(_list(_("What the facts rest on"), assumed, width)).lstrip("\n") + "\n"


def _steps(steps: Iterable[Step], width: int | None) -> Iterator[str]:
    for number, step in enumerate(steps, 1):
        question = f"{number}. {step.question}" + (
            f" {step.answer.capitalize()}." if step.answer else ""
        )
        yield from _wrapped(question, "", width)
        memory = "" if step.verified else _(" (from memory, not verified)")
        yield from _wrapped(f"{step.reason} [{step.paragraph}]{memory}", "   ", width)
        for figure in step.figures:
            yield f"   {figure.name}: {_figure(figure)}"


def _figure(figure: Figure) -> str:
    if figure.unit == "share":
        return percent(figure.value, 2)
    return f"{figure.value:,.0f}" if figure.unit == "count" else f"{figure.value:,.2f}"


def _coverage(value: float) -> str:
    return percent(value, 2) if math.isfinite(value) else _("no NPL left")


def _in(currency: str) -> str:
    return f" [{currency}]" if currency else ""


def _columns(width: int | None) -> int:
    return WIDTH if width is None else max(min(width, WIDTH), 40)


def _wrapped(text: str, indent: str, width: int | None) -> list[str]:
    return textwrap.wrap(text, _columns(width), initial_indent=indent, subsequent_indent=indent)


def _list(title: str, sentences: Iterable[str], width: int | None) -> Iterator[str]:
    for i, sentence in enumerate(sentences):
        if not i:
            yield from ("", title)
        yield from textwrap.wrap(
            sentence,
            _columns(width),
            initial_indent="  * ",
            subsequent_indent="    ",
            break_on_hyphens=False,
        )
