"""Run folder of a deal that was run or sized (see `folder`)."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npl_sim.core.provenance import text_hash
from npl_sim.reports.heading import issue_values
from npl_sim.runs.contents import Contents
from npl_sim.runs.folder import Run, SaveOptions, write_folder

if TYPE_CHECKING:
    from npl_sim.runs.deal import DealResult, SizeResult
    from npl_sim.runs.place import RunPlace
    from npl_sim.securitization.terms.deal import Deal


def deal_hash(deal: Deal) -> str:
    """Return the SHA-256 of the terms of a deal."""
    return text_hash(json.dumps(deal.model_dump(mode="json"), sort_keys=True))


def write_deal_run(
    place: RunPlace,
    deal: Deal,
    result: DealResult | SizeResult,
    contents: Contents,
    facts: Mapping[str, Any],
    options: SaveOptions,
) -> Run:
    """Write a run folder.

    Parameters
    ----------
    place
        Place of the folder, which is released once it is written.
    deal
        The deal to which the results belong; after sizing, with the sizes.
    result
        The deal that was run or sized, with its cash and issues.
    contents
        Tables, summary and figures.
    facts
        Entries of the manifest on the run.
    options
        Contents of the folder.

    Raises
    ------
    RunFolderError
        If it cannot be written, or the name was taken meanwhile.
    """
    cash, summary = result.cash, contents.summary
    warnings = (issue.text for issue in result.warnings)
    notes = [*cash.notes, *warnings, *summary.get("notes", ())]
    summary = {**issue_values(result.issues), **summary, "notes": notes}

    def fill(draft: Path) -> list[str]:
        (draft / "deal.json").write_text(deal.model_dump_json(indent=2) + "\n", encoding="utf-8")
        cash.write_inputs(draft, options)
        return dataclasses.replace(contents, summary=summary).write(draft, options)

    about = {"deal": deal.name, "deal_sha256": deal_hash(deal), **facts, **cash.facts}
    return write_folder(place, fill, about, cash.clock.seconds)
