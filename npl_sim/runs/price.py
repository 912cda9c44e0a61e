"""The commands' work: what is said, in what order, around the calls."""

from __future__ import annotations

import contextlib
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from npl_sim.core.disk.locks import LockedElsewhere
from npl_sim.core.errors import CapacityError, NplSimError, StudyError, escaped
from npl_sim.core.streams import print_json
from npl_sim.reports.account import account_text
from npl_sim.runs.console import PlainConsole
from npl_sim.runs.place import new_place
from npl_sim.runs.recorded_paths import folder_text
from npl_sim.runs.simulating import Clock, print_undrawn, simulated, talk_console, valued

if TYPE_CHECKING:
    from npl_sim.engine.backends.threads import Backend
    from npl_sim.runs.case import Case
    from npl_sim.runs.place import RunPlace
    from npl_sim.tape.table import LoanTable

__all__ = ["price", "synth", "validate"]


def price(
    case: Case,
    out: RunPlace | None,
    as_json: bool,
    figures: bool,
    quiet: bool,
    backend: Backend | None = None,
    work: Path | None = None,
) -> None:
    """Price a package, write its run folder, and print what came out."""
    talk, clock = talk_console(quiet or as_json), Clock()
    flows = simulated(case, talk, clock, backend, work, streams=True)
    table, result = case.table, valued(case, flows, clock)
    with clock.phase("write"):
        from npl_sim.runs.headings import heading_of
        from npl_sim.runs.priced_run import Writing, write_run
        from npl_sim.study.fingerprint import study_hash

        heading = heading_of(case, result)
        place = out or new_place(case.study.name, study_hash(case.study))
        writing = Writing(figures, ["npl-sim", *sys.argv[1:]], heading=heading)
        run = write_run(place, case.study, table, result, clock.seconds, writing)
    if as_json:
        said = [*case.warnings, *case.notes(), *(str(f) for f in table.findings), *run.undrawn]
        print_json({**run.summary, "warnings": said})
    elif not quiet:
        from npl_sim.reports.price.text import print_summary

        # A file or pipe has no width of its own; the widest table needs some 110 columns.
        width = None if sys.stdout.isatty() else 120
        print_summary(result, PlainConsole(width=width), heading)
    print_undrawn(run)
    talk.print(
        f"read {clock.seconds['read']:.1f} s, simulated {clock.seconds['simulate']:.1f} s, valued "
        f"{clock.seconds['value']:.1f} s, written {clock.seconds['write']:.1f} s: {folder_text(run.folder)} "
        "(assumptions.txt says what was assumed)",
        markup=False,
    )
    if work is not None:
        talk.print(
            f"finished scenarios are in {folder_text(work)}: more scenarios of the same detail go on from them; remove it when done with it",
            markup=False,
        )


def validate(case: Case, limit: int, tape_only: bool = False) -> bool:
    """Print everything for which `price` would warn or refuse; return whether the tape may be priced.

    Parameters
    ----------
    case
        The study and its tape.
    limit
        Most sorts of findings on the tape to print. [lines]
    tape_only
        Whether the study is made up for the tape, so that nothing else of it is checked.

    Raises
    ------
    StudyError
        If the tape is sound, or its faulty rows may be set aside, but the study cannot price it: every fault at once.
    """
    from npl_sim.tables.findings import format_findings

    for line in case.warnings:
        _say(f"warning: {line}")
    table = case.validate(measure=not tape_only)
    errors = any(f.severity == "error" for f in table.findings)
    unread = any(f.severity == "error" and f.name for f in table.findings)
    stops = unread or (errors and case.study.tape.on_error == "stop")
    _say(format_findings(table.findings, limit=limit))
    faults = _warn_of_tape(case, table) if tape_only else _faults_beyond_tape(case, table)
    state = "sound (none is priced: tape.on_error is stop)" if stops else "sound"
    _say(account_text(table.reconciliation, case.study.currency, state))
    if stops:
        for fault in faults:
            _say(f"error: {fault}")
    elif faults:
        raise StudyError(faults)
    return not stops


def _say(text: str) -> None:
    """Print text without its control characters, which a file's name may hold."""
    print(escaped(text, keep="\n"))


def _warn_of_tape(case: Case, table: LoanTable) -> list[str]:
    """Print the warnings on the loans of a tape by itself; nothing of it refuses a run."""
    from npl_sim.analysis.proportions import tape_issues
    from npl_sim.engine.overdue import overdue_on_tape

    for issue in tape_issues(case.study, table):
        _say(str(issue))
    for line in overdue_on_tape(case.study, table):
        _say(f"warning: {line}")
    return []


def _faults_beyond_tape(case: Case, table: LoanTable) -> list[str]:
    """Print the warnings on tape and study together, and the size of the run; return what would refuse the run."""
    from npl_sim.engine.refusals import refusals
    from npl_sim.engine.run_estimate import estimate_resources
    from npl_sim.engine.time_estimate import check_time, time_text
    from npl_sim.engine.warnings import notes
    from npl_sim.runs.headings import checks_text

    study = case.study
    faults = list(refusals(study, table))
    with contextlib.suppress(StudyError):  # a loan without a policy, which is among the faults
        for line in notes(study, table):
            _say(f"warning: {line}")
    if not faults and (checks := checks_text(case, table)):
        _say(checks)
    try:
        precise = study.simulation.precision is not None
        size = estimate_resources(study, table, variance_reduction=precise)
        _say(size.describe())
        if not faults:
            words, _ = time_text(study, table, size)
            if words:
                _say(f"simulation takes {words}")
            check_time(study, table, size)
    except CapacityError as error:
        faults.extend(str(error).splitlines())
    return faults


def synth(folder: Path, loans: int, seed: int, valuation_date: str, overwrite: bool) -> None:
    """Write a synthetic tape and say what is in it."""
    from npl_sim.tape.synthetic import write_tape

    try:
        day = date.fromisoformat(valuation_date)
    except ValueError:
        raise NplSimError(
            f"--valuation-date: got {valuation_date!r}; expected a date such as 2026-06-30"
        ) from None
    try:
        spec = write_tape(folder, loans=loans, seed=seed, valuation_date=day, overwrite=overwrite)
    except FileExistsError as error:
        if overwrite:
            raise NplSimError(f"{error.filename}: is not a file; use another folder") from None
        raise NplSimError(
            f"{error.filename}: exists already; use --force or another folder"
        ) from None
    except LockedElsewhere:
        raise NplSimError(
            f"{folder}: another synth is writing there; wait for it, or use another folder"
        ) from None
    except OSError as error:
        raise NplSimError(f"{folder}: cannot be written ({error.strerror})") from None
    for path in (spec.loans, spec.collateral, spec.guarantors):
        print(escaped(f"wrote {path}"), file=sys.stderr)
