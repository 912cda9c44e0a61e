"""Signs of a sham sale in the figures of a contract: retained risk and fully repaid investors."""

from __future__ import annotations

import math

import numpy as np

from npl_sim.capital.sham_sale_rules import ABSENT, Sign, limits
from npl_sim.channels.result import ChannelResult, Version
from npl_sim.channels.run import run_channel
from npl_sim.channels.statistics import weighted_sum
from npl_sim.channels.terms.undertakings import SellerCall, Undertaking
from npl_sim.channels.terms.vehicles import BANK
from npl_sim.core.language import gettext as _

MEASURED = (
    "mean absolute deviation",
    "expected loss",
    "expected shortfall below mean",
    "shortfall in the package's worst",
)
"""Measures of retained risk that the limits apply to: variability, expected loss and tail."""


def side_letter_adds(result: ChannelResult, version: Version) -> list[Undertaking]:
    """Return the undertakings that a side letter adds or changes, apart from their names."""
    disclosed = [_unnamed(u) for u in result.versions[0].contract.undertakings]
    return [u for u in version.contract.undertakings if _unnamed(u) not in disclosed]


def _unnamed(promise: Undertaking) -> Undertaking:
    return promise.model_copy(update={"name": ""})


def side_letter_supports(result: ChannelResult, version: Version) -> bool:
    """Return whether a side letter supports the sale.

    It does if it changes cash by an undertaking other than a call, or by the limits of figures.
    """
    if _same_cash(result.versions[0], version):
        return False
    added = side_letter_adds(result, version)
    return any(not isinstance(u, SellerCall) for u in added) or bool(
        side_letter_moves(result, version)
    )


def _same_cash(first: Version, version: Version) -> bool:
    """Return whether the bank has the same cash in every scenario and month."""
    one, other = first.retained.run.cash[BANK], version.retained.run.cash[BANK]
    noise = 1e-9 * max(float(np.abs(one).max()), float(np.abs(other).max()), 1e-300)
    return bool(np.abs(one - other).max() <= noise)


def side_letter_moves(result: ChannelResult, version: Version) -> str:
    """Return evidence that a side letter moves risk or price to the seller beyond the limit.

    The text is empty if it does not, and for the disclosed version.
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
    text = _("the side letter moves {moved:.2%} of {most} back to the seller").format(
        moved=moved[most], most=most
    )
    return (
        _("{text}, more than {edge:.0%}").format(text=text, edge=edge)
        if moved[most] > edge
        else ""
    )


def risk_retained(version: Version) -> Sign:
    """Return whether more risk stays with the seller than the limit, by figures alone.

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
            _("the package has neither variability nor loss, so retained shares are not defined"),
        )
    most = max(known, key=lambda name: known[name].value)
    value = known[most].value
    if value > edge:
        return Sign(
            True,
            _("{value:.2%} of {most} stays with the seller, more than {edge:.0%}").format(
                value=value, most=most, edge=edge
            ),
        )
    for name, share in known.items():
        if math.isfinite(share.high) and share.high > edge:
            return Sign(
                None,
                _(
                    "the interval of {name} reaches {high:.2%}, above {edge:.0%}: more "
                    "scenarios would decide it"
                ).format(name=name, high=share.high, edge=edge),
            )
    return ABSENT


def repaid_investors(version: Version) -> tuple[tuple[str, str], ...]:
    """Return the investors whom the seller's promises repay in full, each with the figures.

    An investor is repaid in a scenario if it gets back at least its investment, undiscounted.
    """
    contract, run = version.contract, version.retained.run
    if not contract.undertakings:
        return ()
    edge, slack = limits().whole_at_least, 1e-9 * max(run.price, 1.0)
    without = run_channel(contract.model_copy(update={"undertakings": ()}), run.outcomes)
    repaid = []
    for name in run.investors:
        chance, alone = (
            float(weighted_sum(run.outcomes.probability, one.cash[name].sum(axis=1) >= -slack))
            for one in (run, without)
        )
        if chance >= edge > alone:
            sentence = _(
                "{name!r} gets its money back in {chance:.1%} of scenarios, and in "
                "{alone:.1%} without the seller's promises"
            ).format(name=name, chance=chance, alone=alone)
            repaid.append((name, sentence))
    return tuple(repaid)
