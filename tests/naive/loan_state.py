"""The state of one loan in one scenario: claim, ledger and history (docs/model.md, section 1)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from scipy import special

from npl_sim.core.layout import KIND_IS_INFLOW, FeeRow, Kind, Stage, Stream

from .basics import fee, month, plain
from .conditions import Conditions
from .tables import Tables, running_paid, running_resolved

__all__ = ["Entry", "Final", "Ledger", "LoanInput", "LoanState", "Uniforms", "open_loan"]

Uniforms = tuple[float, float, float, float]


class Entry(NamedTuple):
    """One payment: receipts are positive, costs negative (a refunded cost is positive)."""

    month: int
    kind: Kind
    amount: float
    reason: str


class Final(NamedTuple):
    """State of the loan at the end of its path, before it is sold or written off."""

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


@dataclass(frozen=True)
class LoanInput:
    """One loan with all that its path in one scenario depends on."""

    loan: Any
    """A row of LOAN."""
    items: Sequence[Any]
    """Rows of ITEM: the loan's own collateral."""
    guarantors: Sequence[Any]
    """Rows of GUARANTOR."""
    assets: Sequence[Any]
    """Rows of ASSET: the policy's classes of other assets."""
    terms: Any
    """The row of TERMS."""
    auctions: Sequence[Any]
    """Rows of AUCTION."""
    fees: Sequence[Any]
    """Rows of FEES."""
    quantile: Callable[[int, float], float]
    tables: Tables
    conditions: Conditions
    draw: Callable[[int, Stream, int], Uniforms]
    """`draw(key, stream, step)` of the scenario."""
    horizon: int
    """Months simulated."""
    sale_month: int | None


@dataclass
class LoanState:
    """One loan in one scenario. The stages change the claim and write the ledger."""

    loan: Any
    """A row of LOAN; this row and the rows below are plain Python."""
    items: list[Any]
    """Rows of ITEM."""
    guarantors: list[Any]
    """Rows of GUARANTOR."""
    assets: list[Any]
    """Rows of ASSET."""
    terms: Any
    """The row of TERMS."""
    auctions: list[Any]
    """Rows of AUCTION."""
    fees: list[Any]
    """Rows of FEES."""
    quantile: Callable[[int, float], float]
    tables: Tables
    conditions: Conditions
    draw: Callable[[int, Stream, int], Uniforms]
    horizon: int
    end: int
    claim0: float
    principal: float
    other: float
    exit_end: int = 0
    """Month of the sale, or the horizon; `end` is the acceptance of an insolvency until then."""
    sells: bool = False
    """Whether the policy sells the loan at `end` in this scenario."""
    since: float = 0.0
    late: float = 0.0
    """Delay interest on a judgment."""
    late_from: float = math.inf
    acknowledged: bool = False
    """Whether a promise was broken."""
    plans: int = 0
    """Number of plans that have failed."""
    kept_plan: float | None = None
    """Value of a plan that is kept at the end."""
    barred: bool = False
    """Whether the claim was time-barred when it was filed."""
    bound: bool = True
    """Whether the title binds the guarantors."""
    preserved_at: float | None = None
    """Time at which assets were to be frozen."""
    enforced_at: float | None = None
    """Time of the application for enforcement."""
    deposit: float = 0.0
    """Security lodged in cash."""
    plan: Any = None
    """Terms of the plan that the loan was given on its path."""
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
        assert month(t) <= self.exit_end, f"{reason}: posted at {t}, after {self.exit_end}"
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
        return self.conditions.congestion[min(max(1, month(t)), self.horizon)]

    def uniforms(self, stream: Stream, step: int) -> Uniforms:
        """Return four uniforms: by the borrower in stream BORROWER, else by the loan."""
        key = self.loan.borrower if stream == Stream.BORROWER else self.loan.key
        return self.draw(key, stream, step)

    def willing(self) -> float:
        """Return the borrower's willingness, mixed with that of their group and region."""
        own = self.uniforms(Stream.BORROWER, 0)[0]
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
        return running_resolved(self.tables, self.conditions.up)

    def paid_share(self) -> list[float]:
        return running_paid(self.tables, self.conditions)

    def may_sue(self) -> bool:
        return bool(self.terms.litigate) and self.claim0 >= self.terms.litigation_minimum_claim

    def item_value(self, item: Any, t: float) -> float:
        """Return V(t) of a collateral item (section 4.6): index, appraisal error, drift of its
        own.
        """
        error, drift, _, _ = self.draw(item.key, Stream.COLLATERAL, 0)
        index = self.conditions.index[item.index][min(month(t), self.horizon)]
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


def open_loan(given: LoanInput) -> LoanState:
    """Return the state at the valuation date.

    `end` is the horizon, or the month of sale if that is earlier.
    """
    loan, terms = plain(given.loan), plain(given.terms)
    sells = given.sale_month is not None and given.sale_month <= given.horizon
    return LoanState(
        loan=loan,
        items=[plain(i) for i in given.items],
        guarantors=[plain(g) for g in given.guarantors],
        assets=[plain(a) for a in given.assets],
        terms=terms,
        auctions=[plain(a) for a in given.auctions],
        fees=[plain(f) for f in given.fees],
        quantile=given.quantile,
        tables=given.tables,
        conditions=given.conditions,
        draw=given.draw,
        horizon=given.horizon,
        end=given.sale_month if sells else given.horizon,
        exit_end=given.sale_month if sells else given.horizon,
        sells=sells,
        claim0=loan.principal + loan.interest_and_fees,
        principal=loan.principal,
        other=loan.interest_and_fees,
        unsold=[True] * len(given.items),
    )
