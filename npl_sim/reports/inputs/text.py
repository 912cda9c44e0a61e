"""Texts about the workbook of inputs: its first sheet, and what `npl-sim init` prints."""

from __future__ import annotations

import math
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from npl_sim.core.errors import shortened
from npl_sim.core.language import gettext as _
from npl_sim.core.language import ngettext
from npl_sim.reports.formats import amount_text

if TYPE_CHECKING:
    from npl_sim.analysis.question_effects import PricedQuestion, PricedQuestions
    from npl_sim.tape.proposal.model import Proposal

LONGEST = 140
"""Longest text of a question in the terminal. [characters]"""

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
            _("Experts, Cash, Overrides"),
            _(
                "Your own estimates by loan, borrower or item; cash by month; terms of a policy "
                "for single loans. Empty sheets change nothing."
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
    """Return the open questions with their effects, the largest first.

    Parameters
    ----------
    priced
        The questions.
    currency
        Currency of the amounts.
    """
    price = amount_text(priced.price, currency)
    head = _("Price as read: {price} at the required return. Open, largest effect first:")
    # The workbook lists single loans too.
    several = [q for q in priced.questions if q.count != 1 or q.kind != "missing"]
    lines = [head.format(price=price)]
    for question in several[:SHOWN]:
        lines += _entry(question, priced.price, currency)
    left = len(priced.questions) - min(len(several), SHOWN)
    if left > 0:
        text = _("  and {left} more in the sheet Questions")
        lines.append(text.format(left=left))
    must = sum(question.stops for question in priced.questions)
    if must:
        text = ngettext(
            "{number} question must be answered before a run",
            "{number} questions must be answered before a run",
            must,
        )
        lines += ["", text.format(number=must)]
    return lines


def _entry(question: PricedQuestion, price: float, currency: str) -> list[str]:
    """Return a question in two lines: effect and what is open, and what it depends on."""
    largest = question.largest
    if math.isnan(largest.effect):
        effect = _("not measured")
    else:
        share = f"{largest.effect / price:+.1%}" if price > 0.0 else ""
        effect = f"{share:>7}  {amount_text(largest.effect, currency)}"
    mark = "!" if question.stops else " "
    return [
        f"{mark} {effect:<30} {question.id}: {_shortened(question.text)}",
        f"  {'':<30} {_('if')} {_shortened(largest.text)}",
    ]


def _shortened(text: str) -> str:
    return shortened(text[:1].lower() + text[1:], LONGEST)


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
    run = str(study.parent / "runs/first")
    return [
        *lines,
        _("Next: answer the questions in {inputs}, then").format(inputs=inputs),
        f"  npl-sim validate {shlex.quote(str(study))}",
        f"  npl-sim price {shlex.quote(str(study))}",
        f"  npl-sim bid {shlex.quote(str(study))} --out {shlex.quote(run)}",
    ]
