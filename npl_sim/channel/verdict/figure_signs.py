"""What figures show of a contract whatever its words: risk that stays or comes back, investors who cannot lose."""

from __future__ import annotations

import math

import numpy as np

from npl_sim.capital.sham_sale_rules import ABSENT, Sign, limits
from npl_sim.channel.result import ChannelResult, Version
from npl_sim.channel.run import run_channel
from npl_sim.channel.statistics import weighted_sum
from npl_sim.channel.terms.undertakings import SellerCall, Undertaking
from npl_sim.channel.terms.vehicles import BANK

__all__ = [
    "MEASURED",
    "letter_adds",
    "letter_moves",
    "letter_supports",
    "made_whole",
    "risk_retained",
]

MEASURED = (
    "mean absolute deviation",
    "expected loss",
    "expected shortfall below mean",
    "shortfall in the package's worst",
)
"""Measures of retained risk that rules are held against: variability, expected loss and tail."""


def letter_adds(result: ChannelResult, version: Version) -> list[Undertaking]:
    """Return the undertakings that a side letter adds or alters; another name alone alters nothing."""
    shown = [_unnamed(u) for u in result.versions[0].contract.undertakings]
    return [u for u in version.contract.undertakings if _unnamed(u) not in shown]


def _unnamed(promise: Undertaking) -> Undertaking:
    return promise.model_copy(update={"name": ""})


def letter_supports(result: ChannelResult, version: Version) -> bool:
    """Return whether a side letter supports the sale: by an undertaking other than a call that changes cash, or by figures."""
    if _same_cash(result.versions[0], version):
        return False
    added = letter_adds(result, version)
    return any(not isinstance(u, SellerCall) for u in added) or bool(letter_moves(result, version))


def _same_cash(first: Version, version: Version) -> bool:
    """Whether the bank has the same cash in every scenario and month, whatever the words."""
    one, other = first.retained.run.cash[BANK], version.retained.run.cash[BANK]
    noise = 1e-9 * max(float(np.abs(one).max()), float(np.abs(other).max()), 1e-300)
    return bool(np.abs(one - other).max() <= noise)


def letter_moves(result: ChannelResult, version: Version) -> str:
    """Return by what a side letter moves more of the risk, or of the price, back to the seller than the stated share.

    Empty where it does not, or where the version is the one that is shown.
    """
    first = result.versions[0]
    if version is first:
        return ""
    edge = limits().letter_moves_at_most
    moved = {
        name: version.retained.share(name).value - first.retained.share(name).value
        for name in MEASURED
    }
    p, price = result.outcomes.probability, first.retained.run.price
    if price > 0.0:
        given = float(weighted_sum(p, first.retained.after - version.retained.after))
        moved["the price"] = given / price
    most = max(moved, key=lambda name: -math.inf if math.isnan(moved[name]) else moved[name])
    if not moved[most] > edge:
        return ""
    return f"the side letter moves {moved[most]:.2%} of {most} back to the seller, more than {edge:.0%}"


def risk_retained(version: Version) -> Sign:
    """Return whether more of the risk stays than the stated share, by figures alone.

    Parameters
    ----------
    version
        A version of a measured contract.
    """
    edge = limits().retained_at_most
    shares = {name: version.retained.share(name) for name in MEASURED}
    known = {name: share for name, share in shares.items() if math.isfinite(share.value)}
    if not known:
        return Sign(
            None,
            "the package has neither variability nor loss, so that shares retained are not defined",
        )
    most = max(known, key=lambda name: known[name].value)
    share = known[most]
    if share.value > edge:
        return Sign(
            True, f"{share.value:.2%} of {most} stays with the seller, more than {edge:.0%}"
        )
    unsure = [name for name, s in known.items() if math.isfinite(s.high) and s.high > edge]
    if unsure:
        high = known[unsure[0]].high
        return Sign(
            None,
            f"the interval of {unsure[0]} reaches {high:.2%}, above {edge:.0%}: more scenarios would settle it",
        )
    return ABSENT


def made_whole(version: Version) -> tuple[tuple[str, str], ...]:
    """Return investors whom the seller's promises make whole, each with the figures.

    An investor is whole in a scenario where it gets back at least what it put in, undiscounted.
    """
    contract, run = version.contract, version.retained.run
    if not contract.undertakings:
        return ()
    edge, slack = limits().whole_at_least, 1e-9 * max(run.price, 1.0)
    without = run_channel(contract.model_copy(update={"undertakings": ()}), run.outcomes)
    found = []
    for name in run.investors:
        p = [
            float(weighted_sum(run.outcomes.probability, one.cash[name].sum(axis=1) >= -slack))
            for one in (run, without)
        ]
        if p[0] >= edge > p[1]:
            sentence = (
                f"{name!r} gets its money back in {p[0]:.1%} of scenarios, and in {p[1]:.1%} "
                "without the seller's promises"
            )
            found.append((name, sentence))
    return tuple(found)
