"""Default of a vehicle's operator, one draw for each scenario. docs/channel.md section 6."""

from __future__ import annotations

import numpy as np

from npl_sim.channels.outcomes import Outcomes
from npl_sim.channels.terms.contract import ChannelContract
from npl_sim.core.errors import ChannelError
from npl_sim.core.layout import Stream
from npl_sim.core.provenance import key_of

NEVER = np.iinfo(np.int64).max
LEAST_FOR_DEFAULT = 100
"""Fewest scenarios for one default draw each."""


def default_months(contract: ChannelContract, outcomes: Outcomes) -> np.ndarray | None:
    """Return the month from which the operator pays only in part, shape (scenarios,).

    The result is None if no default can occur. A scenario of probability 0 has no default.

    Raises
    ------
    ChannelError
        If there are too few scenarios.
    """
    terms, counted = contract.channel_default, outcomes.probability > 0.0
    if terms is None or terms.hazard == 0.0:
        return None
    if (count := int(counted.sum())) < LEAST_FOR_DEFAULT:
        raise ChannelError(
            f"channel_default: got {count} scenarios, each with one draw; expected at least "
            f"{LEAST_FOR_DEFAULT} (leave channel_default out, or give more outcomes)"
        )
    from npl_sim.kernels.rng import fill_uniforms

    drawn = np.empty((outcomes.scenarios, 1))
    key = np.uint64(key_of(f"channel default: {terms.of}"))
    fill_uniforms(np.uint64(outcomes.seed), 0, key, int(Stream.CHANNEL_DEFAULT), drawn)
    # u < 1 - exp(-hazard m / 12), first at m = ceil of the exponential time in months.
    time = -np.log1p(-drawn[:, 0]) / terms.hazard * 12.0
    months = np.where(
        time < outcomes.months + 1, np.floor(np.minimum(time, 1e9)) + 1, float(NEVER // 2)
    ).astype(np.int64)
    months[~counted] = NEVER
    return months
