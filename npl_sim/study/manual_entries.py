"""Whether a study takes manual entries from files, without the readers of tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from npl_sim.study.yaml_places import Source

SECTIONS = ("experts", "manual_cash", "overrides")
"""Sections of a study with manual entries."""


def fill_entries(data: dict[str, Any], folder: Path, source: Source) -> list[str]:
    """Read manual entries from the files that a study names; return the errors.

    Parameters
    ----------
    data
        Plain data of the study.
    folder
        Folder to which file names are relative.
    source
        Places of the values, to which those of the rows are added.
    """
    sections = (data.get(name) for name in SECTIONS)
    named = any(isinstance(section, dict) and section.get("file") for section in sections)
    if not named and not isinstance(data.get("inputs"), str):
        return []
    from npl_sim.study.manual_tables import fill_manual_tables  # it imports the readers of tables

    return fill_manual_tables(data, folder, source)
