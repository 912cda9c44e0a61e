"""The book on one loan in one scenario: claim, ledger and history (docs/model.md, section 1)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from scipy import special

from npl_sim.core.layout import KIND_IS_INFLOW, FeeRow, Kind, Stage, Stream

from .basics import fee, month, plain
from .tables import Tables, running_paid, running_resolved
from .world import World

__all__ = ["Case", "Entry", "Final", "Ledger", "Words", "open_case"]

Words = tuple[float, float, float, float]


class Entry(NamedTuple):
    """One payment: receipts are positive, costs negative (a refunded cost is positive)."""

    month: int
    kind: Kind
    amount: float
    reason: str


class Final(NamedTuple):
    """How the loan stands at the end of its path, before it is sold or written off."""

    stage: Stage
    principal: float
    other: float
    since: float
    sold: bool


@dataclass
class Ledger:
    """Every payment of a loan with its reason, the stages it went through, and how it ended."""

    entries: list[Entry] = field(default_factory=list)
    history: list[tuple[int, Stage]] = field(default_factory=list)
    final: Final | None = None

    def total(self, *kinds: Kind) -> float:
        """Return the sum of the entries of these kinds, or of all."""
        return sum(e.amount for e in self.entries if not kinds or e.kind in kinds)

    def received(self) -> float:
        """Return the sum of all receipts."""
        return sum(e.amount for e in self.entries if KIND_IS_INFLOW[e.kind])

    def costs(self) -> float:
        """Return the sum of all costs, a negative number, refunds taken off."""
        return sum(e.amount for e in self.entries if not KIND_IS_INFLOW[e.kind])


@dataclass
class Case:
    """One loan in one scenario on its way. The stages change the claim and write the ledger."""

    loan: Any  # a plain row of LOAN
    items: list[Any]  # plain rows of ITEM
    guarantors: list[Any]  # plain rows of GUARANTOR
    assets: list[Any]  # plain rows of ASSET
    terms: Any  # the plain row of TERMS
    auctions: list[Any]  # plain rows of AUCTION
    fees: list[Any]  # plain rows of FEES
    quantile: Callable[[int, float], float]
    tables: Tables
    world: World
    draw: Callable[[int, Stream, int], Words]
    horizon: int
    end: int
    claim0: float
    principal: float
    other: float
    sells: bool = False  # the policy sells at `end` in this scenario
    since: float = 0.0
    late: float = 0.0  # delay interest on a judgment
    late_from: float = math.inf
    acknowledged: bool = False  # a promise was broken
    plans: int = 0  # plans that have failed
    kept_plan: float | None = None  # what a plan kept at the end is worth
    barred: bool = False  # time-barred when it was filed
    bound: bool = True  # guarantors are bound by the title
    preserved_at: float | None = None  # time at which assets were to be frozen
    deposit: float = 0.0  # security lodged in cash
    plan: Any = None  # the terms of the plan that the loan was given on its way
    unsold: list[bool] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)

    def accrue(self, t: float) -> None:
        """Let simple interest run on the principal up to t; never back."""
        if t > self.since:
            self.other += self.principal * self.loan.accrual * (t - self.since)
            late = max(0.0, t - max(self.since, self.late_from))
            self.late += self.principal * self.terms.judgment_delay_rate * late
            self.since = t

    @property
    def owed(self) -> float:
        return self.principal + self.other + self.late

    @property
    def is_paid(self) -> bool:
        return self.owed < 1e-6 * self.claim0

    def reduce(self, amount: float) -> None:
        """Apply a payment of at most what is owed: interest and fees, principal, delay
        interest.
        """
        to_other = min(amount, self.other)
        to_principal = min(amount - to_other, self.principal)
        self.other -= to_other
        self.principal -= to_principal
        self.late = max(0.0, self.late - (amount - to_other - to_principal))

    def scale(self, share: float) -> None:
        """Leave only this share of the claim."""
        self.principal *= share
        self.other *= share
        self.late *= share

    def happens(self, t: float) -> bool:
        return month(t) <= self.end

    def post(self, t: float, kind: Kind, amount: float, reason: str) -> None:
        """Write a payment into the ledger. A zero is no payment; one after the end is a mistake of
        ours.
        """
        assert self.happens(t), f"{reason}: posted at {t}, after the end {self.end}"
        if amount != 0.0:
            self.ledger.entries.append(Entry(month(t), kind, amount, reason))

    def receive(self, t: float, kind: Kind, amount: float, reason: str) -> None:
        """Post a receipt, reduce the claim by it and pay the lawyer's share of it."""
        self.post(t, kind, amount, reason)
        self.reduce(amount)
        self.pay_lawyer(t, amount, reason)

    def pay_lawyer(self, t: float, amount: float, reason: str) -> None:
        """Pay the lawyer's share of an amount obtained after filing."""
        self.post(
            t,
            Kind.LAWYER,
            -self.terms.lawyer_contingency_share * amount,
            f"lawyer's share of: {reason}",
        )

    def fee(self, row: FeeRow, amount: float) -> float:
        return fee(self.fees[row], amount)

    def congestion(self, t: float) -> float:
        return self.world.congestion[min(max(1, month(t)), self.horizon)]

    def words(self, stream: Stream, step: int) -> Words:
        """Return four uniforms: by the borrower in stream BORROWER, else by the loan."""
        key = self.loan.borrower if stream == Stream.BORROWER else self.loan.key
        return self.draw(key, stream, step)

    def willing(self) -> float:
        """Return the borrower's word, mixed with that of his group and of his region."""
        own = self.words(Stream.BORROWER, 0)[0]
        r = self.terms.region_correlation
        g = self.terms.group_correlation if self.loan.group_key != 0 else 0.0
        if r == 0.0 and self.loan.group_key == 0:
            return own
        z = math.sqrt(max(0.0, 1.0 - r - g)) * normal(own)
        if self.loan.group_key != 0:
            z += math.sqrt(g) * normal(self.draw(self.loan.group_key, Stream.GROUP, 0)[0])
        if r > 0.0:
            z += math.sqrt(r) * normal(self.draw(self.loan.region_key, Stream.GROUP, 1)[0])
        return float(special.ndtr(z))

    @property
    def payers(self) -> float:
        """Share of borrowers who pay in this scenario (pi)."""
        return max(self.terms.payer_share, self.paid_share()[-1])

    @property
    def is_payer(self) -> bool:
        return self.willing() < self.payers

    def resolved(self) -> list[float]:
        return running_resolved(self.tables, self.world.up)

    def paid_share(self) -> list[float]:
        return running_paid(self.tables, self.world)

    def may_sue(self) -> bool:
        return bool(self.terms.litigate) and self.claim0 >= self.terms.litigation_minimum_claim

    def item_value(self, item: Any, t: float) -> float:
        """Return V(t) of a collateral item (section 4.6): index, appraisal error, drift of its
        own.
        """
        error, drift, _, _ = self.draw(item.key, Stream.COLLATERAL, 0)
        index = self.world.index[item.index][min(month(t), self.horizon)]
        a, s = item.appraisal_error, item.drift_volatility
        return (
            item.value
            * index
            * math.exp(a * normal(error) - a * a / 2.0)
            * math.exp(s * math.sqrt(t) * normal(drift) - s * s * t / 2.0)
        )


def normal(u: float) -> float:
    """Return the standard normal number at probability u."""
    return float(special.ndtri(u))


def open_case(
    loan: Any,
    items: Sequence[Any],
    guarantors: Sequence[Any],
    assets: Sequence[Any],
    terms: Any,
    auctions: Sequence[Any],
    fees: Sequence[Any],
    quantile: Callable[[int, float], float],
    tables: Tables,
    world: World,
    draw: Callable[[int, Stream, int], Words],
    horizon: int,
    sale_month: int | None,
) -> Case:
    """Open the book at the valuation date: `end` is the horizon, or the month of sale if that is
    earlier.
    """
    loan, terms = plain(loan), plain(terms)
    sells = sale_month is not None and sale_month <= horizon
    return Case(
        loan=loan,
        items=[plain(i) for i in items],
        guarantors=[plain(g) for g in guarantors],
        assets=[plain(a) for a in assets],
        terms=terms,
        auctions=[plain(a) for a in auctions],
        fees=[plain(f) for f in fees],
        quantile=quantile,
        tables=tables,
        world=world,
        draw=draw,
        horizon=horizon,
        end=sale_month if sells else horizon,
        sells=sells,
        claim0=loan.principal + loan.interest_and_fees,
        principal=loan.principal,
        other=loan.interest_and_fees,
        unsold=[True] * len(items),
    )
