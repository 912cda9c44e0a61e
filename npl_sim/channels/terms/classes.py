"""Statements about a securitization, which are compared with its cash."""

from __future__ import annotations

from npl_sim.capital.securitization_weights import Rank
from npl_sim.core.fields import Money, Share, Spec, Text


class StatedClass(Spec):
    """Statement about one class of notes. Missing keys follow from the contract."""

    name: Text
    """Name of the claim of the first vehicle."""
    rank: Rank | None = None
    """Rank in the order of losses."""
    amount: Money | None = None
    """Outstanding amount of the class."""
    held_share: Share | None = None
    """Part of the class that the seller keeps."""
    sold_price: Money | None = None
    """Price paid by third parties for the part sold."""


class StatedDeal(Spec):
    """Statements about a securitization. Missing keys follow from the contract."""

    traditional: bool = True
    """Whether the loans themselves are sold, not only their risk."""
    outstanding: Money | None = None
    """Outstanding amount of the loans at the transfer; defaults to the face."""
    delinquent_share: Share = 1.0
    """W: share of the pool that is delinquent or defaulted, by nominal amount."""
    refundable: bool = False
    """Whether the seller can get back any part of the discount; then none of it counts."""
    positions: tuple[StatedClass, ...] = ()
    """Statements about the classes."""
    expected_loss: Money | None = None
    """Expected loss on the notes; defaults to the mean of the scenarios."""
