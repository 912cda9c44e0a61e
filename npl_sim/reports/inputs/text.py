"""Texts about the workbook of inputs: its first sheet, and what `npl-sim init` prints."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from npl_sim.core.language import gettext as _
from npl_sim.core.language import ngettext
from npl_sim.reports.formats import amount_text

if TYPE_CHECKING:
    from npl_sim.analysis.question_effects import PricedQuestion, PricedQuestions
    from npl_sim.tape.proposal.model import Proposal

SHOWN = 10
"""Questions that are printed; all are in the workbook."""


def introduction(base: str) -> list[tuple[str, str]]:
    """Return the lines of the first sheet: head and text.

    Parameters
    ----------
    base
        Name of the base of the study.
    """
    return [
        (
            _("What this is"),
            _(
                "The inputs of the study beside it. Edit yellow cells, save, and run the study "
                "again. An untouched workbook changes nothing."
            ),
        ),
        (
            _("Which value wins"),
            _(
                "--set on the command line, then this workbook, then study.yaml, then the base "
                "{base}. Reports name the file, sheet and row of each value."
            ).format(base=base),
        ),
        (
            _("Questions"),
            _(
                "What the files do not settle, with the effect of each answer on the price. "
                "Begin here: the largest effect comes first."
            ),
        ),
        (_("Mapping"), _("Which header each field is read from, with share filled and examples.")),
        (_("Codes"), _("How codes of the bank are read: stages, products, kinds, ranks.")),
        (
            _("Assumptions"),
            _(
                "Discounts, durations, probabilities, fees and returns that matter to this "
                "package. Only a value that differs from the base beside it counts."
            ),
        ),
        (
            _("Begin again"),
            _(
                "npl-sim init on the same files renews every sheet and keeps your cells. The "
                "workbook of before is saved beside it."
            ),
        ),
    ]


def sheet_lines(proposal: Proposal) -> list[str]:
    """Return what was found in each sheet, a line each.

    Parameters
    ----------
    proposal
        How the files are read.
    """
    lines = []
    for sheet in proposal.sheets:
        if not sheet.used:
            text = _("{sheet}: not read ({reason})")
            lines.append(text.format(sheet=sheet.label, reason=sheet.reason))
            continue
        unit = "" if sheet.unit in (None, 1.0) else _(", unit {unit:,.0f}").format(unit=sheet.unit)
        text = _("{sheet}: {role}, headers in row {row}, {records:,} records{unit}")
        lines.append(
            text.format(
                sheet=sheet.label,
                role=sheet.role,
                row=sheet.header_row,
                records=sheet.records,
                unit=unit,
            )
        )
    return lines


def question_lines(priced: PricedQuestions, currency: str) -> list[str]:
    """Return the open questions with their effects, the largest first, a line each.

    Parameters
    ----------
    priced
        The questions.
    currency
        Currency of the amounts.
    """
    price = amount_text(priced.price, currency)
    lines = [_("Price as read: {price} at the required return").format(price=price)]
    lines += [_line(question, priced.price, currency) for question in priced.questions[:SHOWN]]
    left = len(priced.questions) - SHOWN
    if left > 0:
        text = ngettext(
            "and {left} more in the sheet Questions",
            "and {left} more in the sheet Questions",
            left,
        )
        lines.append(text.format(left=left))
    return lines


def _line(question: PricedQuestion, price: float, currency: str) -> str:
    largest = question.largest
    if largest.effect != largest.effect:
        effect = _("effect not measured")
    else:
        share = f" ({largest.effect / price:+.1%})" if price > 0.0 else ""
        sign = "+" if largest.effect >= 0.0 else ""
        effect = f"{sign}{amount_text(largest.effect, currency)}{share}"
    return f"{effect:>28}  {question.id}: {question.text}. {largest.text}"


def next_lines(study: Path, inputs: Path, base: str, kept: int) -> list[str]:
    """Return what was written and the commands that come next, a line each.

    Parameters
    ----------
    study, inputs
        The files that were written.
    base
        Name of the base.
    kept
        Rows of an earlier workbook whose cells were kept.
    """
    wrote = _("Wrote {study} on the base {base}, and {inputs}")
    lines = [wrote.format(study=study, base=base, inputs=inputs)]
    if kept:
        text = ngettext(
            "{rows} row that you edited is kept", "{rows} rows that you edited are kept", kept
        )
        lines.append(text.format(rows=kept))
    return [
        *lines,
        _("Next: answer the questions in {inputs}, then").format(inputs=inputs),
        f"  npl-sim validate {shlex.quote(str(study))}",
        f"  npl-sim price {shlex.quote(str(study))}",
        f"  npl-sim bid {shlex.quote(str(study))} --out {shlex.quote(str(study.parent / 'runs/first'))}",
    ]
