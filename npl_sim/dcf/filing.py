"""Case filings and enforceable titles, and the costs advanced at filing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from npl_sim.core.layout import Kind
from npl_sim.dcf import law
from npl_sim.dcf.context import Claims, PolicyContext
from npl_sim.dcf.grid import Times, by_month


@dataclass(frozen=True)
class Filing:
    """Claims taken to court."""

    claims: Claims
    times: Times
    """Probability of a filing by time."""
    fresh: bool
    """Whether the case is filed after the valuation date; else it is in court on the tape."""

    @classmethod
    def joined(cls, parts: Sequence[Filing]) -> Filing:
        """Return fresh filings as one, without those of probability zero."""
        claims = Claims.joined([p.claims for p in parts])
        mass = np.concatenate([p.times.mass for p in parts])
        some = np.asarray(mass.any(axis=1))
        return cls(claims.take(some), Times(mass[some], any(p.times.smooth for p in parts)), True)

    def take(self, which: np.ndarray) -> Filing:
        """Return some of the filings."""
        times = Times(self.times.mass[which], self.times.smooth)
        return replace(self, claims=self.claims.take(which), times=times)


@dataclass(frozen=True)
class Title:
    """Claims with an enforceable title."""

    claims: Claims
    """Claims as judged."""
    times: Times
    """Probability of the title (or the application for enforcement) by time."""
    bound: bool
    """Whether guarantors are liable under the title."""
    frozen: np.ndarray
    """Time of the freeze of assets, NaN for none, shape (claims,). [months]"""

    def take(self, which: np.ndarray) -> Title:
        """Return some of the titles."""
        times = Times(self.times.mass[which], self.times.smooth)
        return Title(self.claims.take(which), times, self.bound, self.frozen[which])


@dataclass(frozen=True)
class Costs:
    """Fees advanced at filing, by claim. [package currency]"""

    owed: np.ndarray
    court: np.ndarray
    preservation: np.ndarray


def lawsuit_fee(context: PolicyContext, owed: np.ndarray) -> np.ndarray:
    """Return the court fee of lawsuits, lower in summary procedure. [package currency]"""
    full = law.fee(context.study.legal.court_fee, owed)
    summary = owed <= context.litigation.lawsuit.summary_maximum_claim
    return np.asarray(np.where(summary, context.study.legal.summary_fee_factor, 1.0) * full)


def post_at(context: PolicyContext, kind: Kind, filing: Filing, amounts: np.ndarray) -> None:
    """Post an amount of each claim at its filing."""
    context.post(kind, filing.claims.rows, by_month(filing.times, amounts[:, None]))


def file(context: PolicyContext, filing: Filing, ended: Times | None) -> Costs:
    """Post the costs of filing, and the return of the deposit at the end of the stage."""
    terms = context.litigation
    owed = filing.claims.owed_at(filing.times.mean)
    post_at(context, Kind.LAWYER, filing, np.full(len(owed), -terms.lawyer_fixed_fee))
    fee = np.zeros(len(owed))
    if terms.preservation is not None:
        fee = law.fee(context.study.legal.preservation_fee, owed)
        security = terms.preservation.security * owed
        if terms.preservation.form == "letter":
            paid = -fee - terms.preservation.premium * security
            post_at(context, Kind.PRESERVATION, filing, paid)
        else:
            post_at(context, Kind.PRESERVATION, filing, -fee - security)
            cash = by_month(filing.times if ended is None else ended)
            cash[:, -1] += by_month(filing.times).sum(axis=1) - cash.sum(axis=1)
            context.post(Kind.PRESERVATION, filing.claims.rows, cash * security[:, None])
    return Costs(owed, np.zeros(len(owed)), fee)


def dismiss(context: PolicyContext, filing: Filing) -> None:
    """Post the costs of filings that are dismissed at once as time-barred."""
    if len(filing.claims.rows) == 0:
        return
    costs = file(context, filing, None)
    fee = lawsuit_fee(context, costs.owed)
    if context.litigation.route == "arbitration":
        clause = context.loans.clause[filing.claims.rows]
        fee = np.where(clause, law.fee(context.study.legal.arbitration_fee, costs.owed), fee)
    post_at(context, Kind.COURT_FEE, filing, -fee)
