"""Distributions given by a table: a list of values, or quantiles read off data."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from npl_sim.core.fields import Spec, must_rise

NonNegative = Annotated[
    float, Field(ge=0.0, le=1e9, json_schema_extra={"unit": "of the quantity"})
]


class Discrete(Spec):
    """A finite list of values with weights; weights need not sum to one."""

    kind: Literal["discrete"]
    """Name of the distribution."""
    values: tuple[NonNegative, ...] = Field(min_length=1, max_length=64)
    """Possible values, in any order."""
    weights: tuple[NonNegative, ...] = Field(min_length=1, max_length=64)
    """Weight of each value."""

    @model_validator(mode="after")
    def weights_match_values(self) -> Discrete:
        if len(self.values) != len(self.weights) or sum(self.weights) <= 0:
            raise ValueError(
                f"{len(self.values)} values and {len(self.weights)} weights; expected one weight "
                "for each value and a positive sum"
            )
        return self

    @property
    def mean(self) -> float:
        return float(np.dot(self.values, self.weights) / sum(self.weights))

    @property
    def support(self) -> tuple[float, float]:
        return min(self.values), max(self.values)

    def quantile(self, u: np.ndarray) -> np.ndarray:
        order = np.argsort(self.values, kind="stable")
        upper = np.cumsum(np.asarray(self.weights)[order]) / sum(self.weights)
        row = np.searchsorted(upper, u, side="left").clip(max=len(order) - 1)
        return np.asarray(self.values)[order][row]


class Empirical(Spec):
    """Quantiles read off data, joined by straight lines."""

    kind: Literal["empirical"]
    """Name of the distribution."""
    quantiles: tuple[NonNegative, ...] = Field(min_length=2, max_length=2001)
    """Values at equally spaced probabilities from 0 to 1, rising."""

    @model_validator(mode="after")
    def quantiles_rise(self) -> Empirical:
        must_rise(
            self.quantiles,
            "quantiles fall somewhere; expected them to rise from 0 to 1",
            or_stay=True,
        )
        return self

    @property
    def mean(self) -> float:
        q = np.asarray(self.quantiles)
        return float(np.mean(0.5 * (q[1:] + q[:-1])))

    @property
    def support(self) -> tuple[float, float]:
        return self.quantiles[0], self.quantiles[-1]

    def quantile(self, u: np.ndarray) -> np.ndarray:
        return np.interp(u, np.linspace(0.0, 1.0, len(self.quantiles)), self.quantiles)
