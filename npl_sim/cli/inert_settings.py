"""Refuse settings that change no number of a command."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from npl_sim.core.errors import NplSimError

__all__ = ["check_settings"]

_ANYWHERE = {
    "seller": "npl-sim bid",
    "prudence": "npl-sim bid",
    "deal": "npl-sim deal run",
    "channel": "npl-sim channel",
}
"""Sections that only other commands read, and which commands."""

_NO_COLUMN = {
    "sources": "npl-sim price",
    "comparables": "npl-sim price",
    "pricing.prices": "npl-sim price",
    "pricing.quantiles": "npl-sim price",
    "pricing.confidence": "npl-sim price",
}
"""Keys that change only what batch and compare do not show."""

_MEAN_ONLY = {
    "buyer": "npl-sim price",
    "pricing.target_irr": "npl-sim price",
    "pricing.purchase_cost": "npl-sim price",
    "pricing.shortfall_level": "npl-sim price",
}
"""Keys that do not move the present value at the required return."""

_NOT_TRACKED = {
    **{key: command for key, command in _NO_COLUMN.items() if key != "pricing.prices"},
    **_MEAN_ONLY,
}
"""Keys that change nothing of cash against the plan; a single price to test is the price paid."""

_NO_NUMBER = (
    "name",
    "description",
    "simulation.threads",
    "simulation.memory_limit_gib",
    "simulation.time_limit_hours",
    "simulation.detail",
)
"""Keys that change no number of any command."""

_VERSIONS = ("--grid", "--with")
"""Options that measure the effect of a key, and refuse keys without any."""

INERT: Mapping[str, Mapping[str, str]] = {
    "price": _ANYWHERE,
    "batch": {**_ANYWHERE, **_NO_COLUMN},
    "compare": {**_ANYWHERE, **_NO_COLUMN, **_MEAN_ONLY},
    "track": {**_ANYWHERE, **_NOT_TRACKED},
    "bid": {key: command for key, command in _ANYWHERE.items() if key in ("deal", "channel")},
    "sell": {
        **{key: command for key, command in _ANYWHERE.items() if key != "seller"},
        "buyer": "npl-sim bid",
        "pricing.prices": "npl-sim price",
    },
}
"""Keys or sections without effect by command, each with the command that reads it."""


def check_settings(command: str, keys: Iterable[str], option: str = "--set") -> None:
    """Refuse keys that change no number of a command.

    Parameters
    ----------
    command
        Name of the command.
    keys
        Dotted keys.
    option
        Option that gives them.

    Raises
    ------
    NplSimError
        If one of them changes nothing, naming the command that reads it.
    """
    for key in keys:
        if option in _VERSIONS and key in _NO_NUMBER:
            raise NplSimError(
                f"{option} {key}: moves no number of npl-sim {command}; expected a key that does, "
                f"or --set {key}=..."
            )
        parts = key.split(".")
        for length in range(1, len(parts) + 1):
            reader = INERT[command].get(".".join(parts[:length]))
            if reader is not None:
                raise NplSimError(
                    f"{option} {key}: moves no number of npl-sim {command}; expected a key that "
                    f"does, or {reader}, which reads it"
                )
