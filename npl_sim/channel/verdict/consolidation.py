"""Who bears the variable returns of each vehicle: IFRS 10 asked from cash (IFRS 10.7, B55 to B72).

Vehicles are asked from the last to the first. What the bank, or a vehicle that it consolidates, holds in an earlier one
counts in full; what another vehicle holds, by the bank's share of that vehicle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from npl_sim.channel.result import Version
from npl_sim.channel.statistics import Weighted
from npl_sim.channel.terms.undertakings import TopUp
from npl_sim.channel.terms.vehicles import BANK, Layer, Residual
from npl_sim.core.errors import of_kind

__all__ = ["VehicleShare", "held_share", "vehicle_shares"]


@dataclass(frozen=True)
class VehicleShare:
    """A vehicle and the bank's part in it.

    Attributes
    ----------
    name
        Name of the vehicle.
    share
        Variability that the bank and its group bear, over that of all that the vehicle pays on its claims. [share of 1]
    power
        Whether the contract shows that the bank directs the vehicle: it is the bank's own wealth product, or the bank
        works the loans out and holds the residual, itself or by such a product.
    most
        Whether the bank bears most of the variable returns, by the threshold.
    """

    name: str
    share: float
    power: bool
    most: bool

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
    found: dict[str, VehicleShare] = {}
    for layer in reversed(version.contract.vehicles):
        found[layer.name] = _share(version, layer, found, kept)
    return dict(reversed(found.items()))


def held_share(version: Version, holder: str, found: dict[str, VehicleShare]) -> float:
    """Return the part of a claim that counts as held by the bank, by who holds it. [share of 1]

    Parameters
    ----------
    version
        A measured contract.
    holder
        Holder of the claim.
    found
        The bank's share of each later vehicle.
    """
    below = found.get(holder)
    if below is not None:
        return 1.0 if below.most else min(below.share, 1.0)
    # Nothing shows who bears the losses of a wealth product of the bank that is no vehicle of the contract.
    return 1.0 if holder in (BANK, *version.contract.accounting.own_wealth_products) else 0.0


def _share(
    version: Version, layer: Layer, found: dict[str, VehicleShare], kept: float
) -> VehicleShare:
    run, accounting = version.retained.run, version.contract.accounting
    statistic = accounting.thresholds.statistic
    none = np.zeros_like(run.keep)
    total, part = none.copy(), none.copy()
    for claim in layer.claims:
        cash = run.claims.get((layer.name, claim.name), none)
        total += cash
        part += held_share(version, claim.holder, found) * cash
    notes = {note.name for note in layer.notes}
    for u in version.contract.undertakings:
        if isinstance(u, TopUp) and u.of in notes:
            part += run.promised[u.name]
    whole, own = _spread(version, total, statistic), _spread(version, part, statistic)
    share = own / whole if whole > 0.0 else 0.0
    if layer is version.contract.vehicles[0]:
        # Fees, swaps, guarantees and repurchases reach the bank past the claims.
        share = max(share, kept) if np.isfinite(kept) else share
    residual = layer.claims[-1]
    residual = of_kind(residual, Residual, "residual")
    services = version.contract.servicing.by == BANK
    junior = (
        residual.holder in accounting.own_wealth_products
        or held_share(version, residual.holder, found) >= 0.5
    )
    power = layer.name in accounting.own_wealth_products or (services and junior)
    return VehicleShare(
        layer.name, share, power, share >= accounting.thresholds.variable_returns_at_least
    )


def _spread(version: Version, cash: np.ndarray, statistic: str) -> float:
    outcomes = version.retained.run.outcomes
    values = Weighted(outcomes.present_value(cash), outcomes.probability, not outcomes.exact)
    measure = {
        "mean_absolute_deviation": values.mad,
        "standard_deviation": values.sd,
        "range": values.range,
    }
    noise = 1e-12 * max(float(np.abs(values.values).max()), 1e-300)
    return measure[statistic] if measure[statistic] > noise else 0.0
