"""Open questions on a tape with the effect of each answer on the price of the package."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from npl_sim.analysis.missing_facts import missing_facts
from npl_sim.analysis.other_readings import MOST_SHARE, PricedReading, priced_readings, sized
from npl_sim.core.errors import NplSimError
from npl_sim.engine.simulate import simulate
from npl_sim.valuation.paired_difference import mean_value, shared_values

if TYPE_CHECKING:
    from npl_sim.core.progress import Progress
    from npl_sim.study.model import Study
    from npl_sim.tape.other_reading import OtherReading
    from npl_sim.tape.proposal.model import Option, Question
    from npl_sim.tape.table import LoanTable


SINGLE = 3
"""Most loans that are listed by themselves under a missing document."""

SINGLE_SHARE = 0.05
"""Least share of the effect of all loans at which a loan is listed by itself."""

READ = "as read"
"""Answer that confirms what was read."""

OTHER = "other"
"""Key of another reading that no answer sets: a change of the mapping or of the tape does."""

LIENS, NOTHING_FIRST = "prior_liens", "nothing first"
"""Reading of liens whose amount is unknown, and the answer that nothing ranks before ours."""

Reader = Callable[["Option"], "tuple[Study, LoanTable]"]
"""Reads study and tape as an answer to a question says."""


@dataclass(frozen=True)
class Effect:
    """Effect of one answer on the price."""

    key: str
    """The answer."""
    text: str
    """The answer in words."""
    effect: float
    """Change of the price against the tape as read; NaN where it was not measured. [package
    currency]"""
    se: float
    """Its standard error, paired; NaN if unknown. [package currency]"""
    remark: str = ""
    """Why it was not measured."""


NOT_MEASURED = Effect("", "", math.nan, math.nan)
"""Effect of a question without another answer."""


@dataclass(frozen=True)
class PricedQuestion:
    """A question, or a missing fact, with its effect on the price."""

    id: str
    """Stable name."""
    kind: Literal["question", "missing"]
    """Whether somebody decides it, or a field or document is missing."""
    text: str
    """What is open."""
    read: str
    """What was read or taken."""
    effects: tuple[Effect, ...]
    """The other answers, with their effects."""
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Settings of the study by answer; empty where nothing can be answered."""
    count: int = 0
    """Rows concerned. [rows]"""
    gbv: float = math.nan
    """Gross book value of the loans concerned; NaN if unknown. [package currency]"""
    stops: bool = False
    """Whether a run stops until it is answered."""
    examples: str = ""
    """Ids of the first loans concerned."""

    @property
    def largest(self) -> Effect:
        """The answer with the largest effect; one that was measured comes first."""
        sized = {-1.0 if math.isnan(e.effect) else abs(e.effect): e for e in self.effects[::-1]}
        return sized[max(sized)] if sized else NOT_MEASURED

    @property
    def size(self) -> float:
        """Size of the largest effect. [package currency]"""
        return 0.0 if math.isnan(self.largest.effect) else abs(self.largest.effect)


@dataclass(frozen=True)
class PricedQuestions:
    """All questions on a tape, the largest effect first."""

    price: float
    """Price as the tape is read: mean present value at the required return. [package currency]"""
    se: float
    """Its standard error. [package currency]"""
    scenarios: int
    """Scenarios of each run."""
    questions: tuple[PricedQuestion, ...]
    """The questions."""


def price_questions(
    study: Study,
    table: LoanTable,
    questions: Iterable[Question],
    read: Reader,
    progress: Progress,
) -> PricedQuestions:
    """Return the open questions on a tape with their effects, under common random numbers.

    Parameters
    ----------
    study, table
        What is priced; a few hundred scenarios are taken.
    questions
        Questions of the proposal by which the tape is read.
    read
        Reads study and tape under another answer.
    progress
        Counts the runs.
    """
    questions = tuple(questions)
    readings = table.other_readings
    facts = missing_facts(study, table)
    options = sum(len(q.options) - 1 for q in questions)
    progress.start(1 + options + len(readings) + len(facts), "effects on the price")
    try:
        small = sized(study, len(table.loans))
        base = simulate(small, table)
        values, value = shared_values(base), mean_value(base)
        progress.advance(1)

        def effect_of(option: Option) -> Effect:
            try:
                terms, tape = read(option)
                other = simulate(sized(terms, len(tape.loans)), tape)
                moved = mean_value(other) - value
                error = other.sample.difference(shared_values(other), base.sample, values).se
                return Effect(option.key, option.text, moved, error)
            except NplSimError as fault:
                remark = str(fault).splitlines()[0]
                return Effect(option.key, option.text, math.nan, math.nan, remark)
            finally:
                progress.advance(1)

        found = [_of_question(question, effect_of, value) for question in questions]
        for i, priced in enumerate(priced_readings(study, table, (*readings, *facts))):
            if i >= len(readings):
                found += _of_fact(priced)
            else:
                _take_reading(found, priced, confirmed=study.tape.confirmed)
            progress.advance(1)
    finally:
        progress.finish()
    found.sort(key=lambda q: (-q.size, q.id))
    mean = base.sample.mean(values)
    return PricedQuestions(value, mean.se, base.scenarios, tuple(found))


def _of_question(
    question: Question, effect_of: Callable[[Option], Effect], value: float
) -> PricedQuestion:
    default = question.option(question.default)
    others = [option for option in question.options if option.key != question.default]
    effects = tuple(effect_of(option) for option in others)
    large = any(abs(e.effect) > MOST_SHARE * abs(value) for e in effects)
    return PricedQuestion(
        question.id,
        "question",
        question.text,
        f"{default.key}: {default.text}",
        effects,
        {o.key: _settings(question, o) for o in (default, *others)},
        question.count,
        stops=question.stops == "always" or (question.stops == "large" and large),
    )


def _settings(question: Question, option: Option) -> dict[str, Any]:
    return {
        "text": option.text,
        "tape": dict(option.settings),
        "study": dict(option.study),
        "confirms": list(question.confirms),
    }


def _take_reading(
    found: list[PricedQuestion], priced: PricedReading, confirmed: Collection[str]
) -> None:
    """Add another reading to the question that settles it, or as a question of its own."""
    name = priced.reading.name
    stops = priced.stops and name not in confirmed
    for i, question in enumerate(found):
        if any(name in answer.get("confirms", ()) for answer in question.answers.values()):
            effect = Effect(OTHER, priced.reading.other, priced.effect, priced.se)
            more = (*question.effects, effect)
            found[i] = replace(question, effects=more, stops=question.stops or stops)
            return
    found.append(_of_reading(priced, stops, name in confirmed))


def _of_reading(priced: PricedReading, stops: bool, confirmed: bool) -> PricedQuestion:
    reading = priced.reading
    answers: dict[str, Any] = {READ: {"text": reading.read, "confirms": [reading.name]}}
    key = OTHER
    if reading.name == LIENS and not confirmed:
        # Without a name in tape.confirmed the adverse reading holds; the name takes the other.
        key = NOTHING_FIRST
        answers = {
            READ: {"text": reading.read},
            key: {"text": reading.other, "confirms": [reading.name]},
        }
        stops = abs(priced.share) > MOST_SHARE
    return PricedQuestion(
        reading.name,
        "question",
        reading.read,
        READ,
        (Effect(key, reading.other, priced.effect, priced.se),),
        answers,
        reading.count,
        reading.gbv,
        stops,
        reading.examples,
    )


def _of_fact(priced: PricedReading) -> Iterator[PricedQuestion]:
    """Yield what a missing fact is worth for all loans, and for the loans that need it most."""
    reading = priced.reading
    yield _missing(reading, reading.name, priced.effect, priced.se, reading.count, reading.gbv)
    changes = priced.by_loan[priced.by_loan.abs() > SINGLE_SHARE * abs(priced.effect)]
    if reading.count < 2:
        return
    first = changes.reindex(changes.abs().sort_values(ascending=False, kind="stable").index)
    for loan, change in first.head(SINGLE).items():
        yield _missing(reading, f"{reading.name}.{loan}", float(change), math.nan, 1, math.nan)


def _missing(
    reading: OtherReading, name: str, effect: float, se: float, count: int, gbv: float
) -> PricedQuestion:
    loan = name.removeprefix(reading.name).removeprefix(".")
    return PricedQuestion(
        name,
        "missing",
        f"loan {loan}: {reading.read}" if loan else reading.read,
        "",
        (Effect("known", reading.other, effect, se),),
        count=count,
        gbv=gbv,
        examples=loan or reading.examples,
    )
