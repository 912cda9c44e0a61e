"""Risk weights of positions in a securitisation of non-performing loans (Basel CRE45, CRR art. 269a).

Read in their texts: the 90 % test, the bar on SEC-IRBA, the floor of 100 %, the senior's 100 % in a qualifying
traditional deal (CRE45.1 to CRE45.5, CRR 269a(1) to (4)); SEC-SA (CRR 261, without the picture of K_A); what counts as a
non-refundable discount (PRA rulebook, NPE Securitisation 1.2). From memory, and said so wherever they are used:
`K_A = (1 - W) K_SA + 0.5 W`, and on what amount attachment is measured.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from npl_sim.core.errors import NplSimError
from npl_sim.core.fields import Money, Share, Spec, Text

__all__ = [
    "Position",
    "Rank",
    "Securitisation",
    "SecuritisationRules",
    "k_a",
    "position_weights",
    "sec_sa",
]

Rank = Literal["senior", "mezzanine", "first_loss"]
Weight = Annotated[float, Field(ge=0.0, le=12.5, json_schema_extra={"unit": "share of exposure"})]
ORDER: tuple[Rank, ...] = ("senior", "mezzanine", "first_loss")
FULL = 12.5


class SecuritisationRules(Spec):
    """The numbers of the rule."""

    npe_share: Share = 0.90
    """Smallest share of non-performing loans that makes a deal one of them (CRE45.1)."""
    qualifying_discount: Share = 0.50
    """Smallest non-refundable discount of a qualifying deal (CRR 269a(1)(b))."""
    senior_weight: Weight = 1.0
    """Flat weight of the senior class of a qualifying deal (CRR 269a(3))."""
    floor: Weight = 1.0
    """Smallest weight of any other position (CRR 269a(2)); with K_A of 45 % or more SEC-SA never comes down to it."""
    plain_floor: Weight = 0.15
    """Smallest weight of any position where the pool is not non-performing enough (CRR 261(1))."""
    supervisory_p: Share = 1.0
    """p of SEC-SA for what is no re-securitisation (CRR 261(1))."""
    delinquent_capital: Share = 0.5
    """What K_A takes for the delinquent share W; from memory."""
    attachment_on: Literal["notes", "outstanding"] = "notes"
    """Amount on which attachment is measured: the notes, or the loans (the discount then counts as a cushion); an assumption."""


class Position(Spec):
    """One class of notes and the part of it that the seller keeps."""

    name: Text
    """Name of the class."""
    rank: Rank
    """Its place in the order of losses."""
    amount: Money
    """Outstanding amount of the class."""
    held_share: Share
    """Part of it that the seller keeps."""
    sold_price: Money = 0.0
    """Price paid by third parties for the part that was sold."""


class Securitisation(Spec):
    """A securitisation of non-performing loans, senior class first."""

    traditional: bool = True
    """The loans themselves are sold, and not only their risk."""
    outstanding: Money
    """Outstanding amount of the loans when they are transferred."""
    delinquent_share: Share = 1.0
    """W: share of the pool that is delinquent or defaulted, by nominal amount."""
    refundable: bool = False
    """Whether any part of the discount can come back to the seller; none of it then counts."""
    positions: tuple[Position, ...]
    """The classes, from senior to first loss."""
    expected_loss: Money
    """Reasoned estimate of the expected loss on the notes, after the discount."""

    @model_validator(mode="after")
    def classes_stand_in_order(self) -> Self:
        """Losses fall on the classes from the last to the first."""
        if not self.positions or self.outstanding <= 0.0:
            raise ValueError(
                f"positions: got {len(self.positions)} on {self.outstanding:g} of loans; expected at least one, on more than 0"
            )
        ranks = [ORDER.index(p.rank) for p in self.positions]
        if ranks != sorted(ranks) or ranks.count(0) > 1:
            raise ValueError(
                f"positions: got {[p.rank for p in self.positions]}; expected at most one senior, then mezzanine, then first_loss"
            )
        if any(p.amount <= 0.0 for p in self.positions):
            raise ValueError("positions: got a class without amount; expected more than 0 in each")
        return self

    @property
    def notes(self) -> float:
        """Amount of all classes. [package currency]"""
        return sum(p.amount for p in self.positions)

    @property
    def discount(self) -> float:
        """Non-refundable purchase price discount. [share of the outstanding amount]

        Outstanding at transfer, less the price of what third parties bought and the outstanding amount of what the seller
        keeps.
        """
        if self.refundable:
            return 0.0
        paid = sum(p.sold_price + p.held_share * p.amount for p in self.positions)
        return (self.outstanding - paid) / self.outstanding

    def is_npe(self, rules: SecuritisationRules) -> bool:
        """Return whether the pool is non-performing enough for this treatment."""
        return self.delinquent_share >= rules.npe_share

    def qualifies(self, rules: SecuritisationRules) -> bool:
        """Return whether the senior class gets the flat weight."""
        return (
            self.is_npe(rules) and self.traditional and self.discount >= rules.qualifying_discount
        )


def k_a(k_sa: float, delinquent_share: float, rules: SecuritisationRules) -> float:
    """Return the capital of the pool that SEC-SA takes. [share of the pool]

    Parameters
    ----------
    k_sa
        Capital of the pool under the standardised approach, at 8 %. [share of the pool]
    delinquent_share
        W. [share of 1]
    rules
        The numbers of the rule.
    """
    return (1.0 - delinquent_share) * k_sa + rules.delinquent_capital * delinquent_share


def sec_sa(attachment: float, detachment: float, pool_capital: float, p: float = 1.0) -> float:
    """Return the SEC-SA risk weight of a tranche before any floor: 12.5 for a dollar of first loss. [share of exposure]

    Parameters
    ----------
    attachment, detachment
        Losses at which the tranche begins to lose and has lost all. [share of the pool]
    pool_capital
        K_A. [share of the pool]
    p
        Supervisory parameter. [share of 1]
    """
    if not 0.0 <= attachment < detachment <= 1.0 + 1e-12:
        raise NplSimError(
            f"tranche: got {attachment:g} to {detachment:g}; expected 0 <= attachment < detachment <= 1"
        )
    if detachment <= pool_capital:
        return FULL
    if pool_capital <= 0.0:
        return 0.0
    a = -1.0 / (p * pool_capital)
    u, low = detachment - pool_capital, max(attachment - pool_capital, 0.0)
    beyond = (math.exp(a * u) - math.exp(a * low)) / (a * (u - low))
    below = max(pool_capital - attachment, 0.0) / (detachment - attachment)
    return FULL * (below + (1.0 - below) * beyond)


def position_weights(
    deal: Securitisation, k_sa: float, rules: SecuritisationRules
) -> tuple[tuple[float, str], ...]:
    """Return the risk weight of each class, in the order of the deal, and why.

    Parameters
    ----------
    deal
        The securitisation.
    k_sa
        Capital of its loans under the standardised approach, at 8 %. [share of the pool]
    rules
        The numbers of the rule.
    """
    whole = deal.notes if rules.attachment_on == "notes" else max(deal.outstanding, deal.notes)
    capital, junior, weights = (
        k_a(k_sa, deal.delinquent_share, rules),
        sum(p.amount for p in deal.positions),
        [],
    )
    cushion = whole - deal.notes
    for position in deal.positions:
        junior -= position.amount
        low = (cushion + max(junior, 0.0)) / whole
        high = min((cushion + max(junior, 0.0) + position.amount) / whole, 1.0)
        weight = sec_sa(low, high, capital, rules.supervisory_p)
        if position.rank == "senior" and deal.qualifies(rules):
            flat = rules.senior_weight
            weights.append((flat, f"senior class of a qualifying deal: {100 * flat:g} %"))
        elif deal.is_npe(rules):
            weights.append(
                (
                    max(weight, rules.floor),
                    f"SEC-SA with a floor of {100 * rules.floor:g} %; SEC-IRBA is barred",
                )
            )
        else:
            weights.append(
                (
                    max(weight, rules.plain_floor),
                    f"SEC-SA with a floor of {100 * rules.plain_floor:g} %; the pool is not non-performing enough for CRE45",
                )
            )
    return tuple(weights)
