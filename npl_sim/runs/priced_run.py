"""Run folder of a priced study (see `folder`)."""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from npl_sim.core.masking import Privacy, masked_command
from npl_sim.reports.account import account_values
from npl_sim.reports.bank_tables import bank_tables
from npl_sim.reports.evidence import evidence_frames
from npl_sim.reports.experts import expert_frames
from npl_sim.reports.heading import NO_HEADING, Heading, with_heading, worthless_table
from npl_sim.reports.policy_text import assumptions_text
from npl_sim.runs.contents import Contents
from npl_sim.runs.folder import (
    PLAIN,
    Run,
    SaveOptions,
    store_cash,
    write_folder,
)
from npl_sim.runs.place import new_place
from npl_sim.runs.recorded_paths import recorded_path
from npl_sim.study.fingerprint import study_hash
from npl_sim.tables.csv_safe import write_csv

if TYPE_CHECKING:
    from npl_sim.core.issues import KeyPath
    from npl_sim.runs.place import RunPlace
    from npl_sim.runs.simulation import Simulation
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable
    from npl_sim.valuation.price import PriceDistribution


def write_book(
    simulation: Simulation,
    scenarios: int,
    fill: Callable[[Path], list[str]],
    place: RunPlace | None,
    options: SaveOptions,
) -> Run:
    """Write the run folder of a bid book or of a seller's book.

    Parameters
    ----------
    simulation
        What the book was worked out from.
    scenarios
        Scenarios of its price.
    fill
        Writes the files into a folder and returns warnings on figures not drawn.
    place
        Reserved folder; defaults to a new one, named after the study.
    options
        Contents of the folder.
    """
    study, clock = simulation.study, simulation.clock
    facts = study_facts(study.study, study.table, options.command)
    with clock.phase("write"):
        return write_folder(
            place or new_place(study.study.name, study_hash(study.study)),
            fill,
            {**facts, "scenarios": scenarios},
            clock.seconds,
        )


def write_run(
    place: RunPlace,
    study: Study,
    table: LoanTable,
    result: PriceDistribution,
    timings: Mapping[str, float],
    options: SaveOptions = PLAIN,
    heading: Heading = NO_HEADING,
    batch: Mapping[str, Any] | None = None,
) -> Run:
    """Write the run folder of a priced package.

    Parameters
    ----------
    place
        Place of the folder, which is released once it is written.
    study, table, result
        Assumptions, loans and price.
    timings
        Seconds by phase, to which the phase write is added. Only the manifest holds them: other
        files are the same bytes for the same inputs.
    options
        Contents of the folder.
    heading
        Issues and loans without value, which come first in the summary.
    batch
        Entry of the manifest on the batch that made the run, if one did.

    Raises
    ------
    RunFolderError
        If it cannot be written, or the name was taken meanwhile.
    """
    facts = study_facts(study, table, options.command) | {"scenarios": result.scenarios}
    if batch is not None:
        facts["batch"] = dict(batch)
    seconds = dict(timings)

    def fill(draft: Path) -> list[str]:
        from npl_sim.reports.price.plots import drawings
        from npl_sim.reports.price.tables import summary, tables

        began = time.perf_counter()
        frames = {**tables(result), **heading_tables(heading), **bank_tables(table)}
        content = with_heading(summary(result), heading)
        content["reconciliation"] = account_values(table.reconciliation)
        write_inputs(draft, study, table, heading.origins)
        store_cash(draft, result.flows, options)
        undrawn = Contents(frames, content, drawings(result)).write(draft, options)
        seconds["write"] = time.perf_counter() - began
        return undrawn

    return write_folder(place, fill, facts, seconds)


def heading_tables(heading: Heading) -> dict[str, pd.DataFrame]:
    """Return the tables of a run folder on evidence and on loans without value, by name."""
    frames = {**evidence_frames(heading.evidence), **expert_frames(heading.experts)}
    if heading.nothing is not None:
        frames["worth_nothing"] = worthless_table(heading.nothing)
    return frames


def write_inputs(
    draft: Path, study: Study, table: LoanTable, origins: Mapping[KeyPath, str] | None = None
) -> None:
    """Write the inputs of a run: resolved study, assumptions as text, findings on the tape."""
    from npl_sim.tape.quarantine import write_quarantine

    # The draft is one folder deeper than the finished run.
    (draft / "study.json").write_text(study_json(study, draft.parent), encoding="utf-8")
    (draft / "assumptions.txt").write_text(assumptions_text(study, origins), encoding="utf-8")
    findings = pd.DataFrame(
        [(f.severity, str(f.file), f.row, f.column, f.value, f.expected) for f in table.findings],
        columns=["severity", "file", "row", "column", "value", "expected"],
    )
    write_csv(findings, draft / "findings.csv")
    if len(table.quarantine):
        write_quarantine(table.quarantine, draft / "quarantine.csv")


def study_json(study: Study, folder: Path) -> str:
    """Return the study as JSON for a run folder, without settings that change no result."""
    if Privacy.relative.get() and not Privacy.mask.get():
        tape = study.tape.placed(lambda role, i, path: Path(recorded_path(path, folder)))
        own = study.comparables and Path(recorded_path(study.comparables, folder))
        changes = {"tape": tape, "files_within": None, "comparables": own}
        study = study.model_copy(update=changes)
    # Edited cells of the workbook of inputs are values of the study.
    left_out: Any = {"simulation": {"threads", "time_limit_hours"}, "inputs": True}
    return study.model_dump_json(indent=2, exclude=left_out) + "\n"


def study_facts(study: Study, table: LoanTable, command: Sequence[str]) -> dict[str, Any]:
    """Return the entries of a manifest on the study, the tape and the command of a run."""
    return {
        "study": study.name,
        "study_sha256": study_hash(study),
        "command": masked_command(command) if table.masked else list(command),
        "tape": [
            # The path is apart from the study, so that --mask can leave it out.
            dataclasses.asdict(source) | ({} if table.masked else {"path": str(path.resolve())})
            for source, path in zip(table.sources, _paths_of(study, table), strict=True)
        ],
        "seed": study.simulation.seed,
        "threads": study.simulation.threads,
    }


def _paths_of(study: Study, table: LoanTable) -> Iterator[Path]:
    """Yield the file of each source of a tape; files of one table keep the order of the study."""
    seen: Counter[str] = Counter()
    for source in table.sources:
        files = study.tape.files[source.role]
        yield files[seen[source.role]]
        seen[source.role] += 1
