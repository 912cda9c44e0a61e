"""Goal seek: a coupon, price or reserve that gives a yield, a cover or a loss.

Brent's method finds the root of the distance to the goal, on the same scenarios. A yield goal is a
present value: the tranche's mean cash at that yield less its price, which is always defined. The
error of the term is that of the distance over its slope (delta method).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from npl_sim.core.errors import DealError, ProgramError
from npl_sim.core.language import gettext as _
from npl_sim.securitization.collections import DatedFlows
from npl_sim.securitization.results.tranches import relative_losses
from npl_sim.securitization.sizing.limits import NO_INTEREST, ahead_of
from npl_sim.securitization.sizing.resize import resized
from npl_sim.securitization.terms.deal import Deal
from npl_sim.securitization.terms.rates import FixedRate
from npl_sim.securitization.terms.structure import Coupon, Price, Solve, WantedCover, WantedYield
from npl_sim.securitization.waterfall.compiled_terms import Terms, prepare
from npl_sim.securitization.waterfall.run import DealRun
from npl_sim.securitization.waterfall.waterfall import run_terms
from npl_sim.stats import risk
from npl_sim.stats.discount import discount_factor
from npl_sim.stats.risk import Estimate, undefined
from npl_sim.stats.roots import brent_root

CLOSE = 0.03
"""Distance from a value found before, as a share of the range, within which is looked first."""
ROUGH = 1e-3
"""Width to which a value is then found, as a share of the range."""
SLOPE_STEP = 1e-3
"""Step of the slope, as a share of the range searched."""


@dataclass(frozen=True)
class Solved:
    """A term that was found."""

    solve: Solve
    """What was asked."""
    value: Estimate
    """The term and its error."""
    deal: Deal
    """The deal with the term."""


def solve_text(solve: Solve) -> str:
    """Return the unknown as text."""
    find = solve.find
    return _("{kind} of {tranche}").format(
        kind=find.kind, tranche=find.tranche if isinstance(find, Coupon | Price) else find.account
    )


def want_text(solve: Solve) -> str:
    """Return the goal as text."""
    want = solve.want
    level = (
        _(" at the {quantile:.3g} quantile").format(quantile=want.quantile)
        if isinstance(want, WantedCover)
        else ""
    )
    shown = f"{want.value:g}" if isinstance(want, WantedCover) else f"{want.value:.3%}"
    return _("{replace} of {tranche}{level} {shown}").format(
        replace=want.kind.replace("_", " "), tranche=want.tranche, level=level, shown=shown
    )


def with_term(deal: Deal, solve: Solve, value: float) -> Deal:
    """Return the deal with the unknown set to a value."""
    find = solve.find
    if isinstance(find, Coupon):
        coupon = deal.tranche(find.tranche).coupon
        key = "rate" if isinstance(coupon, FixedRate) else "spread"
        return _changed(deal, find.tranche, coupon=coupon.model_copy(update={key: value}))
    if isinstance(find, Price):
        return _changed(deal, find.tranche, price=value)
    accounts = []
    for account in deal.accounts:
        if account.name == find.account:
            target = account.target
            if target is None:  # refused by `checks.structure`
                raise ProgramError("the account has no target; expected one by earlier checks")
            key = {"fixed": "amount", "share_of": "share", "multiple": "times"}[target.kind]
            account = account.model_copy(update={"target": target.model_copy(update={key: value})})
        accounts.append(account)
    changed = deal.model_copy(update={"accounts": tuple(accounts)})
    structure = deal.structure
    if (
        structure is None
        or key != "share"
        or find.account not in [i.account for i in structure.initial]
    ):
        return changed
    initial = tuple(
        i.model_copy(update={"share": value}) if i.account == find.account else i
        for i in structure.initial
    )
    structure = structure.model_copy(update={"initial": initial})
    balances = {t.name: t.balance for t in deal.tranches}
    sized = resized(changed, structure.model_copy(update={"follow": ()}), balances)
    return sized.model_copy(update={"structure": structure})


def _changed(deal: Deal, name: str, **update: Any) -> Deal:
    tranches = tuple(t.model_copy(update=update) if t.name == name else t for t in deal.tranches)
    return deal.model_copy(update={"tranches": tranches})


def _distance(run: DealRun, solve: Solve, deal: Deal, confidence: float) -> Estimate:
    """Return the measure of a run less the goal."""
    want, name = solve.want, solve.want.tranche
    tranche = deal.tranche(name)
    if isinstance(want, WantedYield):
        worth = run.totals[name].value
        return risk.mean(worth / tranche.balance - tranche.price, confidence)
    if isinstance(want, WantedCover):
        if want.kind == "net_cover":
            values = run.terms.cash.net.sum(axis=0) / ahead_of(deal, name)
        else:
            values = np.minimum(run.totals[name].coverage, NO_INTEREST)
        found = risk.quantile(values, want.quantile, confidence)
    else:
        found = risk.mean(relative_losses(run, name), confidence)
    return replace(
        found,
        value=found.value - want.value,
        low=found.low - want.value,
        high=found.high - want.value,
    )


def solve_term(
    deal: Deal,
    solve: Solve,
    flows: DatedFlows,
    index: np.ndarray | None = None,
    confidence: float = 0.95,
) -> Solved:
    """Find a term of a deal.

    Parameters
    ----------
    deal
        The deal.
    solve
        The unknown, its range and the goal.
    flows
        Cash of the package by date.
    index
        Simulated reference rate (see `waterfall.run_deal`). [per year]
    confidence
        Confidence of intervals.

    Raises
    ------
    DealError
        If no value in the range meets the goal.
    """
    return solve_on(prepare(deal, flows, index), solve, confidence)


def solve_on(
    terms: Terms, solve: Solve, confidence: float = 0.95, near: float | None = None
) -> Solved:
    """Find a term of a deal that is prepared.

    Parameters
    ----------
    terms
        What the waterfall needs of the deal.
    solve
        The unknown, its range and the goal.
    confidence
        Confidence of intervals.
    near
        A value found before on similar scenarios, around which is looked first, to a width of
        `ROUGH` of the range and without an error.

    Raises
    ------
    DealError
        If no value in the range meets the goal.
    """
    deal = terms.deal
    if deal.tranche(solve.want.tranche).balance <= 0.0:
        raise DealError(
            f"deal {deal.name!r}: {solve.want.tranche!r} has no balance; expected one, to speak "
            f"of its {solve.want.kind}"
        )
    at = _measure(terms, solve, confidence)
    if near is not None:
        found = _near(at, solve, near)
        if found is not None:
            value = replace(undefined(confidence), value=found)
            return Solved(solve, value, with_term(deal, solve, found))
    ends = at(solve.low).value, at(solve.high).value
    if not (min(ends) <= 0.0 <= max(ends)):
        shown = [_solved_text(e, solve) for e in ends]
        raise DealError(
            f"deal {deal.name!r}: no {solve_text(solve)} between {solve.low:g} and "
            f"{solve.high:g} gives {want_text(solve)}; got {shown[0]} to {shown[1]}; expected a "
            "wider range or another goal"
        )
    if 0.0 in ends:
        root = solve.low if ends[0] == 0.0 else solve.high
    else:
        root = float(
            brent_root(
                lambda x: at(x).value, solve.low, solve.high, xtol=1e-12 * (solve.high - solve.low)
            )
        )
    return Solved(solve, _with_error(at, root, solve, confidence), with_term(deal, solve, root))


def _near(at: Callable[[float], Estimate], solve: Solve, near: float) -> float | None:
    """Return the value that meets the goal close to one found before; None if it is not close."""
    width = solve.high - solve.low
    low, high = max(solve.low, near - CLOSE * width), min(solve.high, near + CLOSE * width)
    if at(low).value * at(high).value > 0.0:
        return None
    return float(brent_root(lambda x: at(x).value, low, high, xtol=ROUGH * width))


def _measure(terms: Terms, solve: Solve, confidence: float) -> Callable[[float], Estimate]:
    """Return the distance to the goal as a function of the unknown."""
    want, factors = solve.want, None
    if isinstance(want, WantedYield):
        factors = discount_factor(want.value, terms.dates.years)

    def run(deal: Deal) -> DealRun:
        return run_terms(terms.with_deal(deal), tables=False, factors=factors)

    if isinstance(solve.find, Price):
        fixed = run(terms.deal)
        return lambda x: _distance(fixed, solve, with_term(terms.deal, solve, x), confidence)
    seen: dict[float, Estimate] = {}

    def at(value: float) -> Estimate:
        if value not in seen:
            changed = with_term(terms.deal, solve, value)
            seen[value] = _distance(run(changed), solve, changed, confidence)
        return seen[value]

    return at


def _solved_text(distance: float, solve: Solve) -> str:
    if isinstance(solve.want, WantedYield):
        side = "more" if distance > 0 else "less"
        return _("its cash is worth {distance:.4%} of the balance {side} than its price").format(
            distance=abs(distance), side=side
        )
    found = distance + solve.want.value
    return (
        _("it is {found:.4g}").format(found=found)
        if isinstance(solve.want, WantedCover)
        else _("it is {found:.4%}").format(found=found)
    )


def _with_error(
    at: Callable[[float], Estimate], root: float, solve: Solve, confidence: float
) -> Estimate:
    step = SLOPE_STEP * (solve.high - solve.low)
    low, high = max(solve.low, root - step), min(solve.high, root + step)
    slope = (at(high).value - at(low).value) / (high - low)
    here = at(root)
    if slope == 0.0:
        return replace(undefined(confidence), value=root)
    reach = [
        (end - here.value) / slope if math.isfinite(end) else math.inf
        for end in (here.low, here.high)
    ]
    return Estimate(
        root,
        here.se / abs(slope),
        root - max(map(abs, reach)),
        root + max(map(abs, reach)),
        confidence,
    )
