"""Terms of the systematic factors and of stress applied to them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from npl_sim.core.fields import (
    Currency,
    Jurisdiction,
    PerYear,
    Rate,
    Share,
    Spec,
    Text,
    Volatility,
    WholeMonths,
    must_rise,
)
from npl_sim.market.rate_terms import SHORT_RATE, ShortRate

Rho = Annotated[float, Field(ge=-1.0, le=1.0, json_schema_extra={"unit": "correlation"})]
Positive = Annotated[float, Field(gt=0.0, le=1e6, json_schema_extra={"unit": "multiple"})]
Shift = Annotated[float, Field(ge=-1.0, le=1.0, json_schema_extra={"unit": "per year"})]


class CollateralIndex(Spec):
    """Price index of one kind of collateral in one region; 1 at the valuation date.

    Its expected level after t years is exp(drift t). With mean reversion the log deviation from
    that trend is an Ornstein-Uhlenbeck process.
    """

    region: Text = "*"
    """Region; * stands for every region without an index of its own."""
    kind: Text = "*"
    """Kind of collateral; * stands for every kind without an index of its own."""
    drift: Rate = 0.0
    """Expected log growth."""
    volatility: Volatility = 0.0
    """Volatility of the log."""
    mean_reversion: PerYear = 0.0
    """Speed of return to trend; 0 gives a random process without reversion."""

    @property
    def name(self) -> str:
        """Name of the factor, as correlations and stresses refer to it."""
        return f"index:{self.region}/{self.kind}"


class MeanRevertingFactor(Spec):
    """A multiplier with mean one whose log is a stationary AR(1) process starting at its mean."""

    volatility: Annotated[float, Field(ge=0.0, le=3.0, json_schema_extra={"unit": "log"})] = 0.0
    """Long-run standard deviation of the log."""
    persistence: Annotated[
        float, Field(ge=0.0, lt=1.0, json_schema_extra={"unit": "per month"})
    ] = 0.9
    """Share of a deviation that is left after one month."""


class Correlation(Spec):
    """Correlation of the monthly innovations of two factors."""

    factors: tuple[Text, Text]
    """Names of the two factors: cooperation, congestion, index:REGION/KIND, or short_rate."""
    correlation: Rho
    """The correlation."""


class Gaussian(Spec):
    """Gaussian dependence."""

    kind: Literal["gaussian"] = "gaussian"
    """Name of the copula."""


class StudentT(Spec):
    """Student-t dependence: factors keep their distributions but share extreme scenarios."""

    kind: Literal["student_t"]
    """Name of the copula."""
    degrees_of_freedom: Annotated[
        float, Field(ge=2.0, le=200.0, json_schema_extra={"unit": "degrees of freedom"})
    ]
    """Fewer degrees of freedom make joint extremes more frequent."""


class Overlay(Spec):
    """A change applied to one factor, or on all that a pattern with * names."""

    factor: Text
    """Name or pattern: cooperation, congestion, index:east/*, index:*; not short_rate."""
    multiplier: Positive = 1.0
    """Multiplies the factor's level in every month after the valuation date."""
    drift_shift: Rate = 0.0
    """Added to the factor's log growth."""
    volatility_multiplier: Annotated[
        float, Field(ge=0.0, le=100.0, json_schema_extra={"unit": "multiple"})
    ] = 1.0
    """Multiplies the factor's volatility."""
    months: tuple[WholeMonths, ...] = Field(default=(), max_length=600)
    """Months of a given path of multipliers, rising; straight lines between, flat beyond."""
    multipliers: tuple[Positive, ...] = Field(default=(), max_length=600)
    """Multiplier of the level at each of those months."""
    shift: Shift = 0.0
    """Addition to the level of short_rate in every month after the valuation date."""

    @model_validator(mode="after")
    def multipliers_match_months(self) -> Overlay:
        if len(self.months) != len(self.multipliers):
            raise ValueError(
                f"{len(self.months)} months and {len(self.multipliers)} multipliers; "
                "expected as many"
            )
        must_rise(self.months, "months do not rise; expected each to be later than the one before")
        return self

    @model_validator(mode="after")
    def rates_shift_and_levels_multiply(self) -> Overlay:
        if self.factor != SHORT_RATE:
            if self.shift != 0.0:
                raise ValueError(
                    f"shift is {self.shift:g} for {self.factor!r}; expected multiplier, "
                    f"drift_shift or multipliers: only {SHORT_RATE} is shifted"
                )
            return self
        laid = {
            "multiplier": self.multiplier != 1.0,
            "drift_shift": self.drift_shift != 0.0,
            "multipliers": bool(self.multipliers),
        }
        given = [name for name, there in laid.items() if there]
        if given:
            raise ValueError(
                f"{given[0]} means nothing for {SHORT_RATE}; expected shift or "
                "volatility_multiplier"
            )
        return self


class Stress(Spec):
    """A named stress."""

    name: Text
    """Name by which a study or the command line asks for it."""
    description: Text = ""
    """What the stress stands for."""
    overlays: tuple[Overlay, ...] = Field(min_length=1, max_length=100)
    """Changes to the factors."""


class Courts(Spec):
    """How many cases of the package its courts can take on."""

    cases_per_month: Annotated[
        float, Field(gt=0.0, le=1e9, json_schema_extra={"unit": "cases per month"})
    ]
    """Cases of the package that the courts of one region take on in a month; more wait."""


class Market(Spec):
    """The systematic world."""

    jurisdiction: Jurisdiction | None = None
    """Country whose prices and courts the factors describe; defaults to not stated."""
    currency: Currency | None = None
    """Currency in which its prices are measured; defaults to not stated."""
    as_of: date | None = None
    """Date of the view that the factors express."""
    sources: tuple[Text, ...] = Field(default=(), max_length=100)
    """Where the figures come from."""
    indices: tuple[CollateralIndex, ...] = Field(
        default=(CollateralIndex(),), min_length=1, max_length=64
    )
    """Collateral price indices."""
    cooperation: MeanRevertingFactor = MeanRevertingFactor()
    """Borrowers' cooperation; scales payments, settlements and cures, and divides redefaults."""
    congestion: MeanRevertingFactor = MeanRevertingFactor()
    """Court congestion; scales legal durations."""
    short_rate: ShortRate | None = None
    """Short rate of interest, the index of floating notes; defaults to no simulated rate."""
    group_correlation: Share = 0.0
    """Correlation of willingness between borrowers of one group (the tape's group_id)."""
    region_correlation: Share = 0.0
    """Correlation of willingness between borrowers of one region; a group's comes on top."""
    courts: Courts | None = None
    """What courts can take on of this package; defaults to no queue of its own."""
    index_correlation: Rho = 0.0
    """Correlation between any two indices that no pair names."""
    correlations: tuple[Correlation, ...] = Field(default=(), max_length=1000)
    """Correlations of named pairs; other pairs are independent."""
    copula: Annotated[Gaussian | StudentT, Field(discriminator="kind")] = Gaussian()
    """Form of the dependence."""
    stresses: tuple[Stress, ...] = Field(default=(), max_length=100)
    """Stresses that a study may name."""

    @property
    def factor_names(self) -> tuple[str, ...]:
        """Names of the factors that loans feel, in the order of their columns."""
        return ("cooperation", "congestion", *(i.name for i in self.indices))

    @property
    def all_names(self) -> tuple[str, ...]:
        """Names of all factors: those that loans feel, then the short rate where there is one."""
        return self.factor_names if self.short_rate is None else (*self.factor_names, SHORT_RATE)

    def correlation_matrix(self) -> np.ndarray:
        """Return the correlation of the factors' innovations, in the order of `all_names`."""
        names = self.all_names
        matrix = np.eye(len(names))
        end = 2 + len(self.indices)
        matrix[2:end, 2:end] = np.where(np.eye(end - 2, dtype=bool), 1.0, self.index_correlation)
        for pair in self.correlations:
            a, b = (names.index(n) for n in pair.factors)
            matrix[a, b] = matrix[b, a] = pair.correlation
        return matrix

    @model_validator(mode="after")
    def names_are_unique(self) -> Market:
        names = list(self.factor_names)
        if len(set(names)) != len(names):
            twice = sorted({n for n in names if names.count(n) > 1})
            raise ValueError(
                f"indices named twice: {', '.join(twice)}; expected one for each region and kind"
            )
        stresses = [s.name for s in self.stresses]
        if len(set(stresses)) != len(stresses):
            raise ValueError("stresses named twice; expected different names")
        return self

    @model_validator(mode="after")
    def borrowers_share_no_more_than_all(self) -> Market:
        both = self.group_correlation + self.region_correlation
        if both > 1.0:
            raise ValueError(
                f"group_correlation and region_correlation sum to {both:g}; expected at most 1"
            )
        return self

    @model_validator(mode="after")
    def correlations_name_factors(self) -> Market:
        for pair in self.correlations:
            for name in pair.factors:
                if name not in self.all_names:
                    raise ValueError(
                        f"correlation names {name!r}; expected one of {', '.join(self.all_names)}"
                    )
            if pair.factors[0] == pair.factors[1]:
                raise ValueError(
                    f"correlation of {pair.factors[0]!r} with itself; expected two factors"
                )
        return self

    @model_validator(mode="after")
    def correlation_is_possible(self) -> Market:
        smallest = float(np.linalg.eigvalsh(self.correlation_matrix())[0])
        if smallest < -1e-9:
            raise ValueError(
                f"the correlations contradict one another (smallest eigenvalue {smallest:.4g}); "
                "expected a positive semi-definite matrix"
            )
        return self
