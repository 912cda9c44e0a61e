"""Factors that several markets share: one name is one factor, with one path in each scenario."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from npl_sim.core.errors import NplSimError
from npl_sim.market.factors import FactorModel, FactorPaths
from npl_sim.market.rate_terms import SHORT_RATE
from npl_sim.market.spec import CollateralIndex, Market, MeanRevertingFactor

SCENARIOS = 8
"""Scenarios whose paths are compared: other terms move a path in every scenario."""

CLOSE = 1e-12
"""Relative difference of two levels that counts as rounding."""


def check_shared(
    first: tuple[str, Market, FactorModel], other: tuple[str, Market, FactorModel]
) -> None:
    """Refuse two markets in which a factor of one name has different paths.

    Parameters
    ----------
    first, other
        Name of a package, its market, and the market made ready with the common seed.

    Raises
    ------
    NplSimError
        If a factor differs, naming it and the terms that differ.
    """
    (name, market, model), (other_name, other_market, other_model) = first, other
    own, theirs = _levels(model), _levels(other_model)
    for factor in sorted(own.keys() & theirs.keys()):
        count = min(own[factor].shape[1], theirs[factor].shape[1])
        a, b = own[factor][:, :count], theirs[factor][:, :count]
        if np.allclose(a, b, rtol=CLOSE, atol=CLOSE):
            continue
        terms = ", ".join(_differences(market, other_market, factor))
        terms = terms or "a correlation, the copula or a stress"
        raise NplSimError(
            f"market: factor {factor!r} is not the same in {name} and in {other_name}: {terms}; "
            "expected the same terms for one name, or another name"
        )


def _levels(model: FactorModel) -> dict[str, np.ndarray]:
    """Return the levels of the factors by name, shape (scenarios, months + 1)."""
    paths: FactorPaths = model.simulate(0, SCENARIOS)
    found = {"cooperation": paths.cooperation, "congestion": paths.congestion}
    found |= {name: paths.index[:, i] for i, name in enumerate(model.names[2:])}
    if paths.short_rate is not None:
        found[SHORT_RATE] = paths.short_rate
    return found


def _term(market: Market, factor: str) -> CollateralIndex | MeanRevertingFactor | None:
    if factor in ("cooperation", "congestion"):
        term: MeanRevertingFactor = getattr(market, factor)
        return term
    return next((index for index in market.indices if index.name == factor), None)


def _differences(first: Market, other: Market, factor: str) -> Iterator[str]:
    """Yield the terms of a factor that differ between two markets."""
    a, b = _term(first, factor), _term(other, factor)
    if a is None or b is None:
        return
    for key in type(a).model_fields:
        own, theirs = getattr(a, key), getattr(b, key)
        if own != theirs:
            yield f"{key} {own:g} and {theirs:g}"
