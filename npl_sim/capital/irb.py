"""The capital function of the internal ratings approach, and the one-factor loss that it comes from.

Sources: Basel II (2006) paragraphs 272 and 273 (corporates, small firms), 328 to 330 (mortgages, cards, other retail),
273's maturity adjustment, and 328 for defaulted exposures; Annex 5 tabulates the weights, without the factor 1.06 that
some editions lay on. Vasicek (2002); Frye and Jacobs (2012).
"""

from __future__ import annotations

import math
from typing import Literal

from scipy.special import ndtr, ndtri

from npl_sim.core.errors import NplSimError

__all__ = [
    "Asset",
    "capital_requirement",
    "correlation",
    "defaulted_requirement",
    "frye_jacobs_lgd",
    "risk_weight",
    "vasicek_loss",
]

Asset = Literal["corporate", "small_firm", "mortgage", "card", "other_retail"]

CONFIDENCE = 0.999
RECIPROCAL = 12.5  # of 8 %: capital to risk-weighted assets


def _probability(name: str, value: float) -> float:
    if not 0.0 < value < 1.0:
        raise NplSimError(f"{name}: got {value!r}; expected a probability between 0 and 1")
    return value


def vasicek_loss(pd: float, rho: float, level: float = CONFIDENCE) -> float:
    """Return the default rate of an infinitely granular pool that is exceeded with probability 1 - level.

    Parameters
    ----------
    pd
        Probability of default. [share of 1]
    rho
        Asset correlation. [share of 1]
    level
        Confidence. [share of 1]
    """
    if not 0.0 <= rho < 1.0:
        raise NplSimError(
            f"rho: got {rho!r}; expected a correlation of at least 0 and less than 1"
        )
    common = ndtri(_probability("pd", pd)) + math.sqrt(rho) * ndtri(_probability("level", level))
    return float(ndtr(common / math.sqrt(1.0 - rho)))


def frye_jacobs_lgd(default_rate: float, pd: float, lgd: float, rho: float) -> float:
    """Return the loss given default that goes with a default rate: higher in bad years, by PD, LGD and rho alone.

    Parameters
    ----------
    default_rate
        Default rate of the year. [share of 1]
    pd
        Mean default rate. [share of 1]
    lgd
        Mean loss given default, weighted by defaults. [share of 1]
    rho
        Asset correlation. [share of 1]
    """
    _probability("default_rate", default_rate)
    _probability("lgd", lgd)
    if not 0.0 <= rho < 1.0:
        raise NplSimError(
            f"rho: got {rho!r}; expected a correlation of at least 0 and less than 1"
        )
    shift = (ndtri(_probability("pd", pd)) - ndtri(pd * lgd)) / math.sqrt(1.0 - rho)
    return float(ndtr(ndtri(default_rate) - shift)) / default_rate


def correlation(pd: float, asset: Asset, turnover: float = 50.0) -> float:
    """Return the asset correlation that Basel II sets.

    Parameters
    ----------
    pd
        Probability of default. [share of 1]
    asset
        Kind of exposure.
    turnover
        Yearly sales of a small firm, read as 5 at least and 50 at most. [million EUR]
    """
    if asset == "mortgage":
        return 0.15
    if asset == "card":
        return 0.04
    low, high, speed = (0.03, 0.16, 35.0) if asset == "other_retail" else (0.12, 0.24, 50.0)
    weight = math.expm1(-speed * pd) / math.expm1(-speed)
    size = (
        0.04 * (1.0 - (min(max(turnover, 5.0), 50.0) - 5.0) / 45.0)
        if asset == "small_firm"
        else 0.0
    )
    return low * weight + high * (1.0 - weight) - size


def capital_requirement(
    pd: float, lgd: float, asset: Asset, maturity: float = 2.5, turnover: float = 50.0
) -> float:
    """Return capital as a share of exposure at default: the 99.9 % loss less the expected loss.

    Parameters
    ----------
    pd
        Probability of default. [share of 1]
    lgd
        Loss given default in a downturn. [share of 1]
    asset
        Kind of exposure.
    maturity
        Effective maturity; read for firms only. [years]
    turnover
        Yearly sales of a small firm. [million EUR]
    """
    unexpected = lgd * (vasicek_loss(pd, correlation(pd, asset, turnover)) - pd)
    if asset not in ("corporate", "small_firm"):
        return unexpected
    slope = (0.11852 - 0.05478 * math.log(pd)) ** 2
    return unexpected * (1.0 + (maturity - 2.5) * slope) / (1.0 - 1.5 * slope)


def risk_weight(
    pd: float, lgd: float, asset: Asset, maturity: float = 2.5, turnover: float = 50.0
) -> float:
    """Return the risk weight: 12.5 times `capital_requirement`, whose parameters these are. [share of exposure]"""
    return RECIPROCAL * capital_requirement(pd, lgd, asset, maturity, turnover)


def defaulted_requirement(lgd: float, best_estimate: float) -> float:
    """Return capital of a defaulted exposure as a share of it: what its loss could exceed the best estimate by.

    Parameters
    ----------
    lgd
        Loss given default in a downturn. [share of 1]
    best_estimate
        Best estimate of the expected loss today. [share of 1]
    """
    return max(0.0, lgd - best_estimate)
