"""Consolidation: variable returns of each vehicle, measured on cash (IFRS 10.7, B55 to B72).

The calculation goes from the last vehicle to the first. Claims held by the bank, or by a vehicle
that it consolidates, count in full. Claims of another vehicle count by the bank's share of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from npl_sim.channels.result import Version
from npl_sim.channels.terms.undertakings import TopUp
from npl_sim.channels.terms.vehicles import BANK, Vehicle


@dataclass(frozen=True)
class VehicleShare:
    """The bank's share of a vehicle."""

    name: str
    """Name of the vehicle."""
    share: float
    """Variability borne by the bank's group, over that of all claim payments. [share of 1]"""
    power: bool
    """Whether the contract shows that the bank directs the vehicle.

    It does if the vehicle is the bank's own wealth product. It also does if the bank services the
    loans and holds the residual, directly or through such a product.
    """
    most: bool
    """Whether the bank bears most of the variable returns, by the threshold."""

    @property
    def controlled(self) -> bool:
        """Whether cash and contract show control."""
        return self.power and self.most


def vehicle_shares(version: Version, kept: float) -> dict[str, VehicleShare]:
    """Return the bank's share of the variable returns of each vehicle, the first vehicle first.

    Parameters
    ----------
    version
        A measured contract.
    kept
        Variability that stays with the bank, by the statistic that decides. [share of 1]
    """
    shares: dict[str, VehicleShare] = {}
    for vehicle in reversed(version.contract.vehicles):
        shares[vehicle.name] = _share(version, vehicle, shares, kept)
    return dict(reversed(shares.items()))


def held_share(version: Version, holder: str, shares: dict[str, VehicleShare]) -> float:
    """Return the part of a claim that counts as held by the bank. [share of 1]

    Parameters
    ----------
    version
        A measured contract.
    holder
        Holder of the claim.
    shares
        The bank's share of each later vehicle.
    """
    below = shares.get(holder)
    if below is not None:
        return 1.0 if below.most else min(below.share, 1.0)
    # A wealth product of the bank outside the contract counts as the bank: its losses are unknown.
    return 1.0 if holder in (BANK, *version.contract.accounting.own_wealth_products) else 0.0


def _share(
    version: Version, vehicle: Vehicle, shares: dict[str, VehicleShare], kept: float
) -> VehicleShare:
    run, contract = version.retained.run, version.contract
    thresholds, products = contract.accounting.thresholds, contract.accounting.own_wealth_products
    total, part = np.zeros_like(run.keep), np.zeros_like(run.keep)
    for claim in vehicle.claims:
        cash = run.claims.get((vehicle.name, claim.name), 0.0)
        total += cash
        part += held_share(version, claim.holder, shares) * cash
    notes = {note.name for note in vehicle.notes}
    for u in contract.undertakings:
        if isinstance(u, TopUp) and u.of in notes:
            part += run.promised[u.name]
    whole, borne = (
        run.outcomes.weighted(run.outcomes.present_value(cash)).spread(thresholds.statistic)
        for cash in (total, part)
    )
    share = borne / whole if whole > 0.0 else 0.0
    if vehicle is contract.vehicles[0] and np.isfinite(kept):
        # Fees, swaps, guarantees and repurchases reach the bank outside the claims.
        share = max(share, kept)
    residual = vehicle.residual.holder
    junior = residual in products or held_share(version, residual, shares) >= 0.5
    power = vehicle.name in products or (contract.servicing.by == BANK and junior)
    return VehicleShare(vehicle.name, share, power, share >= thresholds.variable_returns_at_least)
