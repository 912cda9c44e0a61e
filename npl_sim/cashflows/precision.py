"""What a run to a wanted precision came to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PrecisionResult:
    """How well something came to be known, and at what effort.

    Attributes
    ----------
    of
        What: price or bid.
    meaning
        The same in words.
    value, low, high
        Estimate, and the interval around it. [package currency]
    wanted, half_width
        Half of the interval, relative to the estimate: asked for, and reached. [share of 1]
    confidence
        Confidence of the interval.
    scenarios
        Number of scenarios.
    draws
        Draws of the most often drawn loans in each scenario.
    repeated_loans
        Number of loans drawn more than once in a scenario.
    work
        What the run took, its trial run included, in the time of an ordinary loan-path.
        [loan-paths]
    plain_scenarios
        Scenarios that the plain estimate would take for the same interval.
    gain
        Work that it would take, over that of the run.
    """

    of: str
    meaning: str
    value: float
    low: float
    high: float
    wanted: float
    half_width: float
    confidence: float
    scenarios: int
    draws: int
    repeated_loans: int
    work: float
    plain_scenarios: float
    gain: float

    @property
    def is_met(self) -> bool:
        """Whether the interval is as narrow as was asked."""
        return self.half_width <= self.wanted
