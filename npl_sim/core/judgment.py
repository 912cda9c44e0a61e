"""Judgments of the package: an outcome, and the steps that led to it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple

Unit = Literal["amount", "share", "count"]


class Outcome(StrEnum):
    """What becomes of the asset on the seller's balance sheet."""

    DERECOGNISE = "derecognise"
    CONTINUING = "continuing involvement"
    DEPENDS = "depends on control"
    KEEP = "keep"


class Figure(NamedTuple):
    """A number that a step rests on.

    Attributes
    ----------
    name
        What it is.
    value
        The number.
    unit
        How to read it: an amount [package currency], a share [share of 1], or a count.
    """

    name: str
    value: float
    unit: Unit


@dataclass(frozen=True)
class Step:
    """One question, its answer, and why.

    Attributes
    ----------
    question
        What is asked.
    answer
        The answer in a word or two.
    reason
        Why, in a sentence.
    paragraph
        The rule, as it is cited.
    figures
        The numbers that the answer rests on.
    verified
        Whether the text of the rule was read; where not, the rule is from memory and counts as an
        assumption.
    """

    question: str
    answer: str
    reason: str
    paragraph: str
    figures: tuple[Figure, ...] = ()
    verified: bool = True
