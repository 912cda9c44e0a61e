"""The run folder of a deal carried out (see `folder`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npl_sim.provenance import text_hash
from npl_sim.reports.folder import Run, write_folder, write_json, write_tables

if TYPE_CHECKING:
    from npl_sim.deal.outcome import DealOutcome
    from npl_sim.deal.spec import Deal

__all__ = ["deal_hash", "write_deal_run"]


def deal_hash(deal: Deal) -> str:
    """Return the SHA-256 of what a deal says."""
    return text_hash(json.dumps(deal.model_dump(mode="json"), sort_keys=True))


def write_deal_run(
    folder: Path,
    outcome: DealOutcome,
    facts: Mapping[str, Any],
    timings: Mapping[str, float],
    notes: Sequence[str] = (),
    overwrite: bool = False,
    figures: bool = True,
    inputs: Callable[[Path], None] | None = None,
) -> Run:
    """Write a run folder.

    Parameters
    ----------
    folder
        The folder to make.
    outcome
        What the deal means.
    facts
        What the manifest says of where the flows come from.
    timings
        Seconds by phase.
    notes
        Warnings, which the summary keeps.
    overwrite
        Whether a run that stands there already gives way.
    figures
        Whether to draw.
    inputs
        Writes further files on where the flows come from.

    Raises
    ------
    RunFolderError
        If the folder exists and may not be overwritten, or cannot be written.
    """
    deal = outcome.run.deal

    def fill(draft: Path) -> None:
        from npl_sim.reports.dealtables import deal_summary, deal_tables

        write_tables(draft, deal_tables(outcome))
        write_json(draft / "summary.json", {**deal_summary(outcome), "notes": list(notes)})
        (draft / "deal.json").write_text(deal.model_dump_json(indent=2) + "\n", encoding="utf-8")
        if inputs is not None:
            inputs(draft)
        if figures:
            from npl_sim.reports.dealplots import save_deal

            save_deal(outcome, draft / "figures")

    about = {"kind": "tranche", "deal": deal.name, "deal_sha256": deal_hash(deal), **facts}
    return write_folder(folder, fill, {**about, "scenarios": outcome.run.scenarios}, timings, overwrite)
