"""One scenario: paths of the systematic factors (docs/model.md, section 2).

Every factor has a log deviation x[m] with mean 0 and variance v[m], and a stress a[m] added to it.
All lists run over months 0..M.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from scipy import special

from npl_sim.core.layout import Stream
from npl_sim.market.spec import CollateralIndex, Market, Overlay
from npl_sim.policy.policy import Policy

from .basics import straight_lines
from .philox import draw

__all__ = [
    "Factor",
    "Conditions",
    "factor_paths",
    "month_of_sale",
    "short_rate_path",
    "conditions_of",
]


@dataclass
class Factor:
    """One factor in one scenario."""

    x: list[float]  # log deviation
    v: list[float]  # its variance
    a: list[float]  # log of the stress added to it


@dataclass
class Conditions:
    """What a loan sees of a scenario; `up`, `down` and `sale_up` hang on its policy's loadings."""

    index: list[list[float]]  # [index][month]
    congestion: list[float]
    up: list[float]
    down: list[float]
    sale_up: list[float]
    distress: list[float] = field(default_factory=list)  # multiplier of insolvencies
    sd: list[float] = field(default_factory=list)  # of the log of `up`; empty: 0
    mean: list[float] = field(default_factory=list)  # of `up`, which stress moves; empty: 1


def cholesky(matrix: Sequence[Sequence[float]]) -> list[list[float]]:
    """Return the lower Cholesky factor; a factor that others determine fully gets an empty
    column.
    """
    n = len(matrix)
    lower = [[0.0] * n for _ in range(n)]
    for j in range(n):
        pivot = matrix[j][j] - sum(lower[j][k] ** 2 for k in range(j))
        if pivot <= 1e-12:
            continue
        lower[j][j] = math.sqrt(pivot)
        for i in range(j + 1, n):
            rest = matrix[i][j] - sum(lower[i][k] * lower[j][k] for k in range(j))
            lower[i][j] = rest / lower[j][j]
    return lower


def overlays_on(name: str, market: Market, stresses: Sequence[str]) -> list[Overlay]:
    """Return the overlays of the named stresses whose pattern names the factor (* stands for any
    text).
    """
    found = {s.name: s for s in market.stresses}
    chosen = [overlay for stress in stresses for overlay in found[stress].overlays]
    if name == "short_rate":  # no pattern reaches it
        return [o for o in chosen if o.factor == "short_rate"]
    return [
        o for o in chosen if re.fullmatch(".*".join(map(re.escape, o.factor.split("*"))), name)
    ]


def stress_path(overlays: Sequence[Overlay], horizon: int) -> list[float]:
    """Return a[m]: nothing at month 0, then the sum over overlays of level, drift and given
    path.
    """
    a = [0.0] * (horizon + 1)
    for m in range(1, horizon + 1):
        for o in overlays:
            a[m] += math.log(o.multiplier) + o.drift_shift * m / 12.0
            if o.months:
                a[m] += math.log(straight_lines(float(m), o.months, o.multipliers))
    return a


def persistence_and_step(market: Market, name: str) -> tuple[float, float]:
    """Return (phi, s) of x[m] = phi x[m-1] + s z[m], before any stress."""
    if name in ("cooperation", "congestion"):
        factor = getattr(market, name)
        return factor.persistence, factor.volatility * math.sqrt(1.0 - factor.persistence**2)
    if name == "short_rate":
        kappa, sigma = market.short_rate.mean_reversion, market.short_rate.volatility
    else:
        index = index_named(market, name)
        kappa, sigma = index.mean_reversion, index.volatility
    if kappa == 0.0:
        return 1.0, sigma / math.sqrt(12.0)
    phi = math.exp(-kappa / 12.0)
    return phi, sigma * math.sqrt((1.0 - phi**2) / (2.0 * kappa))


def index_named(market: Market, name: str) -> CollateralIndex:
    """Return the words of the index of that name."""
    return next(i for i in market.indices if i.name == name)


def factor_paths(
    market: Market,
    stresses: Sequence[str],
    horizon: int,
    seed: int,
    scenario: int,
    key_of: Callable[[str], int],
) -> dict[str, Factor]:
    """Return every factor's path in one scenario, by the factor's name.

    1. For each factor and month an independent normal, addressed by the hash of the factor's name.
    2. The Cholesky factor correlates the normals of a month.
    3. The recursion runs from x[0] = 0, with its variance beside it.
    4. With a Student-t copula, all factors are shaken by the scenario's one mixing variable.
    """
    names = list(market.factor_names) + (["short_rate"] if market.short_rate else [])
    lower = cholesky(market.correlation_matrix().tolist())
    alone = [independent_normals(seed, scenario, key_of(name), horizon) for name in names]
    paths = {}
    for i, name in enumerate(names):
        overlays = overlays_on(name, market, stresses)
        phi, s = persistence_and_step(market, name)
        s *= math.prod(o.volatility_multiplier for o in overlays)
        x, v = [0.0], [0.0]
        for m in range(1, horizon + 1):
            z = sum(lower[i][j] * alone[j][m] for j in range(i + 1))
            x.append(phi * x[-1] + s * z)
            v.append(phi**2 * v[-1] + s**2)
        paths[name] = Factor(x, v, stress_path(overlays, horizon))
    if market.copula.kind == "student_t":
        nu = market.copula.degrees_of_freedom
        u = draw(seed, scenario, 0, Stream.FACTOR_MIXING, 0)[0]
        chi_squared = 2.0 * float(special.gammaincinv(nu / 2.0, u))
        for path in paths.values():
            path.x = [shaken(x, v, nu, chi_squared) for x, v in zip(path.x, path.v, strict=True)]
    return paths


def short_rate_path(
    market: Market, stresses: Sequence[str], paths: dict[str, Factor]
) -> list[float]:
    """Return the short rate: on its way to the mean, with its deviation, shifted by stress, not
    below its floor.
    """
    terms, rates = market.short_rate, []
    for m, x in enumerate(paths["short_rate"].x):
        rate = (
            terms.mean
            + (terms.initial - terms.mean) * math.exp(-terms.mean_reversion * m / 12.0)
            + x
        )
        if m >= 1:
            rate += sum(o.shift for o in overlays_on("short_rate", market, stresses))
        rates.append(rate if terms.floor is None else max(rate, terms.floor))
    return rates


def independent_normals(seed: int, scenario: int, key: int, horizon: int) -> list[float]:
    """Return a factor's own normals; the entry of month 0 is not used."""
    normals = [0.0]
    for m in range(1, horizon + 1):
        word = draw(seed, scenario, key, Stream.FACTOR, (m - 1) // 4)[(m - 1) % 4]
        normals.append(float(special.ndtri(word)))
    return normals


def shaken(x: float, v: float, nu: float, chi_squared: float) -> float:
    """Return sd g(x sqrt(nu/W)/sd) with g = Phi^-1 T_nu, read in the lower tail, where it is
    accurate.
    """
    if v <= 0.0:
        return x
    sd = math.sqrt(v)
    y = x * math.sqrt(nu / chi_squared) / sd
    return math.copysign(sd * float(special.ndtri(special.stdtr(nu, -abs(y)))), y)


def conditions_of(
    market: Market,
    paths: dict[str, Factor],
    loading: float,
    sale_loading: float,
    distress: float = 0.0,
) -> Conditions:
    """Return the levels that a loan sees whose policy has these cooperation loadings."""
    cooperation = paths["cooperation"]
    return Conditions(
        index=[
            level(paths[i.name], [i.drift * m / 12.0 for m in range(len(paths[i.name].x))])
            for i in market.indices
        ],
        congestion=level(paths["congestion"], [0.0] * len(paths["congestion"].x)),
        up=loaded(cooperation, loading, +1.0),
        down=loaded(cooperation, loading, -1.0),
        sale_up=loaded(cooperation, sale_loading, +1.0),
        distress=loaded(cooperation, distress, -1.0),
        sd=[abs(loading) * math.sqrt(v) for v in cooperation.v],
        mean=[math.exp(loading * a) for a in cooperation.a],
    )


def level(factor: Factor, trend: list[float]) -> list[float]:
    """Return exp(trend + x - v/2 + a) month by month."""
    return [
        math.exp(d + x - v / 2.0 + a)
        for d, x, v, a in zip(trend, factor.x, factor.v, factor.a, strict=True)
    ]


def loaded(factor: Factor, b: float, sign: float) -> list[float]:
    """Return exp(sign b (x + a) - b^2 v/2) month by month."""
    return [
        math.exp(sign * b * (x + a) - b * b * v / 2.0)
        for x, v, a in zip(factor.x, factor.v, factor.a, strict=True)
    ]


def month_of_sale(
    policy: Policy, market: Market, paths: dict[str, Factor], conditions: Conditions, horizon: int
) -> int | None:
    """Return X: the month of the sale, or that in which the factor it waits for is high enough."""
    sale = policy.sale
    if sale is None:
        return None
    if sale.wait_for is None or sale.until is None:
        return sale.month if sale.month <= horizon else None
    names = [i.name for i in market.indices]
    if sale.wait_for.factor == "cooperation":
        levels = level(paths["cooperation"], [0.0] * (horizon + 1))
    elif sale.wait_for.factor == "congestion":
        levels = conditions.congestion
    else:
        levels = conditions.index[names.index(sale.wait_for.factor)]
    for m in range(sale.month, sale.until + 1):
        if m > horizon:
            return None
        if levels[m] >= sale.wait_for.at_least:
            return m
    return sale.until
