"""Yearly rates of a contract: shares of 1, so that 5.6 for 5.6 % is refused."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

LEAST_INDEX = -0.2
"""Lowest yearly market rate. [per year]"""


def _in_shares(value: float, least: float) -> float:
    if not least <= value <= 1.0:
        hint = f"; write {value / 100.0:g} for {value:g} %" if 1.0 < value <= 100.0 else ""
        raise ValueError(
            f"got {value:g}; expected a yearly rate from {least:g} to 1, as a share of 1{hint}"
        )
    return value


def _yearly(value: float) -> float:
    return _in_shares(value, 0.0)


def _market(value: float) -> float:
    return _in_shares(value, LEAST_INDEX)


YearlyRate = Annotated[
    float,
    AfterValidator(_yearly),
    Field(json_schema_extra={"unit": "per year", "minimum": 0.0, "maximum": 1.0}),
]
"""Yearly rate of a note, a fixed leg or a repurchase. [per year]"""

MarketRate = Annotated[
    float,
    AfterValidator(_market),
    Field(json_schema_extra={"unit": "per year", "minimum": LEAST_INDEX, "maximum": 1.0}),
]
"""Reference rate, spread or discount rate. [per year]"""
