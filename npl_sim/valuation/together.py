r"""Many packages on the same scenarios: sums, diversification, concentration.

The value of the sum in a scenario is the sum of the values of the packages, in one currency at
constant rates. Risk is the mean less the expected shortfall. With :math:`R_i` the risk of package
i alone and R that of the sum, the diversification benefit is :math:`1 - R / \sum_i R_i`. The
contribution of a package to R is its mean less its mean in the tail of the sum; contributions
sum to R.

References
----------
Tasche (2008), Capital allocation to business units and sub-portfolios: the Euler principle.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from npl_sim.stats.risk import Estimate
from npl_sim.stats.sample import Sample
from npl_sim.valuation.breakdown import check_sum, ratio
from npl_sim.valuation.concentration import concentration

LARGEST = 20
"""Borrowers in the table of the largest."""


@dataclass(frozen=True)
class PackageValues:
    """Values of one package by scenario.

    Attributes
    ----------
    name, currency
        Name of the package, and currency of its amounts.
    gbv
        Gross book value. [package currency]
    rate
        Required return at which it is valued. [per year]
    pv
        Present value of each scenario, shape (scenarios,). [package currency]
    net
        Net cash by scenario and month, shape (scenarios, months + 1). [package currency]
    sample
        Weighted scenarios.
    loans
        Rows by loan: loan_id, borrower_id, segment, product, region, gbv, value, and the keys of
        both ids, which stay the same under pseudonyms. [package currency]
    """

    name: str
    currency: str
    gbv: float
    rate: float
    pv: np.ndarray
    net: np.ndarray
    sample: Sample
    loans: pd.DataFrame


@dataclass(frozen=True)
class RiskTerms:
    """Levels of the figures.

    Attributes
    ----------
    quantiles
        Levels of the quantiles.
    shortfall_level
        Share of the worst scenarios.
    confidence
        Confidence of the intervals.
    """

    quantiles: tuple[float, ...]
    shortfall_level: float
    confidence: float


@dataclass(frozen=True)
class Figures:
    """Value and risk of one package or of the sum. [reporting currency]"""

    gbv: float
    value: Estimate
    sd: Estimate
    shortfall: Estimate
    quantiles: dict[float, Estimate]
    risk_part: float
    """Contribution to the risk of the sum; the risk itself for the sum."""

    @property
    def risk(self) -> float:
        """Mean less expected shortfall. [reporting currency]"""
        return self.value.value - self.shortfall.value


@dataclass(frozen=True)
class Together:
    """Many packages and their sum.

    Attributes
    ----------
    currency
        Reporting currency.
    names, currencies, rates
        Names, currencies, and the reporting currency per unit of each, by package.
    packages, total
        Figures by package, and of the sum.
    terms
        Levels of the figures.
    benefit, benefit_sd
        Diversification benefit by expected shortfall and by standard deviation; NaN without risk.
    correlation
        Correlation of the values, shape (packages, packages); NaN for a constant value.
    concentration
        Concentration of all loans together (`concentration.concentration`).
    borrowers
        The largest borrowers: borrower, packages, loans, gbv, value. [reporting currency]
    cash
        Rows by month: mean net cash of the sum, its 5 % and 95 % quantile, and the mean of each
        package. [reporting currency]
    shared_loans, shared_borrowers
        Number of ids of loans and of borrowers in more than one package.
    equal_weights
        Whether all scenarios have equal weights, because the packages' own weights differ.
    """

    currency: str
    names: tuple[str, ...]
    currencies: tuple[str, ...]
    rates: tuple[float, ...]
    packages: tuple[Figures, ...]
    total: Figures
    terms: RiskTerms
    benefit: float
    benefit_sd: float
    correlation: np.ndarray
    concentration: pd.DataFrame
    borrowers: pd.DataFrame
    cash: pd.DataFrame
    shared_loans: int
    shared_borrowers: int
    equal_weights: bool


def together(
    packages: Sequence[PackageValues],
    currency: str,
    rates: Mapping[str, float],
    terms: RiskTerms,
) -> Together:
    """Return many packages and their sum.

    Parameters
    ----------
    packages
        Packages on the same scenarios, in the order of the report.
    currency
        Reporting currency.
    rates
        Reporting currency per unit of each other currency.
    terms
        Levels of the figures.
    """
    units = [1.0 if p.currency == currency else rates[p.currency] for p in packages]
    first = packages[0].sample
    same = all(np.array_equal(p.sample.weights, first.weights) for p in packages)
    sample = first if same else Sample.plain(first.scenarios)
    # Summed in the order of the names: the order of the packages changes no bit.
    order = sorted(range(len(packages)), key=lambda i: packages[i].name)
    values = [unit * p.pv for unit, p in zip(units, packages, strict=True)]
    whole = np.zeros_like(values[0])
    for i in order:
        whole = whole + values[i]
    tail = sample.shortfall_weights(whole, terms.shortfall_level)
    figures = tuple(
        _figures(sample, value, unit * p.gbv, terms, tail)
        for value, unit, p in zip(values, units, packages, strict=True)
    )
    total = _figures(sample, whole, sum(figures[i].gbv for i in order), terms, tail)
    scale = sum(abs(f.value.value) for f in figures)
    check_sum(
        "values of packages", np.array([f.value.value for f in figures]), total.value.value, scale
    )
    check_sum("risk of packages", np.array([f.risk_part for f in figures]), total.risk, scale)
    loans = _loans(packages, units, order)
    return Together(
        currency=currency,
        names=tuple(p.name for p in packages),
        currencies=tuple(p.currency for p in packages),
        rates=tuple(units),
        packages=figures,
        total=total,
        terms=terms,
        benefit=_benefit(total.risk, [f.risk for f in figures]),
        benefit_sd=_benefit(total.sd.value, [f.sd.value for f in figures]),
        correlation=_correlation(sample, values),
        concentration=concentration(loans),
        borrowers=_borrowers(loans),
        cash=_cash(sample, packages, units, order),
        shared_loans=_shared(loans, "loan_key"),
        shared_borrowers=_shared(loans, "borrower_key"),
        equal_weights=not same,
    )


def _figures(
    sample: Sample, values: np.ndarray, gbv: float, terms: RiskTerms, tail: np.ndarray
) -> Figures:
    value = sample.mean(values, terms.confidence)
    return Figures(
        gbv=gbv,
        value=value,
        sd=sample.standard_deviation(values, terms.confidence),
        shortfall=sample.expected_shortfall(values, terms.shortfall_level, terms.confidence),
        quantiles={p: sample.quantile(values, p, terms.confidence) for p in terms.quantiles},
        risk_part=value.value - float((tail * values).sum()),
    )


def _benefit(whole: float, parts: Sequence[float]) -> float:
    return 1.0 - float(ratio(whole, sum(parts)))


def _correlation(sample: Sample, values: Sequence[np.ndarray]) -> np.ndarray:
    """Return the weighted correlation of values."""
    centered = np.stack([v - sample.mean(v).value for v in values])
    weights = sample.weights_of(values[0])
    covariance = np.einsum("is,js,s->ij", centered, centered, weights)
    spread = np.sqrt(np.diag(covariance))
    return ratio(covariance, np.outer(spread, spread))


def _loans(
    packages: Sequence[PackageValues], units: Sequence[float], order: Sequence[int]
) -> pd.DataFrame:
    """Return the loans of all packages in one currency; an id of a borrower is one borrower."""
    frames = [
        packages[i].loans.assign(
            package=packages[i].name,
            gbv=packages[i].loans["gbv"] * units[i],
            value=packages[i].loans["value"] * units[i],
        )
        for i in order
    ]
    loans = pd.concat(frames, ignore_index=True)
    loans["loan_id"] = loans["package"] + "/" + loans["loan_id"].astype(str)
    # Pseudonyms differ between packages, the keys of the ids do not.
    loans["borrower_id"] = loans.groupby("borrower_key")["borrower_id"].transform("first")
    loans["borrower_id"] = loans["borrower_id"].astype(str)
    return loans


def _borrowers(loans: pd.DataFrame) -> pd.DataFrame:
    grouped = loans.groupby("borrower_key", sort=True)
    frame = pd.DataFrame(
        {
            "borrower": grouped["borrower_id"].first(),
            "packages": grouped["package"].agg(lambda names: ", ".join(sorted(set(names)))),
            "loans": grouped.size(),
            "gbv": grouped["gbv"].sum(),
            "value": grouped["value"].sum(),
        }
    )
    largest = frame.sort_values(["gbv", "borrower"], ascending=[False, True], kind="stable")
    return largest.head(LARGEST).reset_index(drop=True)


def _shared(loans: pd.DataFrame, key: str) -> int:
    """Return how many ids are in more than one package."""
    pairs = loans[[key, "package"]].drop_duplicates()
    return int((pairs[key].value_counts() > 1).sum())


def _cash(
    sample: Sample,
    packages: Sequence[PackageValues],
    units: Sequence[float],
    order: Sequence[int],
) -> pd.DataFrame:
    """Return mean and quantiles of the net cash of the sum by month."""
    months = max(p.net.shape[1] for p in packages)
    whole = np.zeros((sample.scenarios, months))
    means = {}
    for i in order:
        net = packages[i].net
        whole[:, : net.shape[1]] += units[i] * net
        mean = np.zeros(months)
        mean[: net.shape[1]] = units[i] * sample.average(net)
        means[packages[i].name] = mean
    low, high = sample.quantiles(whole, (0.05, 0.95))
    frame = pd.DataFrame({"month": np.arange(months), "net": sample.average(whole)})
    frame["low"], frame["high"] = low, high
    return frame.assign(**{p.name: means[p.name] for p in packages})
