"""Rows of the workbook of inputs: mapping, codes, assumptions and questions as cells."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from npl_sim.core.language import gettext as _
from npl_sim.reports.inputs.terms import Term
from npl_sim.reports.inputs.workbook import InputTable
from npl_sim.study.inputs.entry_sheets import ENTRIES
from npl_sim.study.inputs.layout import ASSUMPTIONS, CODES, MAPPING, MUST, NOT_READ, QUESTIONS
from npl_sim.tape.schema import FIVE_CLASSES, SCHEMAS, TAPE_STAGES
from npl_sim.tape.templates import NAME_CODES

if TYPE_CHECKING:
    from npl_sim.analysis.question_effects import Effect, PricedQuestion, PricedQuestions
    from npl_sim.tape.proposal.model import FieldProposal, Proposal


def mapping_table(proposal: Proposal) -> InputTable:
    """Return the fields of the tape with the headers that they are read from.

    Parameters
    ----------
    proposal
        How the files are read.
    """
    meaning: dict[tuple[str, str], str] = {
        (role, c.name): c.meaning for role, schema in SCHEMAS.items() for c in schema
    }
    headers: dict[str, list[str]] = {}
    for sheet in proposal.sheets:
        if sheet.used:
            headers.setdefault(sheet.role, []).extend(h for h in sheet.headers if h)
    rows = [_field(f, meaning.get((f.table, f.field), ""), headers) for f in proposal.fields]
    rows += [
        {
            "table": column.table,
            "meaning": column.meaning.replace("_", " "),
            "header": column.header,
            "filled": column.filled,
            "examples": " | ".join(column.examples),
            "reason": _("Explains a difference of {field}").format(field=column.explains)
            if column.explains
            else _("Not valued; it travels to the results"),
        }
        for column in proposal.columns
    ]
    notes = (
        _("Headers that fields are read from. Yellow cells are yours; blank keeps the proposal."),
        _("Several headers add up: join them by ' + '. '-' reads the field from none."),
    )
    return InputTable(MAPPING, rows, notes, "choice", {"filled": "0%", "unit": "#,##0"})


def _field(field: FieldProposal, meaning: str, headers: dict[str, list[str]]) -> dict[str, Any]:
    others = [h for h in headers.get(field.table, ()) if h not in field.headers]
    return {
        "table": field.table,
        "field": field.field,
        "meaning": meaning,
        "header": " + ".join(field.headers),
        "unit": field.unit,
        "filled": field.filled if field.headers else None,
        "examples": " | ".join(field.examples),
        "confidence": field.confidence if field.headers or field.reason else "",
        "reason": field.reason or (_("Without it: {text}").format(text=field.default)
                                   if field.default and not field.headers else ""),
        "_choices": [*field.alternatives, *(h for h in others if h not in field.alternatives),
                     NOT_READ[0]],
    }  # fmt: skip


def codes_table(proposal: Proposal) -> InputTable:
    """Return the codes of the tape with the values that they are read as.

    Parameters
    ----------
    proposal
        How the files are read.
    """
    rows = [
        {
            "field": code.field,
            "code": code.code,
            "rows": code.count,
            "value": code.value,
            "remark": code.note or ("" if code.value else _("Unknown: please say what it means")),
            "_choices": _values(code.field, proposal),
        }
        for code in proposal.codes
    ]
    notes = (
        _("How codes of the bank are read. Write a value where another one is meant."),
        _("A code without a value under 'Read as' keeps its own name, and few terms match it."),
    )
    return InputTable(CODES, rows, notes, "choice", {"rows": "#,##0"})


def _values(field: str, proposal: Proposal) -> list[str]:
    """Return the values that a field may take: its list, or those that the program knows."""
    listed = {"stage": TAPE_STAGES, "five_class": FIVE_CLASSES, "lien_rank": ("1", "2", "3")}
    known = listed.get(field) or sorted(set(NAME_CODES.get(field, {}).values()))
    used = [c.value for c in proposal.codes if c.field == field and c.value]
    return list(dict.fromkeys([*used, *known]))


def assumptions_table(terms: Sequence[Term], base: str) -> InputTable:
    """Return the assumptions that matter, each with the value of the base beside it.

    Parameters
    ----------
    terms
        The assumptions.
    base
        Name of the base, for the notes.
    """
    rows = []
    for term in terms:
        number = "0.0##%" if term.is_share else "#,##0.####"
        rows.append(
            {
                "section": term.section,
                "name": term.name,
                "value": term.value,
                "unit": "" if term.unit == "share of 1" else term.unit,
                "base": term.value,
                "base_origin": term.origin,
                "key": term.key,
                "_format": {"value": number, "base": number},
            }
        )
    notes = (
        _("Only values that differ from the base beside them count. Add source, date, owner."),
        _("The base is {base}. Any other key of a study may be added as a row.").format(base=base),
    )
    return InputTable(ASSUMPTIONS, rows, notes)


def entry_tables() -> list[InputTable]:
    """Return the empty sheets of manual entries: estimates of experts, cash, overrides."""
    notes = {
        "experts": (
            _("One row a loan, borrower or item. Low, base and high are the 10 % point, the most"),
            _("likely value and the 90 % point. Weight 1 takes the estimate, 0 the model."),
        ),
        "manual_cash": (
            _("Cash of a loan by month: receipts above 0, costs below. It replaces the model's,"),
            _("or adds to it where mode is 'add'."),
        ),
        "overrides": (
            _("One term of the policy of one loan, such as litigation.lawsuit.win_probability."),
        ),
    }
    shares = {"weight": "0%"}
    return [InputTable(sheet, (), notes[sheet.key], "", shares) for sheet in ENTRIES]


def questions_table(priced: PricedQuestions | None, currency: str) -> InputTable:
    """Return the open questions with their effect on the price.

    Parameters
    ----------
    priced
        The questions; None before they were valued.
    currency
        Currency of the amounts.
    """
    questions = () if priced is None else priced.questions
    price = math.nan if priced is None else priced.price
    notes = [
        _("Answer in the yellow cells: 'as read' confirms, another option changes the reading."),
        _(
            "A run stops until each 'must answer' has one: the price moves by over 5 % "
            "or its date is open."
        ),
        _("Rows of kind 'missing' need no answer: they say what a document or field is worth."),
    ]
    if priced is not None:
        notes.append(
            _(
                "Effects in {currency} on the price of {price:,.0f} ± {se:,.0f}, paired over "
                "{scenarios} scenarios. Largest effect first."
            ).format(
                currency=currency, price=price, se=priced.se, scenarios=priced.scenarios
            )
        )  # fmt: skip
    money = "#,##0;[Red]-#,##0"
    return InputTable(
        QUESTIONS,
        [_question(q, price) for q in questions],
        notes,
        "answer",
        {"effect": money, "se": "#,##0", "gbv": "#,##0", "share": "0.0%;[Red]-0.0%"},
    )


def _question(question: PricedQuestion, price: float) -> dict[str, Any]:
    largest = question.largest
    share = largest.effect / price if price > 0.0 else math.nan
    return {
        "kind": MUST if question.stops else question.kind,
        "text": question.text
        + (_(" (loans {ids})").format(ids=question.examples) if question.examples else ""),
        "default": question.read,
        "options": "\n".join(_option(e, len(question.effects) > 1) for e in question.effects),
        "rows": question.count or None,
        "gbv": question.gbv,
        "effect": largest.effect,
        "se": largest.se,
        "share": share,
        "id": question.id,
        "settings": json.dumps(question.answers, ensure_ascii=False, default=str)
        if question.answers
        else "",
        "_choices": list(question.answers),
    }


def _option(effect: Effect, several: bool) -> str:
    """Return an answer in words, with its effect where several answers have one."""
    text = f"{effect.key}: {effect.text}" if effect.key not in ("other", "known") else effect.text
    if effect.remark:
        return f"{text} ({effect.remark})"
    return f"{text} ({effect.effect:+,.0f} ± {effect.se:,.0f})" if several else text
