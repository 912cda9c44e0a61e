"""Which word of the derecognition tree describes how a package comes back."""

from __future__ import annotations

import math
from typing import Any

from npl_sim.channel.prices import AtMonth, FairValue, Formula, PlusCarry, RepurchasePrice
from npl_sim.channel.result import Version
from npl_sim.channel.statistics import weighted_sum
from npl_sim.channel.undertakings import BuyerPut, Repurchase, SellerCall

__all__ = ["LIKELY", "UNLIKELY", "return_of_package"]

LIKELY, UNLIKELY = 0.9, 0.1
"""Chances of exercise from which an option counts as deep in or out of the money."""

ORDER = ("firm", "deep_in", "waiting", "near", "deep_out", "fair_value")
"""From what leaves most with the bank to what leaves least."""


def return_of_package(version: Version) -> dict[str, Any]:
    """Return which word of the tree describes how the package comes back; the strongest where there are several.

    Parameters
    ----------
    version
        A measured contract.
    """
    found: list[tuple[int, dict[str, Any]]] = []
    for u in version.contract.undertakings:
        if isinstance(u, Repurchase):
            word = _word(u.price)
            at_value = word == "fair_value"
            # A part of the package, or a price that follows its value, is no loan in all but name: the figures judge it.
            firm = isinstance(u.at, AtMonth) and u.share >= 1.0 and not _follows_value(u.price)
            sure = isinstance(u.at, AtMonth) if at_value else firm
            rank = "fair_value" if at_value else "firm" if firm else "waiting"
            found.append((ORDER.index(rank), {"repurchase": word, "repurchase_unconditional": sure}))
        elif isinstance(u, SellerCall | BuyerPut):
            run = version.retained.run
            chance = float(weighted_sum(run.outcomes.probability, run.exercised[u.name] >= 0))
            row = version.worth["undertaking"] == u.name
            known = float(version.worth.loc[row, "p_package_back_known"].iloc[0])
            # Of a band the end that leaves more with the bank: what the holder knows beside the cash is not known.
            chances = [chance] if math.isnan(known) else [chance, known]
            depth = min((_depth(x) for x in chances), key=ORDER.index)
            if depth == "deep_in" and u.share < 1.0:
                depth = "near"
            found.append((ORDER.index(depth), {"repurchase": f"{u.kind}_option", "option_moneyness": depth}))
    return min(found, key=lambda pair: pair[0])[1] if found else {}


def _depth(chance: float) -> str:
    """Return how deep in the money an option is that is exercised with a probability."""
    return "deep_in" if chance >= LIKELY else "deep_out" if chance <= UNLIKELY else "near"


def _word(price: RepurchasePrice) -> str:
    if isinstance(price, PlusCarry):
        return "sale_price_plus_return"
    if isinstance(price, FairValue) and price.share == 1.0 and not _bounded(price):
        return "fair_value"
    others = ("constant", "of_price", "of_face", "of_collections")
    if (
        isinstance(price, Formula)
        and price.of_value == 1.0
        and not any(getattr(price, key) for key in others)
        and not _bounded(price)
    ):
        return "fair_value"
    return "fixed_price"


def _bounded(price: FairValue | Formula) -> bool:
    """Whether a floor or a cap takes a part of the gains and losses from the buyer."""
    return price.floor > 0.0 or price.cap is not None


def _follows_value(price: RepurchasePrice) -> bool:
    return isinstance(price, FairValue) or (isinstance(price, Formula) and price.of_value != 0.0)
