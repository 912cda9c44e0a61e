"""Root of a function of one variable by Brent's method, without the import of scipy.optimize."""

from __future__ import annotations

import math
from collections.abc import Callable


def brent_root(
    function: Callable[[float], float],
    low: float,
    high: float,
    *,
    xtol: float = 2e-12,
    rtol: float = 4.0 * math.ulp(1.0),
    maxiter: int = 100,
) -> float:
    """Return a root of a continuous function between two points where its sign differs.

    Parameters
    ----------
    function
        The function.
    low, high
        The two points.
    xtol
        Absolute precision of the root.
    rtol
        Precision of the root relative to its size.
    maxiter
        Most steps.

    Raises
    ------
    ValueError
        If the sign does not differ, or the function returns NaN.
    RuntimeError
        If the root is not found in `maxiter` steps.

    Notes
    -----
    Brent, Algorithms for Minimization without Derivatives (1973), chapter 4. The steps are those
    of `scipy.optimize.brentq`, and so are the bits. The import of that package takes 0.1 s.
    """
    before, now = float(low), float(high)
    f_before, f_now = _value(function, before), _value(function, now)
    if f_before == 0.0:
        return before
    if f_now == 0.0:
        return now
    if _negative(f_before) == _negative(f_now):
        raise ValueError("f(a) and f(b) must have different signs")
    other = f_other = last = step = 0.0
    for _ in range(maxiter):
        if f_before != 0.0 and f_now != 0.0 and _negative(f_before) != _negative(f_now):
            other, f_other = before, f_before
            last = step = now - before
        if abs(f_other) < abs(f_now):
            before, now, other = now, other, now
            f_before, f_now, f_other = f_now, f_other, f_now
        precision = (xtol + rtol * abs(now)) / 2.0
        half = (other - now) / 2.0
        if f_now == 0.0 or abs(half) < precision:
            return now
        guess = math.inf
        if abs(last) > precision and abs(f_now) < abs(f_before):
            guess = _guess((before, f_before), (now, f_now), (other, f_other))
        if 2.0 * abs(guess) < min(abs(last), 3.0 * abs(half) - precision):
            last, step = step, guess
        else:
            last = step = half
        before, f_before = now, f_now
        if abs(step) > precision:
            now += step
        else:
            now += precision if half > 0.0 else -precision
        f_now = _value(function, now)
    raise RuntimeError(f"no root found in {maxiter} steps")


def _negative(value: float) -> bool:
    return math.copysign(1.0, value) < 0.0


def _value(function: Callable[[float], float], at: float) -> float:
    value = float(function(at))
    if math.isnan(value):
        raise ValueError(f"the function is NaN at {at}; expected a number")
    return value


def _guess(
    before: tuple[float, float], now: tuple[float, float], other: tuple[float, float]
) -> float:
    """Return the step by the secant or by inverse quadratic interpolation; infinity for none."""
    (x_before, f_before), (x_now, f_now), (x_other, f_other) = before, now, other
    try:
        if x_before == x_other:
            return -f_now * (x_now - x_before) / (f_now - f_before)
        slope = (f_before - f_now) / (x_before - x_now)
        slope_other = (f_other - f_now) / (x_other - x_now)
        return (
            -f_now
            * (f_other * slope_other - f_before * slope)
            / (slope_other * slope * (f_other - f_before))
        )
    except ZeroDivisionError:
        return math.inf
