"""Questions on stages, appraisals, dates, currency and law that the files of a bank leave open."""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal

import numpy as np

from npl_sim.tables.cell_types import EMPTY, column_text, is_empty
from npl_sim.tables.columns import Notation
from npl_sim.tape.proposal.model import CodeProposal, Option, Question
from npl_sim.tape.proposal.opened import Opened
from npl_sim.tape.proposal.vocabulary import known_names
from npl_sim.tape.templates import header_key

_LATER = {"judged": "judgment_date", "enforcement": "enforcement_date", "dormant": "pause_date"}
"""Stages after litigation, and the column that dates each."""


def stage_questions(
    loans: Sequence[Opened], codes: Sequence[CodeProposal], with_items: bool
) -> list[Question]:
    """Return questions on paused enforcements, and on a date of filing of later stages."""
    stages = {c.code: c.value for c in codes if c.field == "stage"}
    counts: Counter[str] = Counter()
    filed: Counter[str] = Counter()
    dated: set[str] = set()
    header = ""
    for one in loans:
        if "stage" not in one.found:
            continue
        texts = column_text(one.records.frame[one.found["stage"].positions[0]])
        stage = texts.map(stages).fillna("").tolist()
        counts.update(stage)
        dated |= set(one.found) & {"stage_date", "procedure_date", *_LATER.values()}
        if "filing_date" in one.found:
            at = one.found["filing_date"].positions[0]
            header = one.header(at)
            given = ~is_empty(column_text(one.records.frame[at]), EMPTY)
            filed.update(np.array(stage, dtype=object)[given].tolist())
    questions = []
    later = sum(filed[name] for name in _LATER)
    if later and "stage_date" not in dated and not dated & set(_LATER.values()):
        questions.append(_filing_question(header, filed, later))
    if counts["dormant"] and with_items:
        codes_of = [c for c, value in stages.items() if value == "dormant"]
        mapped: dict[str, Any] = {"value_map": {"stage": dict.fromkeys(codes_of, "enforcement")}}
        questions.append(
            Question(
                "stage.dormant",
                f"Is anything done on the {counts['dormant']:,} loans whose enforcement the court "
                f"paused ({', '.join(map(repr, codes_of))})? It resumes when assets turn up or "
                f"the collateral can be sold.",
                (
                    Option("dormant", "They wait, as the study's terms of revival say"),
                    Option("enforcement", "Enforcement has resumed, or will be resumed", mapped),
                ),
                "dormant",
                "stage",
                counts["dormant"],
                ("dormant",),
            )
        )
    return questions


def _filing_question(header: str, filed: Counter[str], later: int) -> Question:
    by_stage = ", ".join(f"{name} {filed[name]:,}" for name in _LATER if filed[name])
    others = {
        name: Option(
            name,
            f"It is the {name.replace('_', ' ')} of each loan",
            {"columns": {name: header, "filing_date": None}},
        )
        for name in ("judgment_date", "enforcement_date")
    }
    return Question(
        "filing_date",
        f"Is {header!r} the day of filing, also for {later:,} loans in later stages ({by_stage})?",
        (
            Option("filing", "Yes: it dates litigation alone; later stages have no date"),
            *others.values(),
        ),
        "filing",
        "filing_date",
        later,
        ("stage_date",),
    )


def appraisal_question(tables: Sequence[Opened], notation: Notation) -> Question | None:
    """Return a question where items have an appraisal of the bank and one of the court."""
    for one in tables:
        places = one.items or one.found
        key = "collateral_columns"
        at = _known_at(one, "court_appraisal")
        if "appraisal_value" not in places or at is None:
            continue
        own = places["appraisal_value"].positions[0]
        sums = {i: float(one.amounts(i, notation).sum()) for i in (own, at)}
        given = int((one.amounts(at, notation) > 0.0).sum())
        bank, court = one.header(own), one.header(at)
        options = (
            Option("bank", f"{bank!r}, {sums[own]:,.2f} in all"),
            Option(
                "court",
                f"{court!r}, {sums[at]:,.2f} in all; items without it have no value",
                {key: {"appraisal_value": court}},
            ),
        )
        return Question(
            "appraisal",
            f"Which appraisal values the items: {bank!r}, or {court!r} ({given:,} items)?",
            options,
            "bank",
            "appraisal_value",
            given,
        )
    return None


def _known_at(one: Opened, name: str) -> int | None:
    """Return the position of a field of due diligence; None if the sheet lacks it."""
    return next(
        (i for i, h in enumerate(one.records.headers) if known_names().get(header_key(h)) == name),
        None,
    )


def date_question(dates: Mapping[str, date], latest: date | None) -> Question | None:
    """Return a question on the cut-off date where titles name several, or none does."""
    days = sorted(set(dates.values()))
    if len(days) == 1:
        return None
    if days:
        where = ", ".join(f"{label}: {day}" for label, day in dates.items())
        text = f"On which date are the balances? The titles say {where}."
        default = f"{days[0]}"
    elif latest is not None:
        text = f"On which date are the balances? Nothing states it; the latest date is {latest}."
        end = latest.replace(day=calendar.monthrange(latest.year, latest.month)[1])
        days, default = sorted({latest, end}), "valuation"
    else:
        text, default = "On which date are the balances? Nothing states it.", "valuation"
    options = tuple(
        Option(f"{day}", f"{day}", {"cut_off_date": day}, {"valuation_date": day}) for day in days
    )
    options += (Option("valuation", "The valuation date of the study", {"cut_off_date": None}),)
    stops: Literal["never", "always"] = "never" if dates else "always"
    return Question("cut_off_date", text, options, default, "cut_off_date", stops=stops)


def origin_questions(currency: Sequence[str], jurisdiction: str, guess: str) -> list[Question]:
    """Return questions on the currency and the law, where the files do not show them."""
    questions = []
    if len(currency) != 1:
        stated = f"The files state {', '.join(currency)}" if currency else "No file states it"
        choices = list(dict.fromkeys([*currency, guess, "CNY", "EUR"]))
        questions.append(
            Question(
                "currency",
                f"What is the currency of the package? {stated}.",
                tuple(Option(c, f"Amounts are in {c}", {}, {"currency": c}) for c in choices if c),
                next(c for c in [*currency, guess, "CNY"] if c),
                "currency",
            )
        )
    if not jurisdiction:
        laws = {"china": "The law of China", "italy": "The law of Italy"}
        questions.append(
            Question(
                "jurisdiction",
                "Which law applies? Neither language nor places show it.",
                tuple(Option(name, text) for name, text in laws.items()),
                "italy" if currency == ["EUR"] else "china",
            )
        )
    return questions
