"""Warnings on rates of a study that are probably unintended: percent written as shares, returns far below zero."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from npl_sim.base import Spec
from npl_sim.study import Fault, Study
from npl_sim.studynumbers import bounds

__all__ = ["RATES"]

Where = tuple[str | int, ...]

RATE, VOLATILITY = (-1.0, 10.0), (0.0, 5.0)
"""Bounds by which a rate and a volatility are known."""

HIGH, LOW = 1.0, -0.05
"""Largest plausible rate or volatility, and the smallest plausible return that a party asks for; assumptions."""

RETURNS = (
    ("pricing", "required_return"),
    ("buyer", "target_irr"),
    ("seller", "discount_rate"),
)
"""Rates at which a party discounts."""


def _numbers(spec: Spec, where: Where = ()) -> Iterator[tuple[Where, float, tuple[float, float]]]:
    """Yield every number of a specification with its path and its bounds."""
    for name, info in type(spec).model_fields.items():
        if name == "tape":  # the tape's own checks judge its rates
            continue
        limits = bounds(info)
        for inner, value in _inside(getattr(spec, name), (*where, name)):
            if isinstance(value, Spec):
                yield from _numbers(value, inner)
            elif isinstance(value, float | int) and not isinstance(value, bool):
                yield inner, float(value), limits


def _inside(value: Any, where: Where) -> Iterator[tuple[Where, Any]]:
    """Yield a value, or the entries of a list or mapping, with their paths."""
    if isinstance(value, tuple):
        for i, entry in enumerate(value):
            yield from _inside(entry, (*where, i))
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield from _inside(entry, (*where, key))
    else:
        yield where, value


def _percent(study: Study) -> Iterator[Fault]:
    """Rates above 100 % a year, which are probably unintended."""
    for where, value, limits in _numbers(study):
        if limits in (RATE, VOLATILITY) and value > HIGH:
            yield Fault(
                where,
                f"got {value:g}, that is {100.0 * value:g} % a year; expected at most {HIGH:g}: write {value / 100.0:g} for "
                f"{value:g} %",
                error=False,
            )


def _negative(study: Study) -> Iterator[Fault]:
    """Returns so far below zero that cash is worth more the later it comes."""
    for section, key in RETURNS:
        value = getattr(getattr(study, section), key)
        if value is not None and value < LOW:
            yield Fault(
                (section, key),
                f"got {value:g}; expected at least {LOW:g}: cash is worth the more the later it comes",
                error=False,
            )


RATES = (_percent, _negative)
"""The checks, each a generator of faults."""
