"""Internal ratings approach: Basel II capital function and the Vasicek loss behind it.

References
----------
Basel II (2006), paragraphs 272 and 273 (corporates, small firms, maturity adjustment), 328 to 330
(mortgages, cards, other retail) and 328 (defaulted exposures). Annex 5 tabulates the weights,
without the scaling factor 1.06 of some editions. Vasicek (2002). Frye and Jacobs (2012).
"""

from __future__ import annotations

import math
from typing import Literal

from npl_sim.core.errors import NplSimError

__all__ = [
    "Asset", "capital_requirement", "correlation", "defaulted_requirement", "frye_jacobs_lgd",
    "risk_weight", "vasicek_loss",
]  # fmt: skip

Asset = Literal["corporate", "small_firm", "mortgage", "card", "other_retail"]

CONFIDENCE = 0.999
RECIPROCAL = 12.5
"""Reciprocal of 8 %: risk-weighted assets per unit of capital."""


def _cdf(x: float) -> float:
    from scipy.special import ndtr  # imported late: reading a contract needs no scipy

    return float(ndtr(x))


def _quantile(name: str, probability: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(_probability(name, probability)))


def _probability(name: str, value: float) -> float:
    if not 0.0 < value < 1.0:
        raise NplSimError(f"{name}: got {value!r}; expected a probability between 0 and 1")
    return value


def _correlation(rho: float) -> float:
    if not 0.0 <= rho < 1.0:
        raise NplSimError(
            f"rho: got {rho!r}; expected a correlation of at least 0 and less than 1"
        )
    return rho


def vasicek_loss(pd: float, rho: float, level: float = CONFIDENCE) -> float:
    """Return the default rate of an infinitely granular pool at a confidence level.

    Parameters
    ----------
    pd : float
        Probability of default. [share of 1]
    rho : float
        Asset correlation. [share of 1]
    level : float, default 0.999
        Confidence level. [share of 1]

    Returns
    -------
    float
        Default rate that is exceeded with probability 1 - level. [share of 1]

    Notes
    -----
    Phi((Phi^-1(pd) + sqrt(rho) Phi^-1(level)) / sqrt(1 - rho)), Vasicek (2002).

    Examples
    --------
    >>> from npl_sim.capital import irb
    >>> round(irb.vasicek_loss(pd=0.01, rho=0.2), 6)
    0.145525
    """
    _correlation(rho)
    common = _quantile("pd", pd) + math.sqrt(rho) * _quantile("level", level)
    return _cdf(common / math.sqrt(1.0 - rho))


def frye_jacobs_lgd(default_rate: float, pd: float, lgd: float, rho: float) -> float:
    """Return the loss given default that goes with a default rate; it is higher in bad years.

    Parameters
    ----------
    default_rate : float
        Default rate of the year. [share of 1]
    pd : float
        Mean default rate. [share of 1]
    lgd : float
        Mean loss given default, weighted by defaults. [share of 1]
    rho : float
        Asset correlation. [share of 1]

    Returns
    -------
    float
        Loss given default of the year. [share of 1]

    Notes
    -----
    Phi(Phi^-1(default_rate) - k) / default_rate with
    k = (Phi^-1(pd) - Phi^-1(pd lgd)) / sqrt(1 - rho), Frye and Jacobs (2012).
    """
    rate = _quantile("default_rate", default_rate)
    _probability("lgd", lgd)
    _correlation(rho)
    shift = (_quantile("pd", pd) - _quantile("pd lgd", pd * lgd)) / math.sqrt(1.0 - rho)
    return _cdf(rate - shift) / default_rate


def correlation(pd: float, asset: Asset, turnover: float = 50.0) -> float:
    """Return the asset correlation that Basel II prescribes.

    Parameters
    ----------
    pd : float
        Probability of default. [share of 1]
    asset : str
        Asset class: corporate, small_firm, mortgage, card or other_retail.
    turnover : float, default 50
        Yearly sales of a small firm, limited to 5 to 50. [million EUR]

    Returns
    -------
    float
        Asset correlation. [share of 1]
    """
    if asset in ("mortgage", "card"):
        return 0.15 if asset == "mortgage" else 0.04
    low, high, speed = (0.03, 0.16, 35.0) if asset == "other_retail" else (0.12, 0.24, 50.0)
    weight = math.expm1(-speed * pd) / math.expm1(-speed)
    size = 0.0
    if asset == "small_firm":
        size = 0.04 * (1.0 - (min(max(turnover, 5.0), 50.0) - 5.0) / 45.0)
    return low * weight + high * (1.0 - weight) - size


def capital_requirement(
    pd: float, lgd: float, asset: Asset, maturity: float = 2.5, turnover: float = 50.0
) -> float:
    """Return the capital requirement as a share of exposure at default.

    Parameters
    ----------
    pd : float
        Probability of default. [share of 1]
    lgd : float
        Loss given default in a downturn. [share of 1]
    asset : str
        Asset class: corporate, small_firm, mortgage, card or other_retail.
    maturity : float, default 2.5
        Effective maturity, used for firms only. [years]
    turnover : float, default 50
        Yearly sales of a small firm. [million EUR]

    Returns
    -------
    float
        The 99.9 % loss less the expected loss. [share of exposure]

    Notes
    -----
    K = lgd (vasicek_loss(pd, R) - pd) (1 + (M - 2.5) b) / (1 - 1.5 b) with
    b = (0.11852 - 0.05478 ln pd)^2. Retail has no maturity adjustment. Basel II 272, 328 to 330.
    """
    unexpected = lgd * (vasicek_loss(pd, correlation(pd, asset, turnover)) - pd)
    if asset not in ("corporate", "small_firm"):
        return unexpected
    slope = (0.11852 - 0.05478 * math.log(pd)) ** 2
    return unexpected * (1.0 + (maturity - 2.5) * slope) / (1.0 - 1.5 * slope)


def risk_weight(
    pd: float, lgd: float, asset: Asset, maturity: float = 2.5, turnover: float = 50.0
) -> float:
    """Return the risk weight under the internal ratings approach.

    Parameters
    ----------
    pd, lgd, asset, maturity, turnover
        As for `capital_requirement`.

    Returns
    -------
    float
        12.5 times the capital requirement. [share of exposure]

    Examples
    --------
    A residential mortgage with PD 1 % and LGD 45 % (Basel II, Annex 5: 56.40 %):

    >>> from npl_sim.capital import irb
    >>> round(irb.risk_weight(pd=0.01, lgd=0.45, asset="mortgage"), 4)
    0.564
    """
    return RECIPROCAL * capital_requirement(pd, lgd, asset, maturity, turnover)


def defaulted_requirement(lgd: float, best_estimate: float) -> float:
    """Return the capital requirement of a defaulted exposure as a share of it.

    Parameters
    ----------
    lgd : float
        Loss given default in a downturn. [share of 1]
    best_estimate : float
        Best estimate of the expected loss today. [share of 1]

    Returns
    -------
    float
        Amount by which the loss could exceed the best estimate, at least 0. [share of exposure]

    Notes
    -----
    max(0, lgd - best_estimate), Basel II 272 and 328.
    """
    return max(0.0, lgd - best_estimate)
