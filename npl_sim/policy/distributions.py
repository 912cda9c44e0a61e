"""Distributions of durations, shares and multipliers, as a user writes them.

A bare number means certainty. Each distribution knows its quantile function, which is all that the
engine needs: it is tabulated once per study (see `npl_sim.engine.compile_model`).
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from scipy import special

from npl_sim.core.fields import Spec
from npl_sim.policy.tabulated_distributions import Discrete, Empirical, NonNegative

Positive = Annotated[float, Field(gt=0.0, le=1e9, json_schema_extra={"unit": "of the quantity"})]


class Fixed(Spec):
    """Always the same value."""

    kind: Literal["fixed"] = "fixed"
    """Name of the distribution."""
    value: NonNegative
    """The value."""

    @property
    def mean(self) -> float:
        return self.value

    @property
    def support(self) -> tuple[float, float]:
        return self.value, self.value

    def quantile(self, u: np.ndarray) -> np.ndarray:
        return np.full_like(u, self.value)


class Uniform(Spec):
    """Equally likely between two ends."""

    kind: Literal["uniform"]
    """Name of the distribution."""
    low: NonNegative
    """Lower end."""
    high: NonNegative
    """Upper end."""

    @model_validator(mode="after")
    def low_is_below_high(self) -> Uniform:
        if self.low > self.high:
            raise ValueError(f"low {self.low} is above high {self.high}; expected low <= high")
        return self

    @property
    def mean(self) -> float:
        return 0.5 * (self.low + self.high)

    @property
    def support(self) -> tuple[float, float]:
        return self.low, self.high

    def quantile(self, u: np.ndarray) -> np.ndarray:
        return self.low + (self.high - self.low) * u


class Triangular(Spec):
    """Between two ends with a most likely value."""

    kind: Literal["triangular"]
    """Name of the distribution."""
    low: NonNegative
    """Lower end."""
    mode: NonNegative
    """Most likely value."""
    high: NonNegative
    """Upper end."""

    @model_validator(mode="after")
    def ends_enclose_mode(self) -> Triangular:
        if not self.low <= self.mode <= self.high or self.low == self.high:
            raise ValueError(
                f"low {self.low}, mode {self.mode}, high {self.high}; "
                "expected low <= mode <= high and low < high"
            )
        return self

    @property
    def mean(self) -> float:
        return (self.low + self.mode + self.high) / 3.0

    @property
    def support(self) -> tuple[float, float]:
        return self.low, self.high

    def quantile(self, u: np.ndarray) -> np.ndarray:
        width = self.high - self.low
        peak = (self.mode - self.low) / width
        return self.low + width * np.where(
            u < peak, np.sqrt(peak * u), 1.0 - np.sqrt((1.0 - peak) * (1.0 - u))
        )


class Lognormal(Spec):
    """Lognormal, by its mean and standard deviation (of the quantity, not of its log)."""

    kind: Literal["lognormal"]
    """Name of the distribution."""
    mean: Positive
    """Expected value."""
    sd: NonNegative
    """Standard deviation."""

    @property
    def support(self) -> tuple[float, float]:
        return (0.0, math.inf) if self.sd > 0 else (self.mean, self.mean)

    def quantile(self, u: np.ndarray) -> np.ndarray:
        variance = math.log1p((self.sd / self.mean) ** 2)
        return self.mean * np.exp(math.sqrt(variance) * special.ndtri(u) - 0.5 * variance)


class _Positive(Spec):
    @property
    def support(self) -> tuple[float, float]:
        return 0.0, math.inf


class Gamma(_Positive):
    """Gamma, by its mean and standard deviation."""

    kind: Literal["gamma"]
    """Name of the distribution."""
    mean: Positive
    """Expected value."""
    sd: Positive
    """Standard deviation."""

    def quantile(self, u: np.ndarray) -> np.ndarray:
        shape = (self.mean / self.sd) ** 2
        return special.gammaincinv(shape, u) * (self.mean / shape)


class Exponential(_Positive):
    """Exponential, by its mean."""

    kind: Literal["exponential"]
    """Name of the distribution."""
    mean: Positive
    """Expected value."""

    def quantile(self, u: np.ndarray) -> np.ndarray:
        return -self.mean * np.log1p(-u)


class Weibull(_Positive):
    """Weibull, by its mean and shape (shape below 1: the hazard falls with time)."""

    kind: Literal["weibull"]
    """Name of the distribution."""
    mean: Positive
    """Expected value."""
    shape: Annotated[float, Field(ge=0.05, le=100.0, json_schema_extra={"unit": "shape"})]
    """Shape parameter."""

    def quantile(self, u: np.ndarray) -> np.ndarray:
        scale = self.mean / math.gamma(1.0 + 1.0 / self.shape)
        return scale * (-np.log1p(-u)) ** (1.0 / self.shape)


class Beta(Spec):
    """Beta on [0, 1], by its mean and standard deviation; a + b = m (1 - m) / sd^2 - 1."""

    kind: Literal["beta"]
    """Name of the distribution."""
    mean: Annotated[float, Field(gt=0.0, lt=1.0, json_schema_extra={"unit": "share of 1"})]
    """Expected value."""
    sd: Annotated[float, Field(gt=0.0, lt=0.5, json_schema_extra={"unit": "share of 1"})]
    """Standard deviation."""

    @model_validator(mode="after")
    def variance_is_possible(self) -> Beta:
        if self.sd**2 >= self.mean * (1 - self.mean):
            raise ValueError(
                f"sd {self.sd} is too large for mean {self.mean}; expected "
                f"sd < {math.sqrt(self.mean * (1 - self.mean)):.6g}"
            )
        return self

    @property
    def shapes(self) -> tuple[float, float]:
        """The two shape parameters a and b."""
        total = self.mean * (1 - self.mean) / self.sd**2 - 1
        return self.mean * total, (1 - self.mean) * total

    @property
    def support(self) -> tuple[float, float]:
        return 0.0, 1.0

    def quantile(self, u: np.ndarray) -> np.ndarray:
        return special.betaincinv(*self.shapes, u)


def _number_is_fixed(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"kind": "fixed", "value": value}
    return value


AnyDistribution = Annotated[
    Fixed
    | Uniform
    | Triangular
    | Lognormal
    | Gamma
    | Exponential
    | Weibull
    | Beta
    | Discrete
    | Empirical,
    Field(discriminator="kind"),
]
Distribution = Annotated[AnyDistribution, BeforeValidator(_number_is_fixed)]


def _within(limit: float, what: str) -> Any:
    def support_is_inside(value: Any) -> Any:
        if value.support[1] > limit:
            raise ValueError(
                f"a {value.kind} distribution with support up to {value.support[1]:g} was given "
                f"for {what}; expected support within [0, {limit:g}]"
            )
        return value

    return AfterValidator(support_is_inside)


def _mean_is_one(value: Any) -> Any:
    if abs(value.mean - 1.0) > 1e-9:
        raise ValueError(f"the mean is {value.mean:g}; expected a multiplier with mean 1")
    return value


Duration = Annotated[Distribution, Field(json_schema_extra={"unit": "months"})]
"""Distribution of a duration. [months]"""

ShareDistribution = Annotated[
    Distribution, _within(1.0, "a share"), Field(json_schema_extra={"unit": "share of 1"})
]
"""Distribution of a share. [share of 1]"""

Multiplier = Annotated[
    Distribution,
    AfterValidator(_mean_is_one),
    Field(json_schema_extra={"unit": "multiple, mean 1"}),
]
"""Distribution of a multiplier with mean one. [multiple]"""


def certain(value: float) -> Fixed:
    """Return the distribution that always gives `value`."""
    return Fixed(value=value)
