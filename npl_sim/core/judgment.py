"""Records of an assessment: the outcome, and the steps that lead to it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple

Unit = Literal["amount", "share", "count"]


class Outcome(StrEnum):
    """Treatment of the asset on the seller's balance sheet."""

    DERECOGNIZE = "derecognize"
    CONTINUING = "continuing involvement"
    DEPENDS = "depends on control"
    KEEP = "keep"


class Figure(NamedTuple):
    """A number that supports a step.

    Attributes
    ----------
    name
        Name of the quantity.
    value
        The number.
    unit
        Kind of number: an amount [package currency], a share [share of 1], or a count.
    """

    name: str
    value: float
    unit: Unit


@dataclass(frozen=True)
class Step:
    """One question of an assessment, with its answer and reason.

    Attributes
    ----------
    question
        The question.
    answer
        The answer in one or two words.
    reason
        The reason, in one sentence.
    paragraph
        Citation of the rule.
    figures
        The numbers that support the answer.
    verified
        Whether the rule was checked against its text; if not, it counts as an assumption.
    """

    question: str
    answer: str
    reason: str
    paragraph: str
    figures: tuple[Figure, ...] = ()
    verified: bool = True
