"""Run folder of a deal that was run or sized (see `folder`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npl_sim.core.provenance import text_hash
from npl_sim.runs.folder import Run, write_folder, write_json, write_tables

if TYPE_CHECKING:
    import pandas as pd

    from npl_sim.runs.place import RunPlace
    from npl_sim.securitization.terms.deal import Deal


def deal_hash(deal: Deal) -> str:
    """Return the SHA-256 of the terms of a deal."""
    return text_hash(json.dumps(deal.model_dump(mode="json"), sort_keys=True))


def write_deal_run(
    place: RunPlace,
    deal: Deal,
    tables: Mapping[str, pd.DataFrame],
    summary: Mapping[str, Any],
    draw: Callable[[Path, list[str]], Any] | None,
    facts: Mapping[str, Any],
    timings: Mapping[str, float],
    inputs: Callable[[Path], None] | None = None,
) -> Run:
    """Write a run folder.

    Parameters
    ----------
    place
        Place of the folder, which is released once it is written.
    deal
        The deal to which the results belong; after sizing, with the sizes.
    tables, summary
        Results.
    draw
        Draws the figures into a folder and adds warnings to a list; defaults to no figures.
    facts
        Entries of the manifest on the run and the origin of the cash.
    timings
        Seconds by phase.
    inputs
        Writes files on the origin of the cash.

    Raises
    ------
    RunFolderError
        If it cannot be written, or the name was taken meanwhile.
    """

    def fill(draft: Path) -> list[str]:
        undrawn: list[str] = []
        write_tables(draft, tables)
        write_json(draft / "summary.json", summary)
        (draft / "deal.json").write_text(deal.model_dump_json(indent=2) + "\n", encoding="utf-8")
        if inputs is not None:
            inputs(draft)
        if draw is not None:
            draw(draft / "figures", undrawn)
        return undrawn

    about = {"deal": deal.name, "deal_sha256": deal_hash(deal), **facts}
    return write_folder(place, fill, about, timings)
