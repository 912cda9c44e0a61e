"""Checks of a study against the channel contract that it names: currency and horizon."""

from __future__ import annotations

from collections.abc import Iterator

from npl_sim.channels.terms.checks import within_horizon
from npl_sim.core.errors import ChannelError
from npl_sim.core.issues import Issue, error_at, warning_at
from npl_sim.study.model import Study


def _currency(study: Study) -> Iterator[Issue]:
    if study.channel is not None and study.channel.currency not in (None, study.currency):
        yield error_at(
            ("channel", "currency"),
            f"got {study.channel.currency!r}; expected {study.currency!r}, the study's: nothing "
            "is converted",
        )


def _horizon(study: Study) -> Iterator[Issue]:
    """Warn of contract terms beyond the horizon, which `npl-sim channel` refuses."""
    if study.channel is None:
        return
    for contract in (study.channel, study.channel.with_side_letter()):
        try:
            within_horizon(contract, study.simulation.horizon_months)
        except ChannelError as error:
            yield warning_at(("channel",), f"{error}: npl-sim channel will refuse it")
            return


CHANNEL = (_currency, _horizon)
"""Checks of a study's channel contract."""
