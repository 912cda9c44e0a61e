"""The run folder of a priced study (see `folder`)."""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from npl_sim.core.masking import Privacy, masked_command
from npl_sim.reports.account import account_values
from npl_sim.reports.heading import NO_HEADING, Heading, with_heading, worthless_table
from npl_sim.reports.policy_text import assumptions_text
from npl_sim.runs.folder import Run, open_run, write_folder, write_json, write_tables
from npl_sim.runs.recorded_paths import recorded_path
from npl_sim.study.fingerprint import study_hash
from npl_sim.tables.csv_safe import write_csv

if TYPE_CHECKING:
    from npl_sim.runs.place import RunPlace
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable
    from npl_sim.valuation.price import PriceDistribution

__all__ = [
    "Run",
    "Writing",
    "heading_tables",
    "open_run",
    "study_facts",
    "study_json",
    "write_inputs",
    "write_run",
]


@dataclass(frozen=True)
class Writing:
    """How a run folder is written.

    Attributes
    ----------
    figures
        Whether to draw.
    command
        Words of the command that asked for the run, if one did.
    batch
        What the manifest says of the batch that made the run, if one did.
    heading
        Issues and loans worth nothing, which stand at the head of the summary.
    """

    figures: bool = True
    command: Sequence[str] = ()
    batch: Mapping[str, Any] | None = None
    heading: Heading = NO_HEADING


PLAIN = Writing()


def write_run(
    place: RunPlace,
    study: Study,
    table: LoanTable,
    result: PriceDistribution,
    timings: dict[str, float],
    writing: Writing = PLAIN,
) -> Run:
    """Write a run folder.

    Parameters
    ----------
    place
        Where it goes; let go of when it is written.
    study, table, result
        What was assumed, what was priced, what came out.
    timings
        Seconds by phase, to which the phase write is added; only the manifest holds them, so all else is the same
        bytes for the same inputs.
    writing
        How it is written.

    Raises
    ------
    RunFolderError
        If it cannot be written, or the name was taken meanwhile.
    """
    facts = study_facts(study, table, writing.command) | {"scenarios": result.scenarios}
    if writing.batch is not None:
        facts["batch"] = dict(writing.batch)
    seconds = dict(timings)

    def fill(draft: Path) -> list[str]:
        began = time.perf_counter()
        undrawn = _fill(draft, study, table, result, writing)
        seconds["write"] = time.perf_counter() - began
        return undrawn

    return write_folder(place, fill, facts, seconds)


def _fill(
    draft: Path, study: Study, table: LoanTable, result: PriceDistribution, writing: Writing
) -> list[str]:
    """Write all files, figures last; return what could not be drawn."""
    from npl_sim.reports.price.tables import summary, tables

    write_tables(draft, {**tables(result), **heading_tables(writing.heading)})
    content = with_heading(summary(result), writing.heading)
    content["reconciliation"] = account_values(table.reconciliation)
    write_json(draft / "summary.json", content)
    write_inputs(draft, study, table)
    undrawn: list[str] = []
    if writing.figures:
        from npl_sim.reports.price.plots import save_all

        save_all(result, draft / "figures", failed=undrawn)
    return undrawn


def heading_tables(heading: Heading) -> dict[str, pd.DataFrame]:
    """Return the tables of a run folder that belong to its heading, by name."""
    return {} if heading.nothing is None else {"worth_nothing": worthless_table(heading.nothing)}


def write_inputs(draft: Path, study: Study, table: LoanTable) -> None:
    """Write what a run of a study started from: the study resolved, its assumptions in words, what the tape held."""
    from npl_sim.tape.quarantine import write_quarantine

    # The draft lies one folder deeper than the run will.
    (draft / "study.json").write_text(study_json(study, draft.parent), encoding="utf-8")
    (draft / "assumptions.txt").write_text(assumptions_text(study), encoding="utf-8")
    findings = pd.DataFrame(
        [(f.severity, str(f.file), f.row, f.column, f.value, f.expected) for f in table.findings],
        columns=["severity", "file", "row", "column", "value", "expected"],
    )
    write_csv(findings, draft / "findings.csv")
    if len(table.quarantine):
        write_quarantine(table.quarantine, draft / "quarantine.csv")


def study_json(study: Study, folder: Path) -> str:
    """Return the study as its run folder holds it: without the number of threads, which moves no result."""
    if Privacy.relative.get() and not Privacy.mask.get():
        tape = study.tape.placed(lambda role, i, path: Path(recorded_path(path, folder)))
        study = study.model_copy(update={"tape": tape, "files_within": None})
    return (
        study.model_dump_json(indent=2, exclude={"simulation": {"threads", "time_limit_hours"}})
        + "\n"
    )


def study_facts(study: Study, table: LoanTable, command: Sequence[str]) -> dict[str, Any]:
    """Return what the manifest of any run of a study says of where it comes from."""
    return {
        "study": study.name,
        "study_sha256": study_hash(study),
        "command": masked_command(command) if table.masked else list(command),
        "tape": [
            # Where a file lay is kept apart from what the study says: it is nobody else's business.
            dataclasses.asdict(source) | ({} if table.masked else {"path": str(path.resolve())})
            for source, path in zip(table.sources, _paths_of(study, table), strict=True)
        ],
        "seed": study.simulation.seed,
        "threads": study.simulation.threads,
    }


def _paths_of(study: Study, table: LoanTable) -> Iterator[Path]:
    """Yield the file of each source of a tape: those of a table stand in the order of the study's list."""
    seen: Counter[str] = Counter()
    for source in table.sources:
        files = study.tape.files[source.role]
        yield files[seen[source.role]]
        seen[source.role] += 1
