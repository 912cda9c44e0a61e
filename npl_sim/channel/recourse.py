"""What guarantees, top-ups and claims that the bank keeps can cost it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from npl_sim.channel.layers import BANK, DeferredPrice
from npl_sim.channel.result import Version
from npl_sim.channel.statistics import weighted_sum
from npl_sim.channel.undertakings import Guarantee, TopUp

__all__ = ["Recourse", "claims_kept", "recourse"]


@dataclass(frozen=True)
class Recourse:
    """The most that can be lost, and what is expected to be.

    Attributes
    ----------
    promised
        Most that guarantees and top-ups can cost. [package currency]
    kept
        What was paid for claims that the bank keeps, deferred price included. [package currency]
    cost
        Mean present value of what both lose; negative where they gain. [package currency]
    """

    promised: float
    kept: float
    cost: float

    @property
    def most(self) -> float:
        """The most that can be lost. [package currency]"""
        return self.promised + self.kept


def recourse(version: Version) -> Recourse:
    """Return the most that guarantees, top-ups and claims kept can lose, and what they are expected to lose.

    Parameters
    ----------
    version
        A measured contract.
    """
    contract, run = version.contract, version.retained.run
    outcomes = run.outcomes
    promised = cost = 0.0
    named = {"face": outcomes.face, "price": run.price}
    for u in contract.undertakings:
        if isinstance(u, Guarantee):
            reference = named[u.reference] if isinstance(u.reference, str) else u.reference
            limits = [u.share * max(reference - u.deductible, 0.0)]
            limits += [u.cap] if u.cap is not None else []
            limits += [u.cap_share * reference] if u.cap_share is not None else []
            promised += min(limits)
        elif isinstance(u, TopUp):
            note = next(
                n.share * run.needs[layer.name]
                for layer in contract.layers
                for n in layer.notes
                if n.name == u.of
            )
            promised += min(note, note if u.lifetime is None else u.lifetime)
        else:
            continue
        cost -= float(weighted_sum(outcomes.probability, outcomes.present_value(run.promised[u.name])))
    kept = sum(
        c.share * run.needs[layer.name] for layer in contract.layers for c in layer.funded if c.holder == BANK
    )
    kept += sum(c.share * run.price for c in contract.layers[0].claims if isinstance(c, DeferredPrice))
    if kept > 0.0:
        cost += max(kept - claims_kept(version), 0.0)
    return Recourse(promised, kept, cost)


def claims_kept(version: Version) -> float:
    """Return the mean present value of what the bank gets under claims that it holds. [package currency]

    Parameters
    ----------
    version
        A measured contract.
    """
    run = version.retained.run
    names = {c.name for layer in version.contract.layers for c in layer.claims if c.holder == BANK}
    cash = sum((run.bank[name] for name in names if name in run.bank), np.zeros_like(run.keep))
    outcomes = run.outcomes
    return max(float(weighted_sum(outcomes.probability, outcomes.present_value(cash))), 0.0)
