"""Repayment plans of the vectorized peer: installments, redefault and the next plan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.peers.vector_cash import Claim, month_of
from benchmarks.peers.vector_chunk import CURED, FILED, OFFERED, ON_TAPE, Chunk
from npl_sim.core.layout import Kind, Stage

__all__ = ["repay"]


@dataclass(frozen=True)
class _Plan:
    """Repayment plans of some paths.

    Attributes
    ----------
    rate
        Interest rate. [per month]
    hazard
        Redefault hazard. [per month]
    balloon_share
        Share of the balance that falls due with the last installment.
    revoked
        Whether redefault revokes the haircut.
    start, first, last
        Months of the agreement, of the first installment and of the last.
    term
        Length of the plan. [months]
    level, balloon
        Balance that installments repay, and balance due at the end.
    """

    rate: float
    hazard: float
    balloon_share: float
    revoked: bool
    start: np.ndarray
    first: np.ndarray
    last: np.ndarray
    term: np.ndarray
    level: np.ndarray
    balloon: np.ndarray

    @property
    def installment(self) -> np.ndarray:
        """Monthly payment."""
        if self.rate == 0.0:
            return self.level / self.term
        discounted = 1.0 - (1.0 + self.rate) ** -self.term.astype(float)
        return self.level * self.rate / discounted + self.balloon * self.rate

    def balance_after(self, paid: np.ndarray) -> np.ndarray:
        """Return the balance after a number of installments."""
        if self.rate == 0.0:
            return self.level * (1.0 - paid / self.term) + self.balloon
        grown = (1.0 + self.rate) ** self.term
        return self.level * (grown - (1.0 + self.rate) ** paid) / (grown - 1.0) + self.balloon


def repay(chunk: Chunk) -> None:
    """Simulate the repayment plans of paths, in the order in which a borrower agrees to them."""
    most = max(1, int(chunk.terms["maximum_plans"]))
    for number in range(1, most + 1):
        paths = chunk.standing(Stage.PLAN)
        entry = chunk.entry[paths]
        cured = (entry == CURED) | ((entry != OFFERED) & (chunk.terms["offer_month"] < 0))
        for is_cure in (False, True):
            for on_tape in (False, True):
                some = paths[(cured == is_cure) & ((entry == ON_TAPE) == on_tape)]
                if len(some):
                    _repay(chunk, some, is_cure, on_tape, not is_cure and number < most)


def _plan(chunk: Chunk, paths: np.ndarray, owed: np.ndarray, cured: bool, on_tape: bool) -> _Plan:
    """Return the plans of paths that owe `owed`."""
    terms, start = chunk.terms, month_of(chunk.t[paths])
    prefix = "cure" if cured else "restructuring"
    term = np.full(len(paths), terms[f"{prefix}_term"], dtype=np.int64)
    grace = 0 if cured or on_tape else int(terms["grace_months"])
    balloon_share = 0.0 if cured else float(terms["restructuring_balloon"])
    haircut = 0.0 if cured or on_tape else float(terms["haircut"])
    if on_tape:
        elapsed = np.floor(chunk.of_loan("stage_elapsed", paths)).astype(np.int64)
        term = np.maximum(term - elapsed, 1)
    balance = owed * (1.0 - haircut)
    return _Plan(
        rate=float(terms[f"{prefix}_rate"]),
        hazard=float(terms[f"{prefix}_redefault_hazard"]),
        balloon_share=balloon_share,
        revoked=bool(cured or terms["haircut_revoked"] != 0),
        start=start,
        first=start + grace + 1,
        last=start + grace + term,
        term=term,
        level=balance * (1.0 - balloon_share),
        balloon=balance * balloon_share,
    )


def _redefault_months(
    chunk: Chunk, paths: np.ndarray, plan: _Plan, until: np.ndarray
) -> np.ndarray:
    """Return the month in which each path redefaults, up to `until`; 0 means that it does not."""
    broken = np.zeros(len(paths), dtype=np.int64)
    if plan.hazard <= 0.0:
        return broken
    scenario = paths % chunk.scenarios
    threshold = chunk.rng.standard_exponential(len(paths)) / plan.hazard
    goal = threshold + chunk.down[scenario, plan.start]
    hit = np.flatnonzero(chunk.down[scenario, until] >= goal)
    low, high = plan.start[hit] + 1, until[hit].copy()
    while (low < high).any():
        middle = (low + high) // 2
        over = chunk.down[scenario[hit], middle] >= goal[hit]
        high = np.where(over, middle, high)
        low = np.where(over, low, middle + 1)
    broken[hit] = low
    return broken


def _repay(chunk: Chunk, paths: np.ndarray, cured: bool, on_tape: bool, another: bool) -> None:
    """Simulate one plan of each path; `another` says whether another plan may follow."""
    end = chunk.end_of(paths)
    claim = chunk.claim.take(paths)
    claim.accrue(chunk.t[paths])
    plan = _plan(chunk, paths, claim.owed, cured, on_tape)
    installment = plan.installment
    until = np.minimum(plan.last, end)
    broken = _redefault_months(chunk, paths, plan, until)
    kept = broken == 0
    until = np.where(kept, until, broken - 1)
    paid = np.maximum(until - plan.first + 1, 0)
    chunk.accumulator.receive_monthly(paths, Kind.INSTALLMENT, plan.first, until, installment)
    done = kept & (plan.last <= end)
    if plan.balloon_share > 0.0:
        chunk.accumulator.receive(
            paths[done], Kind.INSTALLMENT, plan.last[done], plan.balloon[done], 0.0
        )
    _restate(claim, plan, broken, paid, end)
    chunk.claim.put(paths, claim)
    _value_plans(chunk, paths, plan, paid, np.flatnonzero(kept & ~done))
    stage = _next_stages(chunk, paths, claim, np.flatnonzero(~kept) if another else None)
    stage = np.where(kept, np.where(done, Stage.CLOSED, Stage.PLAN), stage)
    t = np.where(kept, np.where(done, plan.last, end), broken).astype(float)
    chunk.leave(paths, Stage.PLAN, stage, t)


def _restate(
    claim: Claim, plan: _Plan, broken: np.ndarray, paid: np.ndarray, end: np.ndarray | int
) -> None:
    """Restate claims after their plans: the plan's balance, or the old claim if it revives."""
    kept = broken == 0
    anew = kept | (not plan.revoked)
    after = plan.balance_after(paid)
    claim.accrue(np.where(anew, 0.0, broken))
    claim.pay(np.where(anew, 0.0, np.minimum(claim.owed, plan.installment * paid)))
    claim.principal = np.where(anew, after, claim.principal)
    claim.interest_and_fees = np.where(anew, 0.0, claim.interest_and_fees)
    claim.accrued_to = np.where(anew, np.where(kept, end, broken), claim.accrued_to)


def _value_plans(
    chunk: Chunk, paths: np.ndarray, plan: _Plan, paid: np.ndarray, running: np.ndarray
) -> None:
    """Value the rest of the plans that still run at the end."""
    rest = (plan.term - paid)[running]
    wait = np.maximum(plan.first - 1 - chunk.end_of(paths), 0)[running]
    factor = float(chunk.terms["plan_discount_factor"]) * np.exp(-plan.hazard)
    annuity = rest if factor == 1.0 else factor * (1.0 - factor**rest) / (1.0 - factor)
    chunk.plan_value[paths[running]] = factor**wait * (
        plan.installment[running] * annuity + plan.balloon[running] * factor**rest
    )


def _next_stages(
    chunk: Chunk, paths: np.ndarray, claim: Claim, renewable: np.ndarray | None
) -> np.ndarray:
    """Return the stage after redefault; rows `renewable` may agree to another plan."""
    terms = chunk.terms
    sues = (terms["litigate"] != 0) & (claim.whole >= terms["litigation_minimum_claim"])
    stage = np.where(claim.is_paid, Stage.CLOSED, np.where(sues, Stage.LITIGATION, Stage.DORMANT))
    chunk.entry[paths] = FILED
    if renewable is not None:
        renewable = renewable[~claim.is_paid[renewable]]
        accepted = chunk.rng.random(len(renewable)) < terms["acceptance_probability"]
        again = renewable[accepted]
        stage[again] = Stage.PLAN
        chunk.entry[paths[again]] = OFFERED
    return stage
