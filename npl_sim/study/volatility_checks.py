"""Warnings on volatilities of a study that are probably unintended: percent written as shares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from npl_sim.core.fields import Spec
from npl_sim.core.issues import Issue, warning_at
from npl_sim.study.model import Study
from npl_sim.study.number_formats import bounds

Where = tuple[str | int, ...]

VOLATILITY = (0.0, 5.0)
"""Bounds by which a volatility is known."""

HIGH = 1.0
"""Largest plausible volatility; an assumption."""


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


def _percent(study: Study) -> Iterator[Issue]:
    """Yield volatilities above 100 % a year, which are probably unintended."""
    for where, value, limits in _numbers(study):
        if limits == VOLATILITY and value > HIGH:
            yield warning_at(
                where,
                f"got {value:g}, that is {100.0 * value:g} % a year; expected at most {HIGH:g}: "
                f"write {value / 100.0:g} for {value:g} %",
            )


RATES = (_percent,)
"""The checks, each a generator of issues."""
