"""Words for what is stated of a securitisation: its classes follow from cash, so these are compared and not believed."""

from __future__ import annotations

from npl_sim.capital.securitization_weights import Rank
from npl_sim.core.fields import Money, Share, Spec, Text

__all__ = ["StatedClass", "StatedDeal"]


class StatedClass(Spec):
    """What is stated of one class of notes. Keys left out follow from the contract."""

    name: Text
    """Name of the claim of the first vehicle."""
    rank: Rank | None = None
    """Its place in the order of losses."""
    amount: Money | None = None
    """Outstanding amount of the class."""
    held_share: Share | None = None
    """Part of it that the seller keeps."""
    sold_price: Money | None = None
    """Price paid by third parties for the part that was sold."""


class StatedDeal(Spec):
    """What is stated of a securitisation of non-performing loans. Keys left out follow from the contract."""

    traditional: bool = True
    """The loans themselves are sold, and not only their risk."""
    outstanding: Money | None = None
    """Outstanding amount of the loans when they are transferred; none: the face."""
    delinquent_share: Share = 1.0
    """W: share of the pool that is delinquent or defaulted, by nominal amount."""
    refundable: bool = False
    """Whether any part of the discount can come back to the seller; none of it then counts."""
    positions: tuple[StatedClass, ...] = ()
    """What is stated of the classes."""
    expected_loss: Money | None = None
    """Estimate of the expected loss on the notes; none: the mean of the scenarios."""
