"""Precision of the price or the bid that a run reached, and the work it took."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

_STORED = {"replicated_loans": "repeated_loans"}
"""Stored key of each field that is stored under another name."""


@dataclass(frozen=True)
class PrecisionResult:
    """Precision that a run reached, and its work.

    Attributes
    ----------
    of
        Estimated quantity: price or bid.
    meaning
        Description of the quantity.
    value, low, high
        Estimate, and its interval. [package currency]
    wanted, half_width
        Half width of the interval relative to the estimate: requested, and reached. [share of 1]
    confidence
        Confidence of the interval.
    scenarios
        Number of scenarios.
    draws
        Most draws of a loan in each scenario.
    replicated_loans
        Number of loans drawn more than once in a scenario.
    work
        Work of the run, its pilot run included, in units of an average loan path. [loan-paths]
    plain_scenarios
        Scenarios that the plain estimate would need for the same interval.
    gain
        Work of the plain estimate over that of the run.
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
    replicated_loans: int
    work: float
    plain_scenarios: float
    gain: float

    @property
    def is_met(self) -> bool:
        """Whether the interval is as narrow as requested."""
        return self.half_width <= self.wanted

    def stored(self) -> dict[str, Any]:
        """Return the fields by the keys of `summary.json` and of stored cash."""
        return {_STORED.get(name, name): x for name, x in dataclasses.asdict(self).items()}

    @classmethod
    def from_stored(cls, values: Mapping[str, Any]) -> Self:
        """Return the record whose fields `stored` returned."""
        names = {stored: name for name, stored in _STORED.items()}
        return cls(**{names.get(key, key): x for key, x in values.items()})
