"""Channel contracts from YAML files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from npl_sim.channels.terms.contract import ChannelContract
from npl_sim.study.renamed_keys import CONTRACT_KEYS, CONTRACT_VALUES
from npl_sim.study.spec_reader import FileKind, draft_2020_12, read_spec

CONTRACT = FileKind(
    ChannelContract,
    "contract",
    "name, price, vehicles",
    renamed=CONTRACT_KEYS,
    values=CONTRACT_VALUES,
    split=True,
)


def load_contract(path: str | Path) -> ChannelContract:
    """Read a contract.

    Parameters
    ----------
    path
        YAML file; its keys may be below ``disclosed:``, and a side letter below ``side_letter:``.

    Raises
    ------
    StudyError
        With every error found, each naming file, line, column and key.
    """
    return read_spec(path, CONTRACT)


def channel_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a contract file, for editors."""
    return draft_2020_12(ChannelContract.model_json_schema())
