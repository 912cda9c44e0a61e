"""From filing to a title: fees, outcomes and the time they take. docs/model.md section 4.4.

The congestion of the courts stretches every step of one case alike, so the steps are summed for each
level of congestion before the levels are averaged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from npl_sim.core.layout import Kind
from npl_sim.dcf import law
from npl_sim.dcf.context import Claims, Desk
from npl_sim.dcf.exit_value import leave
from npl_sim.dcf.grid import Times, by_month, spread, then
from npl_sim.dcf.quantile_functions import (
    expectation,
    has_atoms,
    midpoints,
    probability_by,
    quantiles,
)

__all__ = ["Filing", "Title", "bury", "litigate"]

Step: TypeAlias = tuple[Any, bool, bool]
"""A duration, whether a part of it is over on the tape, and whether it waits in the courts' queue."""

Steps: TypeAlias = tuple[Step, ...]
"""Steps one after another."""


@dataclass(frozen=True)
class Filing:
    """Claims that are taken to court.

    Attributes
    ----------
    claims, times
        Claims, and the probability of a filing by time.
    fresh
        Whether they are filed on the walk; else they stand in court on the tape.
    """

    claims: Claims
    times: Times
    fresh: bool

    @classmethod
    def joined(cls, parts: Sequence[Filing]) -> Filing:
        """Return filings of the walk as one, without those that never happen."""
        claims = Claims.joined([p.claims for p in parts])
        mass = np.concatenate([p.times.mass for p in parts])
        some = np.asarray(mass.any(axis=1))
        return cls(claims.take(some), Times(mass[some], any(p.times.smooth for p in parts)), True)

    def take(self, which: np.ndarray) -> Filing:
        """Return some of the filings."""
        return replace(
            self,
            claims=self.claims.take(which),
            times=Times(self.times.mass[which], self.times.smooth),
        )


@dataclass(frozen=True)
class Title:
    """Claims with an enforceable title.

    Attributes
    ----------
    claims, times
        Claims as judged, and the probability of the title by time.
    bound
        Whether guarantors are bound.
    frozen
        Time of the freeze of assets, NaN where there is none, shape (claims,). [months]
    """

    claims: Claims
    times: Times
    bound: bool
    frozen: np.ndarray


@dataclass(frozen=True)
class _Costs:
    """Fees advanced at filing, by claim. [package currency]"""

    owed: np.ndarray
    court: np.ndarray
    preservation: np.ndarray


def _lawsuit_fee(desk: Desk, owed: np.ndarray) -> np.ndarray:
    full = law.fee(desk.study.legal.court_fee, owed)
    summary = owed <= desk.litigation.lawsuit.summary_maximum
    return np.asarray(np.where(summary, desk.study.legal.summary_factor, 1.0) * full)


def _post_at(desk: Desk, kind: Kind, filing: Filing, amounts: np.ndarray) -> None:
    desk.post(kind, filing.claims.rows, by_month(filing.times, amounts[:, None]))


def _file(desk: Desk, filing: Filing, ended: Times | None) -> _Costs:
    """Post what is paid at filing, and the deposit's return where the end of the stage is given."""
    words = desk.litigation
    owed = filing.claims.owed_at(filing.times.mean)
    _post_at(desk, Kind.LAWYER, filing, np.full(len(owed), -words.lawyer_fixed))
    preservation = np.zeros(len(owed))
    if words.preservation is not None:
        preservation = law.fee(desk.study.legal.preservation_fee, owed)
        asked = words.preservation.security * owed
        if words.preservation.form == "letter":
            _post_at(
                desk, Kind.PRESERVATION, filing, -preservation - words.preservation.premium * asked
            )
        else:
            _post_at(desk, Kind.PRESERVATION, filing, -preservation - asked)
            back = filing.times if ended is None else ended
            cash = by_month(back)
            cash[:, -1] += by_month(filing.times).sum(axis=1) - cash.sum(axis=1)
            desk.post(Kind.PRESERVATION, filing.claims.rows, cash * asked[:, None])
    return _Costs(owed, np.zeros(len(owed)), preservation)


def bury(desk: Desk, filing: Filing) -> None:
    """Post the costs of filings that end at once because the claim is time-barred."""
    if len(filing.claims.rows) == 0:
        return
    costs = _file(desk, filing, None)
    clause = desk.loans.clause[filing.claims.rows]
    fee = _lawsuit_fee(desk, costs.owed)
    if desk.litigation.route == "arbitration":
        fee = np.where(clause, law.fee(desk.study.legal.arbitration_fee, costs.owed), fee)
    _post_at(desk, Kind.COURT_FEE, filing, -fee)


class _Steps:
    """Durations under one congestion level after another, averaged at the end."""

    def __init__(self, desk: Desk, month: int, wait: float, elapsed: float) -> None:
        self.desk, self.wait, self.elapsed = desk, wait, elapsed
        self.levels, self.weights = desk.world.congestion_nodes(month)

    def one(
        self, words: Any, level: float, first: bool = False, queued: bool = False
    ) -> np.ndarray:
        u = midpoints()
        elapsed = self.elapsed if first else 0.0
        if elapsed > 0.0:
            gone = min(float(probability_by(words, np.array([elapsed]))[0]), 1.0 - 1e-6)
            u = gone + u * (1.0 - gone)
        values = (
            np.maximum(quantiles(words, u) - elapsed, 0.0) + (self.wait if queued else 0.0)
        ) * level
        return spread(values[None, :], np.full(len(u), 1.0 / len(u)), self.desk.points)[0]

    def sum_of(self, *steps: Step) -> np.ndarray:
        """Return the mass of the sum of steps (words, whether part of it is over, whether it waits in the queue)."""
        total = np.zeros(self.desk.points)
        for level, weight in zip(self.levels, self.weights, strict=True):
            mass = self.one(steps[0][0], level, *steps[0][1:])
            for words, first, queued in steps[1:]:
                mass = np.convolve(mass, self.one(words, level, first, queued))[: self.desk.points]
            total += weight * mass
        return total


def _following(desk: Desk, filing: Filing, fresh: bool, *steps: Step) -> Times:
    """Return when a sequence of steps from filing is over."""
    rows = filing.claims.rows
    elapsed = np.zeros(len(rows)) if fresh else desk.loans.elapsed[rows]
    wait = desk.wait[rows] if fresh else np.zeros(len(rows))
    cases = np.stack([np.ceil(filing.times.mean - 1e-9), wait, elapsed], axis=1)
    unique, inverse = np.unique(cases, axis=0, return_inverse=True)
    made = np.array([_Steps(desk, int(m), w, e).sum_of(*steps) for m, w, e in unique])
    certain = (
        all(has_atoms(words) for words, _, _ in steps) and not desk.world.congestion.variance.any()
    )
    kernel = Times(made.reshape(len(unique), desk.points)[inverse.reshape(-1)], not certain)
    return then(filing.times, kernel)


def litigate(desk: Desk, filing: Filing) -> list[Title]:
    """Post the costs of filings and return the titles that they lead to.

    Parameters
    ----------
    desk
        The policy.
    filing
        Claims that are not ended by limitation.
    """
    rows = filing.claims.rows
    if len(rows) == 0:
        return []
    route = desk.litigation.route if filing.fresh else "lawsuit"
    if route == "arbitration":
        clause = desk.loans.clause[rows]
        titles = _arbitrate(desk, filing.take(clause)) if clause.any() else []
        return titles + (_sue(desk, filing.take(~clause)) if (~clause).any() else [])
    return _order(desk, filing) if route == "payment_order" else _sue(desk, filing)


def _frozen(desk: Desk, filing: Filing) -> np.ndarray:
    words = desk.litigation.preservation
    if words is None or not filing.fresh:
        return np.full(len(filing.claims.rows), np.nan)
    return filing.times.mean + (0.0 if words.before_suit else words.delay)


def _stay(desk: Desk, filing: Filing, *ended: Times) -> None:
    """Let what is not decided by the end leave from court."""
    open_mass = by_month(filing.times).sum(axis=1) - sum(by_month(t).sum(axis=1) for t in ended)
    owed = filing.claims.owed_at(np.full(len(open_mass), float(desk.end)))
    leave(desk, filing.claims, np.maximum(open_mass, 0.0), owed)


def _lawyer_back(desk: Desk) -> float:
    return desk.study.legal.lawyer_shifting * desk.litigation.lawyer_fixed


def _arbitrate(desk: Desk, filing: Filing) -> list[Title]:
    words = desk.litigation.arbitration
    times = _following(desk, filing, True, (words.duration, False, False))
    costs = _file(desk, filing, times)
    fee = law.fee(desk.study.legal.arbitration_fee, costs.owed)
    _post_at(desk, Kind.COURT_FEE, filing, -fee)
    _stay(desk, filing, times)
    shifted = desk.study.legal.cost_shifting * (fee + costs.preservation) + _lawyer_back(desk)
    claims = filing.claims.less(expectation(desk.litigation.award), shifted)
    return [Title(claims, times.scaled(words.win), True, _frozen(desk, filing))]


def _order(desk: Desk, filing: Filing) -> list[Title]:
    words = desk.litigation.payment_order
    step: Step = (words.duration, False, True)
    over = _following(desk, filing, True, step)
    suits = over.scaled(words.objection)
    costs = _file(desk, filing, over)
    fee = desk.study.legal.payment_order_factor * law.fee(desk.study.legal.court_fee, costs.owed)
    _post_at(desk, Kind.COURT_FEE, filing, -fee)
    _stay(desk, filing, over)
    shifted = desk.study.legal.cost_shifting * (fee + costs.preservation) + _lawyer_back(desk)
    issued = Title(
        filing.claims.less(1.0, shifted),
        over.scaled(1.0 - words.objection),
        False,
        _frozen(desk, filing),
    )
    advanced = _Costs(costs.owed, fee, costs.preservation)
    second = Filing(filing.claims, suits, True)
    outcomes = _outcomes(desk, filing, (step,))
    return [issued, *_suits(desk, filing, second, advanced, words.objection, outcomes)]


def _sue(desk: Desk, filing: Filing) -> list[Title]:
    outcomes = _outcomes(desk, filing, ())
    none = np.zeros(len(filing.claims.rows))
    costs = _Costs(none, none, none)
    if filing.fresh:
        ended = [t.scaled(s) for s, t in outcomes.ends]
        costs = _file(desk, filing, Times(sum_of(ended), any(t.smooth for t in ended)))
    return _suits(desk, filing, filing, costs, 1.0, outcomes)


def sum_of(parts: list[Times]) -> np.ndarray:
    """Return the mass of several times together, shape (rows, points)."""
    return np.asarray(np.sum([t.mass for t in parts], axis=0))


@dataclass(frozen=True)
class _Outcomes:
    """How a lawsuit goes: shares, and times from the filing of the case.

    Attributes
    ----------
    mediated, first, second, absent
        Times of an agreement, of judgments at first instance and on appeal, and in absence.
    shares
        Probability of each by name; `second` is that of a judgment with an appeal.
    """

    mediated: Times
    first: Times
    second: Times
    absent: Times
    shares: dict[str, float]
    winning: dict[str, float]

    @property
    def ends(self) -> list[tuple[float, Times]]:
        """Shares and times of all ends of the case."""
        return [(s, getattr(self, name)) for name, s in self.shares.items()]

    @property
    def won(self) -> list[tuple[float, Times]]:
        """Shares and times of judgments won."""
        return [(self.shares[name] * w, getattr(self, name)) for name, w in self.winning.items()]


def _outcomes(desk: Desk, filing: Filing, before: Steps) -> _Outcomes:
    """Return the ways in which a lawsuit ends; `before` are the steps that led to it."""
    words, fresh = desk.litigation.lawsuit, filing.fresh
    judged = (1.0 - words.default_judgment) * (1.0 - words.mediation)
    win, turned = words.win, words.reversal
    first: Step = (words.duration, not fresh, fresh)

    def over(*steps: Step) -> Times:
        return _following(desk, filing, fresh, *before, *steps)

    return _Outcomes(
        mediated=over((words.mediation_duration, False, fresh)),
        first=over(first),
        second=over(first, (words.appeal_duration, False, False)),
        absent=over((words.default_duration, False, fresh)),
        shares={
            "mediated": (1.0 - words.default_judgment) * words.mediation,
            "first": judged * (1.0 - words.appeal),
            "second": judged * words.appeal,
            "absent": words.default_judgment,
        },
        winning={
            "first": win,
            "second": win * (1.0 - turned) + (1.0 - win) * turned,
            "absent": words.default_win,
        },
    )


def _suits(
    desk: Desk, filing: Filing, suits: Filing, costs: _Costs, part: float, outcomes: _Outcomes
) -> list[Title]:
    """Carry lawsuits to their end.

    Parameters
    ----------
    desk
        The policy.
    filing
        The cases from their beginning, from which the outcomes' times count.
    suits
        When the lawsuits are filed, which is later after an objection to a payment order.
    costs
        What was advanced before.
    part
        Share of the cases that come to a lawsuit.
    outcomes
        How they go.
    """
    words, legal, own = desk.litigation.lawsuit, desk.study.legal, desk.litigation
    rows, fresh = filing.claims.rows, float(filing.fresh)
    owed = suits.claims.owed_at(suits.times.mean)
    court = law.fee(legal.court_fee, owed)
    fee = fresh * _lawsuit_fee(desk, owed)
    _post_at(desk, Kind.COURT_FEE, suits, -fee)
    _stay(desk, suits, *(t.scaled(part * s) for s, t in outcomes.ends))

    # An appeal is paid for when the first judgment falls; a creditor who lost pays a second court fee.
    appealed = part * outcomes.shares["second"] * by_month(outcomes.first)
    desk.post(Kind.LAWYER, rows, -own.lawyer_appeal * appealed)
    desk.post(Kind.COURT_FEE, rows, -(1.0 - words.win) * court[:, None] * appealed)

    titles, frozen = [], _frozen(desk, filing)
    advanced = costs.court + costs.preservation + fee
    if outcomes.shares["mediated"] > 0.0:
        back = np.maximum(fee - legal.mediation_factor * court, 0.0)
        agreed = outcomes.mediated.scaled(part * outcomes.shares["mediated"])
        desk.post(Kind.COURT_FEE, rows, back[:, None] * by_month(agreed))
        claims = filing.claims.less(
            1.0 - words.mediation_discount, legal.cost_shifting * (advanced - back)
        )
        titles.append(Title(claims, agreed, True, frozen))
    won = [t.scaled(part * s) for s, t in outcomes.won if s > 0.0]
    total = sum(s for s, _ in outcomes.won)
    if total > 0.0:
        # Of the titles won, some went through an appeal, and some of those through a creditor's own.
        second = outcomes.shares["second"] / total
        advanced = advanced + court * second * (1.0 - words.win) * words.reversal
        lawyers = (
            fresh * own.lawyer_fixed + own.lawyer_appeal * second * outcomes.winning["second"]
        )
        shifted = legal.cost_shifting * advanced + legal.lawyer_shifting * lawyers
        claims = filing.claims.less(expectation(own.award), shifted)
        titles.append(Title(claims, Times(sum_of(won), any(t.smooth for t in won)), True, frozen))
    return titles
