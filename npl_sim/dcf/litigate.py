"""Litigation: arbitration, payment orders and lawsuits, and the titles that follow.

docs/model.md section 4.4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from npl_sim.core.layout import Kind
from npl_sim.dcf import law
from npl_sim.dcf.context import PolicyContext
from npl_sim.dcf.court_times import Step, after_filing
from npl_sim.dcf.exit_value import leave
from npl_sim.dcf.filing import Costs, Filing, Title, file, lawsuit_fee, post_at
from npl_sim.dcf.grid import Times, by_month
from npl_sim.dcf.quantile_functions import expectation


def litigate(context: PolicyContext, filing: Filing) -> list[Title]:
    """Post the costs of filings and return the titles that they lead to.

    Parameters
    ----------
    context
        Policy and loans.
    filing
        Claims that are not dismissed as time-barred.
    """
    rows = filing.claims.rows
    if len(rows) == 0:
        return []
    route = context.litigation.route if filing.fresh else "lawsuit"
    if route == "arbitration":
        clause = context.loans.clause[rows]
        titles = _arbitrate(context, filing.take(clause)) if clause.any() else []
        return titles + (_sue(context, filing.take(~clause)) if (~clause).any() else [])
    return _payment_order(context, filing) if route == "payment_order" else _sue(context, filing)


def _frozen(context: PolicyContext, filing: Filing) -> np.ndarray:
    """Return the time of the freeze of assets; NaN for none. [months]"""
    terms = context.litigation.preservation
    if terms is None or not filing.fresh:
        return np.full(len(filing.claims.rows), np.nan)
    return filing.times.mean + (0.0 if terms.before_suit else terms.delay)


def _leave_undecided(context: PolicyContext, filing: Filing, *ended: Times) -> None:
    """Pass cases that are undecided at the end to the sale or the horizon."""
    open_mass = by_month(filing.times).sum(axis=1) - sum(by_month(t).sum(axis=1) for t in ended)
    owed = context.owed_at_end(filing.claims)
    leave(context, filing.claims, np.maximum(open_mass, 0.0), owed)


def _shifted_costs(context: PolicyContext, fee: np.ndarray, costs: Costs) -> np.ndarray:
    """Return the advanced costs that a title adds to the claim. [package currency]"""
    legal = context.study.legal
    lawyer = legal.lawyer_fee_shifting * context.litigation.lawyer_fixed_fee
    return np.asarray(legal.cost_shifting * (fee + costs.preservation) + lawyer)


def _arbitrate(context: PolicyContext, filing: Filing) -> list[Title]:
    terms = context.litigation.arbitration
    times = after_filing(context, filing, True, Step(terms.duration, False, False))
    costs = file(context, filing, times)
    fee = law.fee(context.study.legal.arbitration_fee, costs.owed)
    post_at(context, Kind.COURT_FEE, filing, -fee)
    _leave_undecided(context, filing, times)
    shifted = _shifted_costs(context, fee, costs)
    claims = filing.claims.less(expectation(context.litigation.award_share), shifted)
    return [Title(claims, times.scaled(terms.win_probability), True, _frozen(context, filing))]


def _payment_order(context: PolicyContext, filing: Filing) -> list[Title]:
    terms, legal = context.litigation.payment_order, context.study.legal
    step = Step(terms.duration, False, True)
    ended = after_filing(context, filing, True, step)
    costs = file(context, filing, ended)
    fee = legal.payment_order_fee_factor * law.fee(legal.court_fee, costs.owed)
    post_at(context, Kind.COURT_FEE, filing, -fee)
    _leave_undecided(context, filing, ended)
    claims = filing.claims.less(1.0, _shifted_costs(context, fee, costs))
    issued = Title(
        claims, ended.scaled(1.0 - terms.objection_probability), False, _frozen(context, filing)
    )
    advanced = Costs(costs.owed, fee, costs.preservation)
    suits = Filing(filing.claims, ended.scaled(terms.objection_probability), True)
    outcomes = _outcomes(context, filing, (step,))
    suit = _Suit(filing, suits, advanced, terms.objection_probability, outcomes)
    return [issued, *_judgments(context, suit)]


def _sue(context: PolicyContext, filing: Filing) -> list[Title]:
    outcomes = _outcomes(context, filing, ())
    none = np.zeros(len(filing.claims.rows))
    costs = Costs(none, none, none)
    if filing.fresh:
        costs = file(context, filing, _together([t.scaled(s) for s, t in outcomes.ends]))
    return _judgments(context, _Suit(filing, filing, costs, 1.0, outcomes))


def _together(parts: list[Times]) -> Times:
    """Return the times of exclusive events together."""
    mass = np.asarray(np.sum([t.mass for t in parts], axis=0))
    return Times(mass, any(t.smooth for t in parts))


@dataclass(frozen=True)
class _Outcomes:
    """Outcomes of a lawsuit: probabilities, and times from the filing of the case."""

    mediated: Times
    first: Times
    """Time of the judgment at first instance."""
    second: Times
    """Time of the judgment on appeal."""
    absent: Times
    """Time of a default judgment."""
    shares: dict[str, float]
    """Probability of each outcome by name; `second` is that of a judgment with an appeal."""
    winning: dict[str, float]
    """Probability of a win given each judgment."""

    @property
    def ends(self) -> list[tuple[float, Times]]:
        """Probabilities and times of all ends of the case."""
        return [(s, getattr(self, name)) for name, s in self.shares.items()]

    @property
    def won(self) -> list[tuple[float, Times]]:
        """Probabilities and times of judgments won."""
        return [(self.shares[name] * w, getattr(self, name)) for name, w in self.winning.items()]


def _outcomes(context: PolicyContext, filing: Filing, before: tuple[Step, ...]) -> _Outcomes:
    """Return the outcomes of a lawsuit after the steps `before`."""
    terms, fresh = context.litigation.lawsuit, filing.fresh
    judged = (1.0 - terms.default_judgment_probability) * (1.0 - terms.mediation_probability)
    win, reversal = terms.win_probability, terms.reversal_probability
    first = Step(terms.duration, not fresh, fresh)

    def ended(*steps: Step) -> Times:
        return after_filing(context, filing, fresh, *before, *steps)

    return _Outcomes(
        mediated=ended(Step(terms.mediation_duration, False, fresh)),
        first=ended(first),
        second=ended(first, Step(terms.appeal_duration, False, False)),
        absent=ended(Step(terms.default_judgment_duration, False, fresh)),
        shares={
            "mediated": (1.0 - terms.default_judgment_probability) * terms.mediation_probability,
            "first": judged * (1.0 - terms.appeal_probability),
            "second": judged * terms.appeal_probability,
            "absent": terms.default_judgment_probability,
        },
        winning={
            "first": win,
            "second": win * (1.0 - reversal) + (1.0 - win) * reversal,
            "absent": terms.default_judgment_win_probability,
        },
    )


@dataclass(frozen=True)
class _Suit:
    """Lawsuits of some cases."""

    filing: Filing
    """The cases, from whose filing the outcomes' times count."""
    suits: Filing
    """The lawsuits, filed later after an objection to a payment order."""
    costs: Costs
    """Costs advanced before."""
    part: float
    """Share of the cases that lead to a lawsuit."""
    outcomes: _Outcomes


def _judgments(context: PolicyContext, suit: _Suit) -> list[Title]:
    """Post the costs of lawsuits and return their settlements and judgments."""
    terms, legal, litigation = (
        context.litigation.lawsuit,
        context.study.legal,
        context.litigation,
    )
    filing, suits, part, outcomes = suit.filing, suit.suits, suit.part, suit.outcomes
    rows, fresh = filing.claims.rows, float(filing.fresh)
    owed = suits.claims.owed_at(suits.times.mean)
    court = law.fee(legal.court_fee, owed)
    fee = fresh * lawsuit_fee(context, owed)
    post_at(context, Kind.COURT_FEE, suits, -fee)
    _leave_undecided(context, suits, *(t.scaled(part * s) for s, t in outcomes.ends))

    # An appeal is paid at the first judgment; a creditor who lost pays a second court fee.
    appealed = part * outcomes.shares["second"] * by_month(outcomes.first)
    context.post(Kind.LAWYER, rows, -litigation.lawyer_appeal_fee * appealed)
    context.post(Kind.COURT_FEE, rows, -(1.0 - terms.win_probability) * court[:, None] * appealed)

    titles, frozen = [], _frozen(context, filing)
    advanced = suit.costs.court + suit.costs.preservation + fee
    if outcomes.shares["mediated"] > 0.0:
        back = np.maximum(fee - legal.mediation_fee_factor * court, 0.0)
        agreed = outcomes.mediated.scaled(part * outcomes.shares["mediated"])
        context.post(Kind.COURT_FEE, rows, back[:, None] * by_month(agreed))
        shifted = legal.cost_shifting * (advanced - back)
        claims = filing.claims.less(1.0 - terms.mediation_discount, shifted)
        titles.append(Title(claims, agreed, True, frozen))
    won = [t.scaled(part * s) for s, t in outcomes.won if s > 0.0]
    total = sum(s for s, _ in outcomes.won)
    if total > 0.0:
        # Some titles come from an appeal, and some of those from the creditor's own appeal.
        second = outcomes.shares["second"] / total
        advanced = (
            advanced + court * second * (1.0 - terms.win_probability) * terms.reversal_probability
        )
        appeal = litigation.lawyer_appeal_fee * second * outcomes.winning["second"]
        lawyers = fresh * litigation.lawyer_fixed_fee + appeal
        shifted = legal.cost_shifting * advanced + legal.lawyer_fee_shifting * lawyers
        claims = filing.claims.less(expectation(litigation.award_share), shifted)
        titles.append(Title(claims, _together(won), True, frozen))
    return titles
