"""Reading a channel contract from YAML: every fault at once, each with file, line and key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from npl_sim.channel.terms.contract import ChannelContract
from npl_sim.core.errors import StudyError
from npl_sim.study.messages import dotted, kind_of, messages
from npl_sim.study.yaml_source import Source, read

__all__ = ["channel_schema", "lifted", "load_contract"]


def load_contract(path: str | Path) -> ChannelContract:
    """Read a contract.

    Parameters
    ----------
    path
        YAML file; its keys may stand below ``shown:``, and a side letter below ``hidden:``.

    Raises
    ------
    StudyError
        With every fault found, each naming file, line, column and key.
    """
    path = Path(path)
    source = Source()
    data = read(path, (), source, whole="contract")
    if not isinstance(data, dict):
        raise StudyError(
            [
                f"{path}:1:1: got a {kind_of(data)}; expected a mapping of keys such as name, price, layers"
            ]
        )
    data = lifted(data, source)
    try:
        return ChannelContract.model_validate(data)
    except ValidationError as error:
        raise StudyError(messages(error, data, source.place, ChannelContract)) from None


def lifted(
    data: dict[str, Any], source: Source, prefix: tuple[str | int, ...] = ()
) -> dict[str, Any]:
    """Return a contract written as ``shown`` and ``hidden`` with what is shown at the top."""
    shown = data.get("shown")
    if not isinstance(shown, dict):
        return data
    stray = [key for key in data if key not in ("shown", "hidden")]
    if stray:
        raise StudyError(
            [
                f"{source.place((*prefix, key))}: {dotted((*prefix, key))}: stands beside shown; expected it below shown or hidden"
                for key in stray
            ]
        )
    inside = (*prefix, "shown")
    for where, place in list(source.places.items()):
        if where[: len(inside)] == inside:
            source.places[(*prefix, *where[len(inside) :])] = place
    return {**shown, **({"hidden": data["hidden"]} if "hidden" in data else {})}


def channel_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a contract file, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **ChannelContract.model_json_schema(),
    }
