"""Risk weights of securitization positions in non-performing loans (Basel CRE45, CRR art. 269a).

CRE45.1 to CRE45.5 and CRR 269a(1) to (4) were read. They hold the 90 % test, the bar on SEC-IRBA,
the floor of 100 %, and the senior weight of 100 % in a qualifying traditional deal. Also read:
SEC-SA (CRR 261, without the picture of K_A) and the non-refundable discount (PRA rulebook,
part on NPE deals, 1.2). From memory, and marked wherever used: `K_A = (1 - W) K_SA + 0.5 W`, and
the amount on which attachment is measured.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from npl_sim.core.errors import NplSimError
from npl_sim.core.fields import Money, Share, Spec, Text
from npl_sim.core.language import gettext as _

Rank = Literal["senior", "mezzanine", "first_loss"]
Weight = Annotated[float, Field(ge=0.0, le=12.5, json_schema_extra={"unit": "share of exposure"})]
ORDER: tuple[Rank, ...] = ("senior", "mezzanine", "first_loss")
FULL = 12.5
"""Risk weight of a first loss, 1,250 %. [share of exposure]"""


class SecuritizationRules(Spec):
    """Parameters of the securitization risk weights."""

    npe_share: Share = 0.90
    """Smallest share of non-performing loans in a securitization of such loans (CRE45.1)."""
    qualifying_discount: Share = 0.50
    """Smallest non-refundable discount of a qualifying deal (CRR 269a(1)(b))."""
    senior_weight: Weight = 1.0
    """Flat weight of the senior class of a qualifying deal (CRR 269a(3))."""
    floor: Weight = 1.0
    """Smallest weight of any other position (CRR 269a(2)). It does not bind if K_A >= 45 %."""
    plain_floor: Weight = 0.15
    """Smallest weight of a position in a pool that is not non-performing enough (CRR 261(1))."""
    supervisory_p: Share = 1.0
    """Supervisory parameter p of SEC-SA if it is no re-securitization (CRR 261(1))."""
    delinquent_capital: Share = 0.5
    """Capital that K_A assigns to the delinquent share W; from memory."""
    attachment_on: Literal["notes", "outstanding"] = "notes"
    """Base of attachment: notes, or loans (the discount is then a cushion); an assumption."""


class Position(Spec):
    """One class of notes and the part of it that the seller keeps."""

    name: Text
    """Name of the class."""
    rank: Rank
    """Rank in the order of losses."""
    amount: Money
    """Outstanding amount of the class."""
    held_share: Share
    """Part of the class that the seller keeps."""
    sold_price: Money = 0.0
    """Price paid by third parties for the part sold."""


class Securitization(Spec):
    """Securitization of non-performing loans, senior class first."""

    traditional: bool = True
    """Whether the loans themselves are sold, not only their risk."""
    outstanding: Money
    """Outstanding amount of the loans at the transfer."""
    delinquent_share: Share = 1.0
    """W: share of the pool that is delinquent or defaulted, by nominal amount."""
    refundable: bool = False
    """Whether the seller can get back any part of the discount; then none of it counts."""
    positions: tuple[Position, ...]
    """Classes from senior to first loss."""
    expected_loss: Money
    """Reasoned estimate of the expected loss on the notes, after the discount."""

    @model_validator(mode="after")
    def classes_are_in_order(self) -> Self:
        """Check that losses fall on the classes from the last to the first."""
        if not self.positions or self.outstanding <= 0.0:
            raise ValueError(
                f"positions: got {len(self.positions)} on {self.outstanding:g} of loans; "
                "expected at least one, on more than 0"
            )
        ranks = [ORDER.index(p.rank) for p in self.positions]
        if ranks != sorted(ranks) or ranks.count(0) > 1:
            raise ValueError(
                f"positions: got {[p.rank for p in self.positions]}; "
                "expected at most one senior, then mezzanine, then first_loss"
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

        Outstanding amount of the loans, less the price that third parties paid and less the
        outstanding amount of the notes that the seller keeps.
        """
        if self.refundable:
            return 0.0
        paid = sum(p.sold_price + p.held_share * p.amount for p in self.positions)
        return (self.outstanding - paid) / self.outstanding

    def is_npe(self, rules: SecuritizationRules) -> bool:
        """Return whether the pool is non-performing enough for this treatment."""
        return self.delinquent_share >= rules.npe_share

    def qualifies(self, rules: SecuritizationRules) -> bool:
        """Return whether the senior class gets the flat weight."""
        discounted = self.discount >= rules.qualifying_discount
        return self.is_npe(rules) and self.traditional and discounted


def k_a(k_sa: float, delinquent_share: float, rules: SecuritizationRules) -> float:
    """Return the pool capital K_A of SEC-SA. [share of the pool]

    Parameters
    ----------
    k_sa
        Capital of the pool under the standardized approach, at 8 %. [share of the pool]
    delinquent_share
        Delinquent share W. [share of 1]
    rules
        Parameters of the rule.
    """
    return (1.0 - delinquent_share) * k_sa + rules.delinquent_capital * delinquent_share


def sec_sa(attachment: float, detachment: float, pool_capital: float, p: float = 1.0) -> float:
    """Return the SEC-SA risk weight of a tranche before any floor.

    Parameters
    ----------
    attachment, detachment : float
        Losses at which the tranche begins to lose and has lost everything. [share of the pool]
    pool_capital : float
        Pool capital K_A. [share of the pool]
    p : float, default 1
        Supervisory parameter. [share of 1]

    Returns
    -------
    float
        Risk weight; 12.5 up to K_A. [share of exposure]

    Notes
    -----
    The part beyond K_A has the weight 12.5 (exp(a u) - exp(a l)) / (a (u - l)).
    Here a = -1 / (p K_A), u = D - K_A and l = max(A - K_A, 0). Reference: CRR 261.

    Examples
    --------
    >>> from npl_sim import capital
    >>> capital.sec_sa(attachment=0.0, detachment=0.2, pool_capital=0.5)
    12.5
    """
    if not 0.0 <= attachment < detachment <= 1.0 + 1e-12:
        raise NplSimError(
            f"tranche: got {attachment:g} to {detachment:g}; "
            "expected 0 <= attachment < detachment <= 1"
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
    deal: Securitization, k_sa: float, rules: SecuritizationRules
) -> tuple[tuple[float, str], ...]:
    """Return the risk weight of each class, in the order of the deal, and the reason.

    Parameters
    ----------
    deal : Securitization
        The securitization.
    k_sa : float
        Capital of its loans under the standardized approach, at 8 %. [share of the pool]
    rules : SecuritizationRules
        Parameters of the rule.

    Returns
    -------
    tuple
        Pairs of risk weight [share of exposure] and reason.
    """
    whole = deal.notes if rules.attachment_on == "notes" else max(deal.outstanding, deal.notes)
    capital, cushion = k_a(k_sa, deal.delinquent_share, rules), whole - deal.notes
    junior, weights = deal.notes, []
    if deal.is_npe(rules):
        floor, note = rules.floor, _("SEC-IRBA is barred")
    else:
        floor, note = rules.plain_floor, _("the pool is not non-performing enough for CRE45")
    for position in deal.positions:
        junior -= position.amount
        low = (cushion + max(junior, 0.0)) / whole
        high = min((cushion + max(junior, 0.0) + position.amount) / whole, 1.0)
        if position.rank == "senior" and deal.qualifies(rules):
            flat = rules.senior_weight
            weights.append(
                (flat, _("senior class of a qualifying deal: {flat:g} %").format(flat=100 * flat))
            )
        else:
            weight = max(sec_sa(low, high, capital, rules.supervisory_p), floor)
            weights.append(
                (
                    weight,
                    _("SEC-SA with a floor of {floor:g} %; {note}").format(
                        floor=100 * floor, note=note
                    ),
                )
            )
    return tuple(weights)
